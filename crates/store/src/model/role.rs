//! Roles: a role is a named set of permissions, and a permission is a `noun:verb`.
//!
//! Invariants: code asks for permissions and never for a role by its name, so that further roles need no code; and one
//! set may grant another, or act on its holder, only if it [covers](Permissions::covers) it.

use std::{collections::BTreeSet, fmt};

use super::UnixMillis;
use crate::{Error, Result};

/// Longest permission and longest name of a role, in characters.
pub const WORD_CHARACTERS: usize = 64;
/// Most permissions that a role may hold; with [`WORD_CHARACTERS`], what their column has room for.
pub const ROLE_PERMISSIONS: usize = 60;

/// A role's number in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RoleId(pub i64);

impl RoleId {
    /// `admin` and `user`, with which every database begins and which are never deleted.
    pub const BUILT_IN: [Self; 2] = [Self::ADMIN, Self(2)];
    /// `admin`, which always holds all of Doorward's own permissions.
    pub const ADMIN: Self = Self(1);
}

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

/// A role's name: lower-case ASCII, as in `admin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleName(String);

/// A role.
#[derive(Debug, Clone)]
pub struct Role {
    pub id: RoleId,
    /// Lower-case ASCII, as in `admin`.
    pub name: String,
    pub permissions: Permissions,
    /// Counts the changes, from 1.
    pub version: i64,
    pub created_at: UnixMillis,
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
    pub const fn word(self) -> &'static str {
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
    /// None at all.
    #[must_use]
    pub fn none() -> Self {
        Self(String::new())
    }

    /// The set of these words, each once and in alphabetical order; `None` when one is no permission, or when there are
    /// more than [`ROLE_PERMISSIONS`].
    #[must_use]
    pub fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let set: BTreeSet<&str> = words.into_iter().collect();
        let is_sound = set.len() <= ROLE_PERMISSIONS && set.iter().all(|word| is_permission(word));
        is_sound.then(|| Self(set.into_iter().collect::<Vec<_>>().join(" ")))
    }

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

    /// The words as the database keeps them.
    #[must_use]
    pub fn as_text(&self) -> &str {
        &self.0
    }

    /// Whether the set holds `permission`.
    #[must_use]
    pub fn contains(&self, permission: Permission) -> bool {
        self.contains_word(permission.word())
    }

    /// Whether the set holds all of Doorward's own permissions.
    #[must_use]
    pub fn hold_all(&self) -> bool {
        Permission::ALL.into_iter().all(|permission| self.contains(permission))
    }

    /// Whether the set holds one of Doorward's own permissions that `other` lacks.
    #[must_use]
    pub fn hold_more_than(&self, other: &Self) -> bool {
        Permission::ALL.into_iter().any(|permission| self.contains(permission) && !other.contains(permission))
    }

    /// Whether the set holds the permission that is written `word`.
    #[must_use]
    pub fn contains_word(&self, word: &str) -> bool {
        self.words().any(|held| held == word)
    }

    /// Whether a holder of this set may give `other` away, or act on the account of whoever holds it: when every word of
    /// `other` is in this set too. Holders of all of Doorward's own permissions also cover the application's words, which
    /// nobody could otherwise be the first to give.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let holds_all = self.hold_all();
        other.words().all(|word| self.contains_word(word) || holds_all && !is_own(word))
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

impl RoleName {
    /// A name; `None` when no role may be called so.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let is_sound = text.len() <= WORD_CHARACTERS
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte));
        is_sound.then(|| Self(text.to_owned()))
    }

    /// The name's text.
    #[must_use]
    pub fn as_text(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Whether `word` is a `noun:verb`.
#[must_use]
pub fn is_permission(word: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_lowercase())
            && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.".contains(&byte))
    };
    word.len() <= WORD_CHARACTERS && word.split_once(':').is_some_and(|(noun, verb)| is_part(noun) && is_part(verb))
}

fn is_own(word: &str) -> bool {
    Permission::ALL.into_iter().any(|permission| permission.word() == word)
}
