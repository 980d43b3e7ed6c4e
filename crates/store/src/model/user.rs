//! A user: an account with a name, a role and a password.

use super::{Attributes, Party, RoleId, Uid, UnixMillis};

/// The id of a user in URLs of the legacy contracts. It is never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(pub i64);

/// A user, without the password hash, which is read separately.
#[derive(Debug, Clone)]
pub struct User {
    pub id: UserId,
    /// The only identifier that `/api/v1` shows.
    pub uid: Uid,
    /// The name as typed at sign-up.
    pub name: String,
    pub role_id: RoleId,
    pub created_at: UnixMillis,
    /// The last successful login.
    pub last_login_at: Option<UnixMillis>,
    /// The time since which the account is closed to logins and its sessions are invalid.
    pub disabled_at: Option<UnixMillis>,
    /// The time since which the user must choose another password first.
    pub password_change_required_at: Option<UnixMillis>,
    /// The number of changes, from 1. A login is not a change.
    pub version: i64,
}

impl User {
    /// Returns the user as the audit trail names them.
    #[must_use]
    pub fn party(&self) -> Party {
        Party { uid: self.uid, name: self.name.clone() }
    }
}

/// The application's data about a user, in two parts.
#[derive(Debug, Clone, Default)]
pub struct UserAttributes {
    /// The user's own part: the user may read and change it.
    pub own: Attributes,
    /// The administrators' part: the user may neither read nor change it.
    pub admin: Attributes,
}

impl UserAttributes {
    /// Returns whether a part has members.
    #[must_use]
    pub fn is_any(&self) -> bool {
        !self.own.members().is_empty() || !self.admin.members().is_empty()
    }
}
