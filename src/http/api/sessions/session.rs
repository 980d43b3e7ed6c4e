//! The session of a request in responses.
//!
//! Invariant: the token is in a body only if the caller passes it.

use axum::{http::StatusCode, response::Response};

use crate::{
    app::App,
    http::api::{
        reply::object,
        response_body::{Omittable, response_body},
    },
    model::{Uid, UnixMillis},
    ops::SignedIn,
};

response_body! {
    /// The user of the session, and the current permissions.
    #[example = r#"{
        "id": "019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10", "name": "Ann", "role": "user", "permissions": [],
        "must_change_password": false
    }"#]
    pub struct SessionUserBody<'a>: "SessionUser" {
        /// The user's identifier.
        pub id: Uid,
        /// The name as typed.
        pub name: &'a str,
        /// The name of the user's role.
        pub role: &'a str,
        /// The permissions of that role.
        pub permissions: Vec<&'a str>,
        /// Whether the user must change the password before anything else.
        pub must_change_password: bool,
    }
}

response_body! {
    /// The session of the request, or the session that it started.
    #[example = r#"{
        "id": "019aac52-1000-7c11-8e4f-55d0b1a2c3d4",
        "user": {"id": "019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10", "name": "Ann", "role": "user", "permissions": [],
            "must_change_password": false},
        "created_at": "2026-11-22T12:05:00Z", "authenticated_at": "2026-11-22T12:05:00Z",
        "last_used_at": "2026-11-22T12:05:00Z", "expires_at": "2026-11-23T12:05:00Z"
    }"#]
    pub struct SessionBody<'a>: "Session" {
        /// The session's identifier, which is not secret.
        pub id: Uid,
        /// The user of the session.
        pub user: SessionUserBody<'a>,
        /// The time of the login.
        pub created_at: UnixMillis,
        /// The last time the password was proved; recent for five minutes.
        pub authenticated_at: UnixMillis,
        /// The last recorded use, to the minute.
        pub last_used_at: UnixMillis,
        /// The time when it expires without further use.
        pub expires_at: UnixMillis,
        /// The session's secret, for `Authorization: Bearer`. Present once, and only if the token was requested in the
        /// body.
        pub token: Omittable<&'a str>,
    }
}

/// Returns the session of a request, with the token if it belongs into the body.
pub fn session(app: &App, status: StatusCode, signed_in: &SignedIn, token: Option<&str>) -> Response {
    let session = signed_in.session();
    let limits = app.config.session.for_holder_of(signed_in.permissions());
    let body = SessionBody {
        id: session.uid,
        user: SessionUserBody {
            id: signed_in.user().uid,
            name: &signed_in.user().name,
            role: signed_in.role_name(),
            permissions: signed_in.permissions().words().collect(),
            must_change_password: signed_in.must_change_password(),
        },
        created_at: session.created_at,
        authenticated_at: session.authenticated_at,
        last_used_at: session.last_used_at,
        expires_at: limits.end_of(session),
        token: Omittable(token),
    };
    object(status, &body)
}
