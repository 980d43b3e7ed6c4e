//! The secret values of this crate: plaintext passwords and salts.
//!
//! Invariant: a password is wiped when it is dropped and never appears in `Debug`.

use std::fmt;

use zeroize::Zeroizing;

/// A plaintext password, as received.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Wraps `text`, which is wiped on drop.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Returns the password as received. Keep it out of logs, errors and URLs.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Returns the length in Unicode code points, the unit of length rules (NIST SP 800-63B-4 §3.1.1.2).
    #[must_use]
    pub fn code_points(&self) -> usize {
        self.0.chars().count()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Password(…)")
    }
}

/// 128 random bits for a new hash. The caller provides them, so this crate needs no source of randomness.
#[derive(Clone, Copy)]
pub struct Salt(pub [u8; 16]);

const LETTERS_AND_DIGITS: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

impl Salt {
    /// Returns sixteen letters and digits, Werkzeug's form of a salt: about 95 of the 128 bits.
    #[must_use]
    pub(crate) fn letters(self) -> String {
        self.0
            .iter()
            .map(|byte| {
                let index = usize::from(*byte) % LETTERS_AND_DIGITS.len();
                char::from(LETTERS_AND_DIGITS.get(index).copied().unwrap_or(b'a'))
            })
            .collect()
    }
}
