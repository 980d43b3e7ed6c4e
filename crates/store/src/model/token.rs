//! Session tokens: 256 random bits that only the client holds. The database holds their SHA-256.
//!
//! Invariants: a [`PlainToken`] cannot be stored or printed by accident, and a [`TokenHash`] cannot be reversed.
//! Therefore a copy of the database gives access to no session (ASVS 7.2.3).

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use super::Rng;
use crate::Result;

const PREFIX: &str = "dws_";
/// The length of a token: the prefix, and 32 bytes in base64url.
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
    /// Returns an error if the system provides no random bits.
    pub fn new(rng: &Rng) -> Result<Self> {
        let bits: [u8; 32] = rng.bytes()?;
        Ok(Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bits))))
    }

    /// Returns the plaintext token. It may be used only in the response to its owner.
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
    /// Hashes a presented token. Returns `None` for text in another format, which saves a database query.
    ///
    /// The lookup needs no constant-time comparison, because a client cannot choose the leading bytes of a SHA-256.
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
