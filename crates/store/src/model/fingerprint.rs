//! Fingerprints of what the old application's table holds as a password: they tell that it was changed, and nothing else.
//!
//! HMAC-SHA256 (RFC 2104) under a key that is kept apart from the database. Invariant: whoever reads the database alone
//! can neither try passwords against a fingerprint nor compare it with those of another installation.

use super::SecretKey;
use crate::{Error, Result};

/// The key of all fingerprints of one installation: 256 bits, the same on every node.
#[derive(Debug, Clone)]
pub struct FingerprintKey(SecretKey);

/// A fingerprint as the database keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl FingerprintKey {
    /// The key that is this secret.
    #[must_use]
    pub fn new(key: SecretKey) -> Self {
        Self(key)
    }

    /// The fingerprint of what a password column holds.
    #[must_use]
    pub fn fingerprint(&self, stored: &str) -> Fingerprint {
        Fingerprint(self.0.tag("password", stored.as_bytes()))
    }

    /// What shows that a node has the same key as the one that adopted first.
    #[must_use]
    pub fn check(&self) -> Fingerprint {
        Fingerprint(self.0.check())
    }
}

impl Fingerprint {
    /// From the database's bytes.
    ///
    /// # Errors
    /// When they are not 32.
    pub fn from_stored(bytes: &[u8]) -> Result<Self> {
        bytes.try_into().map(Self).map_err(|_| Error::Corrupt("a fingerprint that is not 32 bytes long"))
    }

    /// The bytes that the database keeps.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}
