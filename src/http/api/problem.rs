//! Problems: the catalogue of the errors of `/api/v1`, and a problem as a response (RFC 9457).
//!
//! A problem is in the response's extensions until [`crate::http::HttpService`], which knows the request id, writes the
//! body. Invariant: the text of a failure and the values of a request never reach the body. Names of members and
//! parameters, which the client chose, do.

use std::{borrow::Cow, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serializer;

use super::{
    super::response::{Failed, retry_after},
    invalid::{Invalid, InvalidBody},
    response_body::{Omittable, ResponseMember, UriReference, response_body},
    schema::ValueType,
};
use crate::Error;

pub const CONTENT_TYPE: &str = "application/problem+json";
/// The time until a repetition may succeed, if nothing better is known.
const SOON: Duration = Duration::from_secs(1);

/// The time until an operator may have acted.
const LATER: Duration = Duration::from_secs(30);
/// The text if a repetition may do the same thing twice.
const UNCERTAIN: &str = "The database did not confirm the change, which may have been made. Look before you repeat it.";
/// The text if only an operator can help.
const UNUSABLE: &str = "The database cannot be used until an operator acts. The server's log has the cause.";

/// An entry of the catalogue.
#[derive(Debug)]
pub struct ErrorEntry {
    /// The stable word that programs look at.
    pub word: &'static str,
    pub status: StatusCode,
    pub title: &'static str,
    /// The cause and a remedy, for `detail` and the documents.
    pub meaning: &'static str,
}

/// Makes the enum and the table from one list.
macro_rules! catalogue {
    ($($name:ident: $status:ident, $word:literal, $title:literal, $meaning:literal;)*) => {
        /// A kind of problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum ErrorCode { $($name),* }

        impl ErrorCode {
            /// All codes.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The words of all codes.
            pub const WORDS: &[&str] = &[$($word),*];

            /// Returns the entry of the code.
            pub const fn entry(self) -> &'static ErrorEntry {
                match self {
                    $(Self::$name => {
                        &ErrorEntry { word: $word, status: StatusCode::$status, title: $title, meaning: $meaning }
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
        "The request is ambiguous. It must have one `Host`, and at most one of `Content-Length` and \
         `Transfer-Encoding: chunked`.";
    NotSignedIn: UNAUTHORIZED, "not_signed_in", "Not signed in",
        "The request has no live session. Log in with POST /api/v1/sessions.";
    WrongCredentials: UNAUTHORIZED, "wrong_credentials", "Wrong credentials",
        "Wrong name or password.";
    PermissionMissing: FORBIDDEN, "permission_missing", "Permission missing",
        "The user's role lacks the required permission.";
    AuthorityExceeded: FORBIDDEN, "authority_exceeded", "Authority exceeded",
        "A user must not grant a permission that they lack, nor change an account or a role that has one.";
    RecentLoginRequired: FORBIDDEN, "fresh_login_required", "Recent login required",
        "The login is more than five minutes old. Send `current_password`, or log in again.";
    WrongCurrentPassword: FORBIDDEN, "wrong_current_password", "Wrong current password",
        "`current_password` is not the password of the account.";
    PasswordChangeRequired: FORBIDDEN, "password_change_required", "Password change required",
        "The user must change the password first, with PUT /api/v1/users/me/password.";
    CrossSite: FORBIDDEN, "cross_site", "Cross-site request",
        "Another site caused this request of the browser.";
    SignUpDisabled: FORBIDDEN, "sign_up_disabled", "Sign-up disabled",
        "Sign-up is disabled. Only administrators create accounts.";
    NotFound: NOT_FOUND, "not_found", "Not found",
        "The resource does not exist, or the user must not know of it.";
    MethodNotAllowed: METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed",
        "The header `Allow` lists the methods of this resource.";
    BodyTooSlow: REQUEST_TIMEOUT, "body_too_slow", "Body too slow",
        "The body must arrive within ten seconds.";
    NameTaken: CONFLICT, "name_taken", "Name taken",
        "Another account has this name, or a name that is considered equal.";
    RoleNameTaken: CONFLICT, "role_name_taken", "Role name taken",
        "Another role has this name.";
    RoleInUse: CONFLICT, "role_in_use", "Role in use",
        "Users have this role. Give them another role first.";
    RoleIsBuiltIn: CONFLICT, "role_is_built_in", "Role is built in",
        "The roles `admin` and `user` cannot be deleted, and `admin` keeps all of Doorward's own permissions.";
    LastAdministrator: CONFLICT, "last_administrator", "Last administrator",
        "At least one enabled user must be able to manage roles. Make another user an administrator first.";
    IdempotencyKeyGone: CONFLICT, "idempotency_key_gone", "Result of the idempotency key deleted",
        "The resource that the first request with this `Idempotency-Key` created was deleted. Use another key to create it \
         again.";
    TooManyRoles: CONFLICT, "too_many_roles", "Too many roles",
        "The limit of 1000 roles is reached. Delete one first.";
    OwnAccount: CONFLICT, "own_account", "Own account",
        "This operation is for other users' accounts. Use /api/v1/users/me and /api/v1/sessions for the own account.";
    NameLinked: CONFLICT, "name_linked", "Name linked to the legacy application",
        "Names cannot be changed here while the legacy application runs.";
    VersionMismatch: PRECONDITION_FAILED, "version_mismatch", "Version mismatch",
        "The resource has changed: `If-Match` does not contain its current version. Read it again, then repeat the change.";
    BodyTooLarge: PAYLOAD_TOO_LARGE, "body_too_large", "Body too large",
        "The body must not exceed 65,536 bytes.";
    UrlTooLong: URI_TOO_LONG, "url_too_long", "URL too long",
        "The URL must not exceed 8,192 bytes.";
    UnsupportedMediaType: UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Unsupported media type",
        "The body must be `application/json` (for PATCH also `application/merge-patch+json`), in UTF-8, not compressed.";
    Misdirected: MISDIRECTED_REQUEST, "misdirected", "Misdirected request",
        "The host of the request is neither that of `server.public_url` nor in `server.hosts`.";
    InvalidInput: UNPROCESSABLE_ENTITY, "invalid_input", "Invalid input",
        "The request has invalid values. `errors` lists them, with their places and rules.";
    IdempotencyKeyReused: UNPROCESSABLE_ENTITY, "idempotency_key_reused", "Idempotency key reused",
        "This `Idempotency-Key` was used for another request. Use a new key for each resource.";
    TooManyAttempts: TOO_MANY_REQUESTS, "too_many_attempts", "Too many attempts",
        "Too many attempts. Try again after `Retry-After` seconds.";
    Internal: INTERNAL_SERVER_ERROR, "internal", "Internal error",
        "The server failed. Its log has the cause under `request_id`.";
    Overloaded: SERVICE_UNAVAILABLE, "overloaded", "Overloaded",
        "The server is overloaded. Try again after `Retry-After` seconds.";
    Unavailable: SERVICE_UNAVAILABLE, "unavailable", "Unavailable",
        "The server or its database cannot serve the request now. Try again after `Retry-After` seconds.";
}

impl ResponseMember for ErrorCode {
    const TYPE: ValueType = ValueType::Choice(Self::WORDS);

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.entry().word)
    }
}

response_body! {
    /// An error (RFC 9457).
    #[example = r#"{
        "type": "/docs#not_found", "title": "Not found", "status": 404,
        "detail": "The resource does not exist, or the user must not know of it.",
        "code": "not_found", "request_id": "5f3a9c01-2a"
    }"#]
    pub struct ProblemBody<'a>: "Problem" {
        /// The address of the description.
        pub r#type: UriReference,
        /// The kind of problem, for people.
        pub title: &'a str,
        /// The HTTP status.
        pub status: u16,
        /// The cause and a remedy, for people.
        pub detail: &'a str,
        /// The kind of problem, as a stable word for programs.
        pub code: ErrorCode,
        /// The request id, as in `X-Request-Id` and in the log.
        pub request_id: &'a str,
        /// All invalid values; only with `invalid_input`.
        pub errors: Omittable<Vec<InvalidBody<'a>>>,
    }
}

/// A problem with a request, which a handler returns instead of a result.
#[derive(Debug, Clone)]
pub struct Problem {
    code: ErrorCode,
    detail: Cow<'static, str>,
    errors: Vec<Invalid>,
    retry_after: Option<Duration>,
    failure: Option<Arc<Error>>,
}

impl Problem {
    /// Creates a problem with the text of the catalogue.
    pub const fn new(code: ErrorCode) -> Self {
        let detail = Cow::Borrowed(code.entry().meaning);
        Self { code, detail, errors: Vec::new(), retry_after: None, failure: None }
    }

    /// Creates a problem with another text.
    pub fn with_detail(code: ErrorCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { detail: detail.into(), ..Self::new(code) }
    }

    /// Creates a problem with all invalid values of a request.
    pub fn invalid(errors: Vec<Invalid>) -> Self {
        Self { errors, ..Self::new(ErrorCode::InvalidInput) }
    }

    /// Adds the time until a repetition may succeed.
    pub const fn retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }

    /// Creates a 429 with the time until the next attempt is allowed.
    pub const fn throttled(after: Duration) -> Self {
        Self::new(ErrorCode::TooManyAttempts).retry_after(after)
    }

    /// Creates a 503 with the time until a repetition may succeed.
    pub const fn overloaded(after: Duration) -> Self {
        Self::new(ErrorCode::Overloaded).retry_after(after)
    }

    /// Returns the problem with another text, if it has this code.
    pub fn explained(self, code: ErrorCode, detail: &'static str) -> Self {
        if self.code == code { Self::with_detail(code, detail) } else { self }
    }

    /// Returns the code.
    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    /// Writes the body of a response that this problem made. `prefix` is the path of the public URL.
    pub fn write(&self, response: &mut Response, (request_id, prefix): (&str, &str)) {
        let entry = self.code.entry();
        let has_errors = self.code == ErrorCode::InvalidInput;
        let body = ProblemBody {
            r#type: UriReference(format!("{prefix}/docs#{}", entry.word)),
            title: entry.title,
            status: entry.status.as_u16(),
            detail: &self.detail,
            code: self.code,
            request_id,
            errors: Omittable(has_errors.then(|| self.errors.iter().map(Invalid::body).collect())),
        };
        // Serialising such a value cannot fail.
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let headers = response.headers_mut();
        // The router has set the length of the empty body.
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
            // RFC 9110 §15.5.2 and RFC 6750 §3. Browsers show no dialog for this scheme.
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

/// Returns whether a problem of this kind asks for credentials.
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
            // The system lacks randomness, memory or threads.
            Error::System(_) => Self::new(ErrorCode::Unavailable).retry_after(SOON),
            Error::Conflict(_) => Self::new(ErrorCode::Overloaded).retry_after(SOON),
            Error::Uncertain(_) => Self::with_detail(ErrorCode::Unavailable, UNCERTAIN),
            ref error if error.is_outage() && error.may_pass() => Self::new(ErrorCode::Unavailable).retry_after(SOON),
            ref error if error.is_outage() => Self::with_detail(ErrorCode::Unavailable, UNUSABLE).retry_after(LATER),
            _ => Self::new(ErrorCode::Internal),
        };
        Self { failure: Some(Arc::new(error)), ..problem }
    }
}
