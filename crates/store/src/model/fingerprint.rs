//! Fingerprints of the password column of the legacy table. They reveal that it changed, and nothing else.
//!
//! They are HMAC-SHA256 (RFC 2104) under a key that is kept outside the database. Invariant: a reader of the database
//! alone cannot test passwords against a fingerprint, nor compare it with another installation's.

use super::SecretKey;
use crate::{Error, Result};

/// The key of all fingerprints of one installation: 256 bits, the same on every node.
#[derive(Debug, Clone)]
pub struct FingerprintKey(SecretKey);

/// A fingerprint, as stored in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl FingerprintKey {
    /// Creates the key from this secret.
    #[must_use]
    pub fn new(key: SecretKey) -> Self {
        Self(key)
    }

    /// Returns the fingerprint of a value of the password column.
    #[must_use]
    pub fn fingerprint(&self, stored: &str) -> Fingerprint {
        Fingerprint(self.0.tag("password", stored.as_bytes()))
    }

    /// Returns a check value, which is the same on all nodes with this key.
    #[must_use]
    pub fn check(&self) -> Fingerprint {
        Fingerprint(self.0.check())
    }
}

impl Fingerprint {
    /// Reads the database's bytes.
    ///
    /// # Errors
    /// Returns [`Error::Corrupt`] if the length is not 32.
    pub fn from_stored(bytes: &[u8]) -> Result<Self> {
        bytes.try_into().map(Self).map_err(|_| Error::Corrupt("a fingerprint that is not 32 bytes long"))
    }

    /// Returns the stored bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}
