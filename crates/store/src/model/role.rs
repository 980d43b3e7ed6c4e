//! Roles, which are named sets of permissions. A permission has the form `noun:verb`.
//!
//! Invariants: code checks permissions and never a role's name, so new roles need no code. The holder of a set may
//! grant another set, or act on its holder, only if the first [covers](Permissions::covers) the second.

use std::{collections::BTreeSet, fmt};

use super::UnixMillis;
use crate::{Error, Result};

/// The longest permission or name of a role, in characters.
pub const WORD_CHARACTERS: usize = 64;
/// The maximum number of permissions of a role. Their column holds [`WORD_CHARACTERS`] for each.
pub const ROLE_PERMISSIONS: usize = 60;

/// The id of a role in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RoleId(pub i64);

impl RoleId {
    /// `admin` and `user`, which every new database contains and which are never deleted.
    pub const BUILT_IN: [Self; 2] = [Self::ADMIN, Self(2)];
    /// `admin`, which always holds all of Doorward's own permissions.
    pub const ADMIN: Self = Self(1);
}

/// Doorward's own permissions. An application may add other words of the same form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Read other users' accounts.
    UsersRead,
    /// Create, change, disable and delete other users' accounts.
    UsersWrite,
    /// Read other users' sessions.
    SessionsRead,
    /// End other users' sessions.
    SessionsRevoke,
    /// Change roles, and assign them to users.
    RolesWrite,
    /// Read the audit trail.
    AuditRead,
}

/// A set of permissions, as words separated by single blanks (the form of an OAuth scope, RFC 6749 §3.3).
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
    /// The number of changes, from 1.
    pub version: i64,
    pub created_at: UnixMillis,
}

impl Permission {
    /// All of Doorward's own permissions. A holder of any of them is an administrator.
    pub const ALL: [Self; 6] = [
        Self::UsersRead,
        Self::UsersWrite,
        Self::SessionsRead,
        Self::SessionsRevoke,
        Self::RolesWrite,
        Self::AuditRead,
    ];

    /// Returns the word, as in `users:read`.
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
    /// Returns the empty set.
    #[must_use]
    pub fn none() -> Self {
        Self(String::new())
    }

    /// Creates the set of these words, without duplicates and in alphabetical order. Returns `None` if a word is not a
    /// permission, or for more than [`ROLE_PERMISSIONS`].
    #[must_use]
    pub fn new<'a>(words: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let set: BTreeSet<&str> = words.into_iter().collect();
        let is_sound = set.len() <= ROLE_PERMISSIONS && set.iter().all(|word| is_permission(word));
        is_sound.then(|| Self(set.into_iter().collect::<Vec<_>>().join(" ")))
    }

    /// Reads the database's text.
    ///
    /// # Errors
    /// Returns [`Error::Corrupt`] if a word does not have the form `noun:verb`. An unreadable set grants nothing.
    pub fn from_stored(text: String) -> Result<Self> {
        if text.split(' ').all(|word| word.is_empty() && text.is_empty() || word.split(':').count() == 2) {
            Ok(Self(text))
        } else {
            Err(Error::Corrupt("a role's permissions"))
        }
    }

    /// Returns the stored words.
    #[must_use]
    pub fn as_text(&self) -> &str {
        &self.0
    }

    /// Returns whether the set holds `permission`.
    #[must_use]
    pub fn contains(&self, permission: Permission) -> bool {
        self.contains_word(permission.word())
    }

    /// Returns whether the set holds all of Doorward's own permissions.
    #[must_use]
    pub fn hold_all(&self) -> bool {
        Permission::ALL.into_iter().all(|permission| self.contains(permission))
    }

    /// Returns whether the set holds one of Doorward's own permissions that `other` lacks.
    #[must_use]
    pub fn hold_more_than(&self, other: &Self) -> bool {
        Permission::ALL.into_iter().any(|permission| self.contains(permission) && !other.contains(permission))
    }

    /// Returns whether the set holds the permission written `word`.
    #[must_use]
    pub fn contains_word(&self, word: &str) -> bool {
        self.words().any(|held| held == word)
    }

    /// Returns whether a holder of this set may grant `other`, or act on an account that holds it.
    ///
    /// This set must contain every word of `other`. A set with all of Doorward's own permissions also covers the
    /// application's words. Otherwise no user could be the first to grant them.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let holds_all = self.hold_all();
        other.words().all(|word| self.contains_word(word) || holds_all && !is_own(word))
    }

    /// Returns whether the set holds any of Doorward's own permissions, for which shorter session limits apply.
    #[must_use]
    pub fn are_administrative(&self) -> bool {
        Permission::ALL.into_iter().any(|permission| self.contains(permission))
    }

    /// Returns the words of the set.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ').filter(|word| !word.is_empty())
    }
}

impl RoleName {
    /// Checks a name. Returns `None` if it is invalid for a role.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let is_sound = text.len() <= WORD_CHARACTERS
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte));
        is_sound.then(|| Self(text.to_owned()))
    }

    /// Returns the name's text.
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

/// Returns whether `word` has the form `noun:verb`.
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
