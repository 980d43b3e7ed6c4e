//! Refusals and failures as responses, in the dialect of the route: `{"error": …}` or `{"message": …}`. Who speaks at a path
//! is a [`ErrorFormat`]; the words of `/api/v1` are in `api::problem`.
//!
//! Invariant: a failure's own words never reach the client. It travels with the response to [`super::middleware`], which
//! logs it once, with the request's number.

use std::{borrow::Cow, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};

use super::api::problem::{ErrorCode, Problem};
use crate::{
    Error,
    model::{NameProblem, PasswordProblem},
    ops::Overloaded,
};

/// The key under which a route's clients look for the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKey {
    Error,
    Message,
}

/// Who speaks at a path, for what is said before or beside its handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorFormat {
    /// One of the old contracts.
    Legacy(MessageKey),
    /// `/api/v1` and its documents.
    Problem,
}

/// Headers of a response, about.
const HEADERS: usize = 12;

/// A refusal: what is said, under which status, and when it is worth trying again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegacyError {
    pub status: StatusCode,
    pub text: Cow<'static, str>,
    pub retry_after: Option<Duration>,
}

/// A failure on its way to the log.
#[derive(Clone)]
pub struct Failed(pub Arc<Error>);

impl LegacyError {
    /// A refusal that says `text`.
    pub const fn new(status: StatusCode, text: &'static str) -> Self {
        Self { status, text: Cow::Borrowed(text), retry_after: None }
    }

    /// A value of the request breaks a rule: 400.
    pub fn bad_request(text: impl Into<Cow<'static, str>>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, text: text.into(), retry_after: None }
    }
}

pub const NOT_FOUND: LegacyError = LegacyError::new(StatusCode::NOT_FOUND, "Not found");
pub const METHOD_NOT_ALLOWED: LegacyError = LegacyError::new(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed");
pub const MALFORMED_REQUEST: LegacyError = LegacyError::new(
    StatusCode::BAD_REQUEST,
    "The request does not say in one way where it ends, or for which host it is",
);
pub const URL_TOO_LONG: LegacyError = LegacyError::new(StatusCode::URI_TOO_LONG, "The URL is too long");
pub const MISDIRECTED: LegacyError = LegacyError::new(StatusCode::MISDIRECTED_REQUEST, "This host is not served here");
pub const CROSS_SITE: LegacyError = LegacyError::new(StatusCode::FORBIDDEN, "Cross-site requests are refused");
pub const SIGNUP_CLOSED: LegacyError = LegacyError::new(StatusCode::FORBIDDEN, "Sign-up is disabled");
pub const NAME_UNFIT: LegacyError =
    LegacyError::new(StatusCode::BAD_REQUEST, "Username is too long, or has characters that cannot be stored");
/// The name is reserved, or looks like an administrator's.
pub const NAME_RESERVED: LegacyError = LegacyError::new(StatusCode::BAD_REQUEST, "This username cannot be used");
pub const UNSUPPORTED_MEDIA_TYPE: LegacyError =
    LegacyError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "The request body must be application/json");
pub const TOO_LARGE: LegacyError = LegacyError::new(StatusCode::PAYLOAD_TOO_LARGE, "The request body is too large");
pub const TOO_SLOW: LegacyError =
    LegacyError::new(StatusCode::REQUEST_TIMEOUT, "The request body took too long to arrive");
const UNAVAILABLE: LegacyError = LegacyError::new(StatusCode::SERVICE_UNAVAILABLE, "Failed to connect to the database")
    .retry_in(Duration::from_secs(1));
const BUSY: LegacyError =
    LegacyError::new(StatusCode::SERVICE_UNAVAILABLE, "The service is busy").retry_in(Duration::from_secs(1));
const TOO_MANY_ATTEMPTS: LegacyError =
    LegacyError::new(StatusCode::TOO_MANY_REQUESTS, "Too many attempts; try again later");
pub const INTERNAL: LegacyError = LegacyError::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error");

impl LegacyError {
    /// Too many tries before this one; the next may come after a while.
    pub const fn throttled(after: Duration) -> Self {
        TOO_MANY_ATTEMPTS.retry_in(after)
    }

    const fn retry_in(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }
}

impl From<Overloaded> for LegacyError {
    fn from(full: Overloaded) -> Self {
        BUSY.retry_in(full.retry_after)
    }
}

impl From<NameProblem> for LegacyError {
    fn from(problem: NameProblem) -> Self {
        Self::bad_request(problem.to_string())
    }
}

impl From<PasswordProblem> for LegacyError {
    fn from(problem: PasswordProblem) -> Self {
        Self::bad_request(problem.to_string())
    }
}

impl MessageKey {
    /// `{"KEY": "text"}` under this status.
    pub fn reply(self, status: StatusCode, text: &str) -> Response {
        let key = match self {
            Self::Error => "error",
            Self::Message => "message",
        };
        object(status, key, text)
    }

    /// A refusal.
    pub fn refuse(self, refusal: &LegacyError) -> Response {
        let mut response = self.reply(refusal.status, &refusal.text);
        if let Some(after) = refusal.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, whole_seconds(after));
        }
        response
    }

    /// A failure: 503 when trying again may help, else 500.
    pub fn fail(self, error: Error) -> Response {
        let refusal = match error {
            Error::Unavailable(_) => &UNAVAILABLE,
            Error::Conflict(_) => &BUSY,
            _ => &INTERNAL,
        };
        let mut response = self.refuse(refusal);
        response.extensions_mut().insert(Failed(Arc::new(error)));
        response
    }
}

impl ErrorFormat {
    /// A refusal: `refusal` for an old contract, `code` for `/api/v1`.
    pub fn refuse(self, refusal: &LegacyError, code: ErrorCode) -> Response {
        match self {
            Self::Legacy(dialect) => dialect.refuse(refusal),
            Self::Problem => Problem::new(code).into_response(),
        }
    }

    /// A failure.
    pub fn fail(self, error: Error) -> Response {
        match self {
            Self::Legacy(dialect) => dialect.fail(error),
            Self::Problem => Problem::from(error).into_response(),
        }
    }
}

/// `Retry-After`: whole seconds (RFC 9110 §10.2.3), at least one.
pub fn whole_seconds(after: Duration) -> HeaderValue {
    let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
    HeaderValue::from(seconds.max(1))
}

/// A JSON object of one text. `key` needs no escaping.
pub fn object(status: StatusCode, key: &'static str, text: &str) -> Response {
    let mut body = Vec::with_capacity(key.len() + text.len() + 16);
    body.extend_from_slice(b"{\"");
    body.extend_from_slice(key.as_bytes());
    body.extend_from_slice(b"\":");
    // Writing to memory does not fail, and text always has a form in JSON.
    drop(serde_json::to_writer(&mut body, text));
    body.push(b'}');
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    // Room for what the envelope and the server add, so that the map does not grow step by step.
    headers.reserve(HEADERS);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
