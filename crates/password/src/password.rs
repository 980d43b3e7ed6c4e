//! The secret values of this crate: a password in clear, and a salt.
//!
//! Invariant: a password is wiped when it is dropped and shows nothing of itself in `Debug`.

use std::fmt;

use zeroize::Zeroizing;

/// A password in clear, as it was received.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Takes over `text`; the memory is wiped on drop.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The password as it was received. Keep it out of logs, errors and URLs.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Length in Unicode code points, which is what length rules count (NIST SP 800-63B-4 §3.1.1.2).
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

/// 128 random bits for a new hash. The caller draws them, so that this crate holds no source of randomness.
#[derive(Clone, Copy)]
pub struct Salt(pub [u8; 16]);

const LETTERS_AND_DIGITS: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

impl Salt {
    /// Sixteen letters and digits, the form in which Werkzeug writes a salt: some 95 bits of the 128.
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
