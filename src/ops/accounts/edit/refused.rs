//! The refusals of an edit.

use std::time::Duration;

use crate::ops::outcome::Denied;

/// The reason why an edit is refused, of any account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditRefused {
    NameTaken,
    /// The name is reserved, or looks like that of an administrator.
    NameReserved,
    /// While the legacy application runs, its table decides the names of its users.
    NameLinked,
    AttributesTooLarge,
}

/// The reason why a user's own account is not edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditOwnRefused {
    Edit(EditRefused),
    /// The account has another version than the one that the client read.
    Outdated,
    /// Too many names were requested from the same address. The next request is allowed after this time.
    Throttled(Duration),
    SessionEnded,
}

/// The reason why another account is not edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditUserRefused {
    Edit(EditRefused),
    NoSuchUser,
    NoSuchRole,
    /// Administrators must rename their own accounts by [`own`], which requires a reauthentication.
    OwnAccount,
    /// The account has another version than the one that the client read.
    Outdated,
    AdminAttributesTooLarge,
    /// No administrator would remain.
    LastAdministrator,
    Denied(Denied),
}

/// The reason why the operator cannot give a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetRoleRefused {
    NoSuchUser,
    NoSuchRole,
    /// No administrator would remain.
    LastAdministrator,
}

impl From<Denied> for EditUserRefused {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}
