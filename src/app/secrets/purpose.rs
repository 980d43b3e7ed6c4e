//! The purposes of secrets.

/// The purpose of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// Signs cookies of known devices, and hides unknown names of failed logins.
    Throttle,
    /// Fingerprints of the legacy application's passwords.
    Adopt,
    /// A key that is mixed into passwords before hashing.
    Pepper,
}

impl Purpose {
    /// All purposes.
    pub const ALL: [Self; 3] = [Self::Throttle, Self::Adopt, Self::Pepper];

    /// Returns the word of the purpose: the section in the file, and the name in the database.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Throttle => "throttle",
            Self::Adopt => "adopt",
            Self::Pepper => "pepper",
        }
    }

    pub(super) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.word() == word)
    }
}
