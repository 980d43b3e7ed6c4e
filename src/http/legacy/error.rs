//! Errors of the legacy routes: one text, as `{"error": …}` or `{"message": …}`.
//!
//! Machine routes use the same form. The errors of `/api/v1` are in `api::problem`.

use std::{borrow::Cow, sync::Arc, time::Duration};

use axum::{
    http::{StatusCode, header},
    response::Response,
};

use crate::{
    Error,
    http::{
        body::BodyProblem,
        response::{Failed, one_text, retry_after},
    },
    model::{NameProblem, PasswordProblem},
};

/// The member that holds the text of a route's errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKey {
    Error,
    Message,
}

/// An error of a legacy route: status, text, and the time until a repetition may succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegacyError {
    pub status: StatusCode,
    pub text: Cow<'static, str>,
    pub retry_after: Option<Duration>,
}

impl LegacyError {
    /// Creates an error with this text.
    pub const fn new(status: StatusCode, text: &'static str) -> Self {
        Self { status, text: Cow::Borrowed(text), retry_after: None }
    }

    /// Creates a 400, for a value that breaks a rule.
    pub fn bad_request(text: impl Into<Cow<'static, str>>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, text: text.into(), retry_after: None }
    }
}

/// A legacy route without a session, in the text of the contract.
pub const NOT_SIGNED_IN: LegacyError = LegacyError::new(StatusCode::UNAUTHORIZED, "Unauthorized");
pub const NOT_FOUND: LegacyError = LegacyError::new(StatusCode::NOT_FOUND, "Not found");
pub const METHOD_NOT_ALLOWED: LegacyError = LegacyError::new(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed");
pub const MALFORMED_REQUEST: LegacyError = LegacyError::new(
    StatusCode::BAD_REQUEST,
    "The request does not say in one way where it ends, or for which host it is",
);
pub const URL_TOO_LONG: LegacyError = LegacyError::new(StatusCode::URI_TOO_LONG, "The URL is too long");
pub const MISDIRECTED: LegacyError = LegacyError::new(StatusCode::MISDIRECTED_REQUEST, "This host is not served here");
pub const CROSS_SITE: LegacyError = LegacyError::new(StatusCode::FORBIDDEN, "Cross-site requests are refused");
const UNSUPPORTED_MEDIA_TYPE: LegacyError =
    LegacyError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "The request body must be application/json");
const TOO_LARGE: LegacyError = LegacyError::new(StatusCode::PAYLOAD_TOO_LARGE, "The request body is too large");
const TOO_SLOW: LegacyError = LegacyError::new(StatusCode::REQUEST_TIMEOUT, "The request body took too long to arrive");
const UNAVAILABLE: LegacyError = LegacyError::new(StatusCode::SERVICE_UNAVAILABLE, "Failed to connect to the database")
    .retry_in(Duration::from_secs(1));
const UNUSABLE: LegacyError = LegacyError::new(StatusCode::SERVICE_UNAVAILABLE, "The database cannot be used now")
    .retry_in(Duration::from_secs(1));
/// An operator must act first.
const UNUSABLE_LONG: LegacyError = LegacyError::new(StatusCode::SERVICE_UNAVAILABLE, "The database cannot be used now")
    .retry_in(Duration::from_secs(30));
const UNCERTAIN: LegacyError = LegacyError::new(
    StatusCode::SERVICE_UNAVAILABLE,
    "The database did not confirm the change, which may have been made",
);
const BUSY: LegacyError =
    LegacyError::new(StatusCode::SERVICE_UNAVAILABLE, "The service is busy").retry_in(Duration::from_secs(1));
const TOO_MANY_ATTEMPTS: LegacyError =
    LegacyError::new(StatusCode::TOO_MANY_REQUESTS, "Too many attempts; try again later");
pub const INTERNAL: LegacyError = LegacyError::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error");

impl LegacyError {
    /// Creates a 429 with the time until the next attempt is allowed.
    pub const fn throttled(after: Duration) -> Self {
        TOO_MANY_ATTEMPTS.retry_in(after)
    }

    /// The hash pool is full; the request may be repeated after this time.
    pub const fn overloaded(after: Duration) -> Self {
        BUSY.retry_in(after)
    }

    const fn retry_in(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }
}

impl From<BodyProblem> for LegacyError {
    fn from(problem: BodyProblem) -> Self {
        match problem {
            BodyProblem::UnsupportedMediaType => UNSUPPORTED_MEDIA_TYPE,
            BodyProblem::TooLarge => TOO_LARGE,
            BodyProblem::TooSlow => TOO_SLOW,
            BodyProblem::Unreadable => Self::bad_request("The request body could not be read"),
        }
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
    /// Returns `{"KEY": "text"}` with this status.
    pub fn reply(self, status: StatusCode, text: &str) -> Response {
        let key = match self {
            Self::Error => "error",
            Self::Message => "message",
        };
        one_text(status, key, text)
    }

    /// Returns an error as a response.
    pub fn refuse(self, refusal: &LegacyError) -> Response {
        let mut response = self.reply(refusal.status, &refusal.text);
        if let Some(after) = refusal.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, retry_after(after));
        }
        response
    }

    /// Returns a failure: 503 if a repetition may succeed, otherwise 500.
    pub fn fail(self, error: Error) -> Response {
        let refusal = match error {
            // The system lacks randomness, memory or threads.
            Error::System(_) => &BUSY,
            Error::Conflict(_) => &BUSY,
            Error::Uncertain(_) => &UNCERTAIN,
            Error::Unavailable(_) => &UNAVAILABLE,
            ref error if error.is_outage() && error.may_pass() => &UNUSABLE,
            ref error if error.is_outage() => &UNUSABLE_LONG,
            _ => &INTERNAL,
        };
        let mut response = self.refuse(refusal);
        response.extensions_mut().insert(Failed(Arc::new(error)));
        response
    }
}
