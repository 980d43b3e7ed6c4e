//! A row of the legacy table, as read.
//!
//! Invariant: no value is trusted to have the type that its column declares.

use std::fmt;

use zeroize::Zeroizing;

use super::legacy_state::StateRules;

/// The operator's names for the legacy table and its columns. Missing names are detected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LegacyTableNames {
    pub table: Option<String>,
    pub id: Option<String>,
    pub username: Option<String>,
    pub password: Option<String>,
    pub role: Option<String>,
    /// The meaning of the state columns.
    pub states: StateRules,
}

/// The id of a user in the legacy table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LegacyId(pub i64);

/// A row of the legacy table.
#[derive(Debug, Clone)]
pub struct LegacyUser {
    pub id: LegacyId,
    pub name: LegacyValue<String>,
    pub password: LegacyValue<LegacyPassword>,
    /// Null if the table has no such column.
    pub role: LegacyValue<String>,
    /// Whether a state column marks the user as disabled.
    pub is_shut_out: bool,
}

/// The value of a text column in one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LegacyValue<T> {
    Null,
    Text(T),
    /// A value that is not UTF-8 text.
    NotText,
}

/// The value of the password column: a hash, or a plaintext password. It cannot be printed, and is wiped on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct LegacyPassword(Zeroizing<String>);

impl LegacyPassword {
    /// Creates a value from `text`.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Returns the value. It must not reach logs, errors or reports.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl<T> LegacyValue<T> {
    /// Returns the text; `None` for other values.
    #[must_use]
    pub fn text(&self) -> Option<&T> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null | Self::NotText => None,
        }
    }

    /// Applies `make` to the text, and keeps other values.
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
        formatter.write_str("LegacyPassword(…)")
    }
}
