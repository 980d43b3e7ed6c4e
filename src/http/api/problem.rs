//! Problems: the one catalogue of what `/api/v1` refuses and how it fails, and a problem as a response (RFC 9457).
//!
//! A problem travels in the response's extensions to [`crate::http::HttpService`], which alone knows the request's number and
//! writes the body. Invariant: a failure's own words and the request's values never reach the body; names of members and
//! parameters, which the client chose, do.

use std::{borrow::Cow, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{
    super::{
        body::BodyProblem,
        json::JsonFault,
        response::{Failed, retry_after},
    },
    invalid::Invalid,
};
use crate::Error;

pub const CONTENT_TYPE: &str = "application/problem+json";
/// When to come back, when nothing better is known.
const SOON: Duration = Duration::from_secs(1);

/// An entry of the catalogue.
#[derive(Debug)]
pub struct Entry {
    /// The stable word that programs look at.
    pub word: &'static str,
    pub status: StatusCode,
    pub title: &'static str,
    /// What has happened and what would help, as told in `detail` and in the documents.
    pub meaning: &'static str,
}

/// Makes the enum and the table of one list, so that neither can lack what the other has.
macro_rules! catalogue {
    ($($name:ident: $status:ident, $word:literal, $title:literal, $meaning:literal;)*) => {
        /// A kind of problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum ErrorCode { $($name),* }

        impl ErrorCode {
            /// The whole catalogue.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Their words.
            pub const WORDS: &[&str] = &[$($word),*];

            /// What the catalogue says of it.
            pub const fn entry(self) -> &'static Entry {
                match self {
                    $(Self::$name => {
                        &Entry { word: $word, status: StatusCode::$status, title: $title, meaning: $meaning }
                    })*
                }
            }
        }
    };
}

catalogue! {
    MalformedBody: BAD_REQUEST, "malformed_body", "Malformed body",
        "The body must be one JSON object in UTF-8, without repeated names and not nested deeper than 127 levels.";
    MalformedRequest: BAD_REQUEST, "malformed_request", "Malformed request",
        "A request must say in one way where it ends and for which host it is: one `Host`, and one `Content-Length` or \
         `Transfer-Encoding: chunked`.";
    NotSignedIn: UNAUTHORIZED, "not_signed_in", "Not signed in",
        "The request came without a live session. Log in with POST /api/v1/sessions.";
    WrongCredentials: UNAUTHORIZED, "wrong_credentials", "Wrong credentials",
        "The name and the password do not open an account. Which of them is wrong is not told.";
    PermissionMissing: FORBIDDEN, "permission_missing", "Permission missing",
        "The user's role does not hold the permission that this takes.";
    AuthorityExceeded: FORBIDDEN, "authority_exceeded", "Beyond one's own authority",
        "Nobody may grant a permission that they lack, or act on an account or a role that holds one.";
    RecentLoginRequired: FORBIDDEN, "fresh_login_required", "Fresh login required",
        "The login is more than five minutes old. Send `current_password`, or log in anew.";
    WrongCurrentPassword: FORBIDDEN, "wrong_current_password", "Wrong current password",
        "`current_password` is not the password of the account.";
    PasswordChangeRequired: FORBIDDEN, "password_change_required", "Password change required",
        "The user must choose another password first, with PUT /api/v1/users/me/password.";
    CrossSite: FORBIDDEN, "cross_site", "Cross-site request",
        "Another site made the browser send this request.";
    SignUpDisabled: FORBIDDEN, "sign_up_disabled", "Sign-up disabled",
        "Accounts are made by administrators alone here.";
    NotFound: NOT_FOUND, "not_found", "Not found",
        "There is nothing at this address, or nothing that the user may know of.";
    MethodNotAllowed: METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed",
        "The header `Allow` has the methods of this address.";
    BodyTooSlow: REQUEST_TIMEOUT, "body_too_slow", "Body too slow",
        "The body must arrive within ten seconds.";
    NameTaken: CONFLICT, "name_taken", "Name taken",
        "Another account has this name, or one that counts as the same.";
    RoleNameTaken: CONFLICT, "role_name_taken", "Role name taken",
        "Another role has this name.";
    RoleInUse: CONFLICT, "role_in_use", "Role in use",
        "Users have this role. Give them another one first.";
    RoleIsBuiltIn: CONFLICT, "role_is_built_in", "Role is built in",
        "The roles `admin` and `user` cannot be deleted, and `admin` keeps all of Doorward's own permissions.";
    LastAdministrator: CONFLICT, "last_administrator", "Last administrator",
        "Nobody who can manage roles would be left. Make somebody else an administrator first.";
    IdempotencyKeyGone: CONFLICT, "idempotency_key_gone", "Result of the idempotency key is gone",
        "What the first request with this `Idempotency-Key` made has been deleted since. Use another key to make it anew.";
    TooManyRoles: CONFLICT, "too_many_roles", "Too many roles",
        "There are a thousand roles, and no room for another. Delete one first.";
    OwnAccount: CONFLICT, "own_account", "One's own account",
        "This is for other users' accounts. One's own is changed under /api/v1/users/me and /api/v1/sessions.";
    NameLinked: CONFLICT, "name_linked", "Name linked to the old application",
        "While the old application still runs, its table has a say in names, and none can be changed here.";
    VersionMismatch: PRECONDITION_FAILED, "version_mismatch", "Version mismatch",
        "The resource was changed since; `If-Match` names none of its version. Read it again, then repeat the change.";
    BodyTooLarge: PAYLOAD_TOO_LARGE, "body_too_large", "Body too large",
        "The body may have 65536 bytes.";
    UrlTooLong: URI_TOO_LONG, "url_too_long", "URL too long",
        "The URL may have 8192 bytes.";
    UnsupportedMediaType: UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Unsupported media type",
        "The body must be `application/json` (for PATCH also `application/merge-patch+json`), in UTF-8, not compressed.";
    Misdirected: MISDIRECTED_REQUEST, "misdirected", "Misdirected request",
        "The host of the request is not the one that `server.public_url` names.";
    InvalidInput: UNPROCESSABLE_ENTITY, "invalid_input", "Invalid input",
        "Something in the request breaks a rule; `errors` says what, where, and what would do.";
    IdempotencyKeyReused: UNPROCESSABLE_ENTITY, "idempotency_key_reused", "Idempotency key reused",
        "This `Idempotency-Key` came before with another request. Use a new key for each thing to be made.";
    TooManyAttempts: TOO_MANY_REQUESTS, "too_many_attempts", "Too many attempts",
        "There were too many before this one. Try again after `Retry-After` seconds.";
    Internal: INTERNAL_SERVER_ERROR, "internal", "Internal error",
        "The server failed. Its log has the cause under `request_id`.";
    Overloaded: SERVICE_UNAVAILABLE, "overloaded", "Overloaded",
        "There is more to do than can be done in time. Try again after `Retry-After` seconds.";
    Unavailable: SERVICE_UNAVAILABLE, "unavailable", "Unavailable",
        "The database cannot be reached. Try again after `Retry-After` seconds.";
}

/// A problem with a request: what a handler answers in place of a result.
#[derive(Debug, Clone)]
pub struct Problem {
    code: ErrorCode,
    detail: Cow<'static, str>,
    errors: Vec<Invalid>,
    retry_after: Option<Duration>,
    failure: Option<Arc<Error>>,
}

impl Problem {
    /// A problem of this kind, described as in the catalogue.
    pub const fn new(code: ErrorCode) -> Self {
        let detail = Cow::Borrowed(code.entry().meaning);
        Self { code, detail, errors: Vec::new(), retry_after: None, failure: None }
    }

    /// A problem of this kind, described in words of its own.
    pub fn with_detail(code: ErrorCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { detail: detail.into(), ..Self::new(code) }
    }

    /// All that is wrong with the values of a request.
    pub fn invalid(errors: Vec<Invalid>) -> Self {
        Self { errors, ..Self::new(ErrorCode::InvalidInput) }
    }

    /// The same, worth trying again after a while.
    pub const fn retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }

    /// Too many tries before this one; the next may come after a while.
    pub const fn throttled(after: Duration) -> Self {
        Self::new(ErrorCode::TooManyAttempts).retry_after(after)
    }

    /// The hash pool is full; the request may be repeated after this time.
    pub const fn overloaded(after: Duration) -> Self {
        Self::new(ErrorCode::Overloaded).retry_after(after)
    }

    /// Its kind.
    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    /// Writes the body of a response that this problem made.
    pub fn write(&self, response: &mut Response, request_id: &str) {
        let entry = self.code.entry();
        let mut body = json!({
            "type": format!("/docs#{}", entry.word),
            "title": entry.title,
            "status": entry.status.as_u16(),
            "detail": self.detail,
            "code": entry.word,
            "request_id": request_id,
        });
        if let (ErrorCode::InvalidInput, Some(members)) = (self.code, body.as_object_mut()) {
            members.insert("errors".to_owned(), self.errors.iter().map(Invalid::to_json).collect());
        }
        let body = body.to_string();
        let headers = response.headers_mut();
        // The router has counted the empty body.
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
        *response.body_mut() = Body::from(body);
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.code.entry().status;
        let headers = response.headers_mut();
        if response_challenges(self.code) {
            // RFC 9110 §15.5.2 and RFC 6750 §3. Browsers show no dialogue for this scheme.
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(after) = self.retry_after {
            headers.insert(header::RETRY_AFTER, retry_after(after));
        }
        let extensions = response.extensions_mut();
        if let Some(failure) = &self.failure {
            extensions.insert(Failed(Arc::clone(failure)));
        }
        extensions.insert(self);
        response
    }
}

/// Whether a problem of this kind asks for credentials.
const fn response_challenges(code: ErrorCode) -> bool {
    code.entry().status.as_u16() == StatusCode::UNAUTHORIZED.as_u16()
}

impl From<ErrorCode> for Problem {
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let problem = match error {
            Error::Unavailable(_) => Self::new(ErrorCode::Unavailable).retry_after(SOON),
            Error::Conflict(_) => Self::new(ErrorCode::Overloaded).retry_after(SOON),
            _ => Self::new(ErrorCode::Internal),
        };
        Self { failure: Some(Arc::new(error)), ..problem }
    }
}

impl From<JsonFault> for Problem {
    fn from(fault: JsonFault) -> Self {
        let detail = match fault {
            JsonFault::NotAnObject => "The body must be a JSON object.".to_owned(),
            JsonFault::RepeatedName { line, column } => {
                format!("A name repeats within one object, before line {line}, column {column}.")
            }
            JsonFault::Syntax { line, column } => {
                format!("The body is not valid JSON, at line {line}, column {column}.")
            }
        };
        Self::with_detail(ErrorCode::MalformedBody, detail)
    }
}

impl From<BodyProblem> for Problem {
    fn from(problem: BodyProblem) -> Self {
        match problem {
            BodyProblem::UnsupportedMediaType => Self::new(ErrorCode::UnsupportedMediaType),
            BodyProblem::TooLarge => Self::new(ErrorCode::BodyTooLarge),
            BodyProblem::TooSlow => Self::new(ErrorCode::BodyTooSlow),
            BodyProblem::Unreadable => {
                Self::with_detail(ErrorCode::MalformedBody, "The body could not be read to its end.")
            }
        }
    }
}
