//! A row of the legacy table, as found: no column is trusted to contain what it should.

use std::fmt;

use zeroize::Zeroizing;

/// The number of a user in the legacy application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LegacyId(pub i64);

/// A row.
#[derive(Debug)]
pub struct LegacyUser {
    pub id: LegacyId,
    pub name: Field<String>,
    pub password: Field<LegacyPassword>,
    /// Null when the table has no such column.
    pub role: Field<String>,
}

/// The content of a text column in one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field<T> {
    Null,
    Text(T),
    /// A value that is not UTF-8 text.
    NotText,
}

/// The content of the password column: a hash, or a plaintext password. It is hidden from `Debug` and wiped on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct LegacyPassword(Zeroizing<String>);

impl LegacyPassword {
    /// Wraps `text`.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Returns the value. Keep it out of logs, errors and reports.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl<T> Field<T> {
    /// Returns the text, if present.
    #[must_use]
    pub fn text(&self) -> Option<&T> {
        match self {
            Self::Text(text) => Some(text),
            Self::Null | Self::NotText => None,
        }
    }

    /// Converts the text, if present.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Field<U> {
        match self {
            Self::Null => Field::Null,
            Self::Text(text) => Field::Text(make(text)),
            Self::NotText => Field::NotText,
        }
    }
}

impl fmt::Debug for LegacyPassword {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("OldPassword(…)")
    }
}
