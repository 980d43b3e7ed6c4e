//! Roles: a role is a named set of permissions, and a permission is a `noun:verb`.
//!
//! Invariant: code asks for permissions and never for a role by its name, so that further roles need no code.

use crate::{Error, Result};

/// A role's number in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RoleId(pub i64);

/// What Doorward itself asks permission for. The application's own permissions are other words of the same form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// See other users' accounts.
    UsersRead,
    /// Create, change, disable and delete other users' accounts.
    UsersWrite,
    /// See other users' sessions.
    SessionsRead,
    /// End other users' sessions.
    SessionsRevoke,
    /// Change roles and who has them.
    RolesWrite,
    /// Read the audit trail.
    AuditRead,
}

/// A set of permissions, as words between single blanks (the form of an OAuth scope, RFC 6749 §3.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permissions(String);

/// A role.
#[derive(Debug, Clone)]
pub struct Role {
    pub id: RoleId,
    /// Lower-case ASCII, as in `admin`.
    pub name: String,
    pub permissions: Permissions,
}

impl Permission {
    /// Every permission of Doorward's own. Whoever holds one of them is an administrator.
    pub const ALL: [Self; 6] = [
        Self::UsersRead,
        Self::UsersWrite,
        Self::SessionsRead,
        Self::SessionsRevoke,
        Self::RolesWrite,
        Self::AuditRead,
    ];

    /// The word that stands for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::UsersRead => "users:read",
            Self::UsersWrite => "users:write",
            Self::SessionsRead => "sessions:read",
            Self::SessionsRevoke => "sessions:revoke",
            Self::RolesWrite => "roles:write",
            Self::AuditRead => "audit:read",
        }
    }
}

impl Permissions {
    /// From the database's text.
    ///
    /// # Errors
    /// When a word is not of the form `noun:verb`: a set that cannot be read grants nothing.
    pub fn from_stored(text: String) -> Result<Self> {
        if text.split(' ').all(|word| word.is_empty() && text.is_empty() || word.split(':').count() == 2) {
            Ok(Self(text))
        } else {
            Err(Error::Corrupt("a role's permissions"))
        }
    }

    /// Whether the set holds `permission`.
    #[must_use]
    pub fn contains(&self, permission: Permission) -> bool {
        self.words().any(|word| word == permission.word())
    }

    /// Whether the set holds any of Doorward's own permissions, for which shorter session limits apply.
    #[must_use]
    pub fn are_administrative(&self) -> bool {
        Permission::ALL.into_iter().any(|permission| self.contains(permission))
    }

    /// The words of the set.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ').filter(|word| !word.is_empty())
    }
}
