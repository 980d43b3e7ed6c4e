//! Session tokens: 256 random bits that only the client ever holds; the database holds their SHA-256.
//!
//! Invariant: a [`PlainToken`] cannot be stored or printed by accident, and a [`TokenHash`] cannot be turned back. A
//! dump of the database therefore opens no session (ASVS 7.2.3).

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use super::Rng;
use crate::Result;

const PREFIX: &str = "dws_";
/// The prefix and 32 bytes in base64url.
const TOKEN_BYTES: usize = PREFIX.len() + 43;

/// A token in clear, on its way to the client: `dws_` and 43 characters of base64url.
pub struct PlainToken(String);

/// SHA-256 of a token: what is stored, and what a session is found by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TokenHash([u8; 32]);

impl PlainToken {
    /// A new token.
    ///
    /// # Errors
    /// When no random bits can be had.
    pub fn new(rng: &Rng) -> Result<Self> {
        let bits: [u8; 32] = rng.bytes()?;
        Ok(Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bits))))
    }

    /// The token itself, for the response that hands it to its owner and for nothing else.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What to store.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl fmt::Debug for PlainToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PlainToken(…)")
    }
}

impl TokenHash {
    /// The hash of a token that a client presents; `None` when no token of ours looks like that, which spares the
    /// database the question.
    ///
    /// Looking the hash up compares no secret byte by byte: whoever can choose a hash's leading bytes has broken SHA-256.
    #[must_use]
    pub fn of_presented(text: &[u8]) -> Option<Self> {
        let sound = text.len() == TOKEN_BYTES && text.starts_with(PREFIX.as_bytes());
        sound.then(|| Self(Sha256::digest(text).into()))
    }

    /// The 32 bytes that the database keeps.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TokenHash(…)")
    }
}
