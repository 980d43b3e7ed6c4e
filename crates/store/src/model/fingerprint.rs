//! Fingerprints of the password column of the legacy table: they reveal that it changed, and nothing else.
//!
//! HMAC-SHA256 (RFC 2104) under a key that is kept outside the database. Invariant: a reader of the database alone can
//! neither test passwords against a fingerprint nor compare it with another installation's.

use super::SecretKey;
use crate::{Error, Result};

/// The key of all fingerprints of one installation: 256 bits, the same on every node.
#[derive(Debug, Clone)]
pub struct FingerprintKey(SecretKey);

/// A fingerprint, as stored in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl FingerprintKey {
    /// Wraps this secret.
    #[must_use]
    pub fn new(key: SecretKey) -> Self {
        Self(key)
    }

    /// Returns the fingerprint of a password column's content.
    #[must_use]
    pub fn fingerprint(&self, stored: &str) -> Fingerprint {
        Fingerprint(self.0.tag("password", stored.as_bytes()))
    }

    /// Returns a value that shows that a node has the same key as the node that adopted first.
    #[must_use]
    pub fn check(&self) -> Fingerprint {
        Fingerprint(self.0.check())
    }
}

impl Fingerprint {
    /// Reads the database's bytes.
    ///
    /// # Errors
    /// When they are not 32.
    pub fn from_stored(bytes: &[u8]) -> Result<Self> {
        bytes.try_into().map(Self).map_err(|_| Error::Corrupt("a fingerprint that is not 32 bytes long"))
    }

    /// Returns the stored bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}
