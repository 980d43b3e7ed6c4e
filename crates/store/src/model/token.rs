//! Session tokens: 256 random bits that only the client holds; the database holds their SHA-256.
//!
//! Invariant: a [`PlainToken`] cannot be stored or printed by accident, and a [`TokenHash`] cannot be reversed. So a
//! database dump opens no session (ASVS 7.2.3).

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use super::Rng;
use crate::Result;

const PREFIX: &str = "dws_";
/// The prefix and 32 bytes in base64url.
const TOKEN_BYTES: usize = PREFIX.len() + 43;

/// A plaintext token, on its way to the client: `dws_` and 43 characters of base64url.
pub struct PlainToken(String);

/// The SHA-256 of a token, by which a session is stored and found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TokenHash([u8; 32]);

impl PlainToken {
    /// Creates a token.
    ///
    /// # Errors
    /// When the system provides no random bits.
    pub fn new(rng: &Rng) -> Result<Self> {
        let bits: [u8; 32] = rng.bytes()?;
        Ok(Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bits))))
    }

    /// Returns the token itself. Use it only in the response to its owner.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Returns the hash to store.
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
    /// Hashes a presented token. Returns `None` for text of another form, which saves a database query.
    ///
    /// The lookup needs no constant-time comparison: choosing a hash's leading bytes would require breaking SHA-256.
    #[must_use]
    pub fn of_presented(text: &[u8]) -> Option<Self> {
        let sound = text.len() == TOKEN_BYTES && text.starts_with(PREFIX.as_bytes());
        sound.then(|| Self(Sha256::digest(text).into()))
    }

    /// Returns the 32 stored bytes.
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
