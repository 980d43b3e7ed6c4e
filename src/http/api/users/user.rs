//! An account in responses.
//!
//! Invariant: members for administrators require [`Viewer::Administrator`].

use axum::{http::StatusCode, response::Response};
use serde_json::{Map, Value};

use crate::{
    app::App,
    http::api::{
        choice::choice,
        problem::ErrorCode,
        reply::{Reply, object, tagged},
        response_body::{Omittable, response_body},
    },
    model::{Uid, UnixMillis},
    store::accounts::{self, Account},
};

choice! {
    /// The state of an account.
    pub enum AccountState {
        Enabled = "enabled",
        Disabled = "disabled",
    }
}

response_body! {
    /// An account.
    #[example = r#"{
        "id": "019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10", "name": "Ann", "role": "user", "state": "enabled",
        "must_change_password": false, "attributes": {"locale": "en"},
        "created_at": "2026-11-22T12:00:00Z", "last_login_at": "2026-11-22T12:05:00Z", "disabled_at": null
    }"#]
    pub struct UserBody<'a>: "User" {
        /// The identifier, which never changes and is never reused.
        pub id: Uid,
        /// The name as typed.
        pub name: &'a str,
        /// The name of the user's role.
        pub role: &'a str,
        /// A disabled account cannot log in.
        pub state: AccountState,
        /// Whether the user must change the password before anything else.
        pub must_change_password: bool,
        /// The application's data of the user, which the user can see and change.
        pub attributes: &'a Map<String, Value>,
        /// The application's data of the user that only administrators see. Present for callers with `users:read` or
        /// `users:write`, and never under `/users/me`.
        pub admin_attributes: Omittable<&'a Map<String, Value>>,
        /// The time of creation.
        pub created_at: UnixMillis,
        /// The time of the last login, if any.
        pub last_login_at: Option<UnixMillis>,
        /// The time since when the account is disabled, if it is.
        pub disabled_at: Option<UnixMillis>,
    }
}

/// The viewer of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Viewer {
    Owner,
    Administrator,
}

impl<'a> UserBody<'a> {
    /// Describes an account as `viewer` sees it.
    pub fn of(Account { user, role, attributes }: &'a Account, viewer: Viewer) -> Self {
        Self {
            id: user.uid,
            name: &user.name,
            role: &role.name,
            state: if user.disabled_at.is_some() { AccountState::Disabled } else { AccountState::Enabled },
            must_change_password: user.password_change_required_at.is_some(),
            attributes: attributes.own.members(),
            admin_attributes: Omittable((viewer == Viewer::Administrator).then(|| attributes.admin.members())),
            created_at: user.created_at,
            last_login_at: user.last_login_at,
            disabled_at: user.disabled_at,
        }
    }
}

/// Returns an account as `viewer` sees it, with its tag.
pub fn tagged_account(status: StatusCode, account: &Account, viewer: Viewer) -> Response {
    tagged(object(status, &UserBody::of(account, viewer)), account.user.version)
}

/// Returns the current account.
///
/// # Errors
/// The database's. If the account was deleted, 404, or 401 for the own account.
pub async fn account_now(app: &App, uid: Uid, viewer: Viewer) -> Reply {
    match accounts::find(&mut app.db.read().await?, uid.into()).await? {
        Some(found) => Ok(tagged_account(StatusCode::OK, &found, viewer)),
        None => Err(match viewer {
            Viewer::Owner => ErrorCode::NotSignedIn.into(),
            Viewer::Administrator => ErrorCode::NotFound.into(),
        }),
    }
}
