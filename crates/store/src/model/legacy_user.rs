//! A row of the old application's table, as it was found: nothing in it is trusted to be what its column says.

use std::fmt;

use zeroize::Zeroizing;

use super::legacy_state::StateRules;

/// What the operator said of the table's names; what was left out is found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LegacyTableNames {
    pub table: Option<String>,
    pub id: Option<String>,
    pub username: Option<String>,
    pub password: Option<String>,
    pub role: Option<String>,
    /// What the columns mean that say who is shut out.
    pub states: StateRules,
}

/// The number that the old application gave a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LegacyId(pub i64);

/// A row.
#[derive(Debug, Clone)]
pub struct LegacyUser {
    pub id: LegacyId,
    pub name: LegacyValue<String>,
    pub password: LegacyValue<LegacyPassword>,
    /// Null when the table has no such column.
    pub role: LegacyValue<String>,
    /// Whether a column of the row says that its user may not log in there.
    pub is_shut_out: bool,
}

/// What a text column holds in one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LegacyValue<T> {
    Null,
    Text(T),
    /// Something that is not text in UTF-8.
    NotText,
}

/// What the password column holds: a hash, or a password in clear. It shows nothing of itself and is wiped on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct LegacyPassword(Zeroizing<String>);

impl LegacyPassword {
    /// Takes over `text`.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The value. Keep it out of logs, errors and reports.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl<T> LegacyValue<T> {
    /// The text, if there is one.
    #[must_use]
    pub fn text(&self) -> Option<&T> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null | Self::NotText => None,
        }
    }

    /// The same with its text made into something else.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> LegacyValue<U> {
        match self {
            Self::Null => LegacyValue::Null,
            Self::Text(text) => LegacyValue::Text(make(text)),
            Self::NotText => LegacyValue::NotText,
        }
    }
}

impl fmt::Debug for LegacyPassword {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("OldPassword(…)")
    }
}
