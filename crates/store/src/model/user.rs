//! A user: an account with a name, a role and a password.

use super::{Attributes, Party, RoleId, Uid, UnixMillis};

/// The number by which the old contracts show a user in URLs; never given out twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(pub i64);

/// A user as the store gives it; the password's hash is not part of it and is asked for apart.
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
    /// Since when the account is closed to logins and its sessions are dead.
    pub disabled_at: Option<UnixMillis>,
    /// Since when the user must choose another password before anything else.
    pub password_change_required_at: Option<UnixMillis>,
    /// Counts the changes of what can be changed, from 1; a login is none.
    pub version: i64,
}

impl User {
    /// The user as the audit trail names them.
    #[must_use]
    pub fn party(&self) -> Party {
        Party { uid: self.uid, name: self.name.clone() }
    }
}

/// What the application keeps of a user, in two parts.
#[derive(Debug, Clone, Default)]
pub struct UserAttributes {
    /// The user's own: seen and changed by the user too.
    pub own: Attributes,
    /// The administrators': neither seen nor changed by the user.
    pub admin: Attributes,
}

impl UserAttributes {
    /// Whether there are any.
    #[must_use]
    pub fn is_any(&self) -> bool {
        !self.own.members().is_empty() || !self.admin.members().is_empty()
    }
}
