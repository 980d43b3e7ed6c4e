//! A user: an account with a name, a role and a password.

use super::{RoleId, Uid, UnixMillis};

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
}
