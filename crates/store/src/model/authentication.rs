//! The methods by which a user was authenticated, and the level that they reach together.
//!
//! Invariant: the level follows from the methods. It is stored with them, so checks do not compute it.

use std::collections::BTreeSet;

/// A method of authentication, by its word of RFC 8176 §2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuthMethod {
    Password,
}

impl AuthMethod {
    /// Returns the word of RFC 8176.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Password => "pwd",
        }
    }
}

/// The strength of an authentication. A higher level permits everything that a lower one permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuthLevel {
    /// One factor.
    One,
}

impl AuthLevel {
    /// Returns the stored number.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::One => 1,
        }
    }
}

/// The methods by which a session was authenticated; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthMethods(BTreeSet<AuthMethod>);

impl From<AuthMethod> for AuthMethods {
    fn from(method: AuthMethod) -> Self {
        Self(BTreeSet::from([method]))
    }
}

impl AuthMethods {
    /// Returns the level that these methods reach together.
    #[must_use]
    pub fn level(&self) -> AuthLevel {
        AuthLevel::One
    }

    /// Returns the stored form: the words in a fixed order, separated by single blanks.
    #[must_use]
    pub fn to_stored(&self) -> String {
        self.0.iter().map(|method| method.word()).collect::<Vec<_>>().join(" ")
    }
}
