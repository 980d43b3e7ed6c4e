//! Fingerprints of what the old application's table holds as a password: they tell that it was changed, and nothing else.
//!
//! HMAC-SHA256 (RFC 2104) under a key that is kept apart from the database. Invariant: whoever reads the database alone
//! can neither try passwords against a fingerprint nor compare it with those of another installation.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::{Error, Result};

/// The key of all fingerprints of one installation: 256 bits, the same on every node.
#[derive(Clone)]
pub struct FingerprintKey([u8; 32]);

/// A fingerprint as the database keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

impl FingerprintKey {
    /// A key of these bits.
    #[must_use]
    pub fn new(bits: [u8; 32]) -> Self {
        Self(bits)
    }

    /// A key from 64 hexadecimal digits; `None` when `text` is something else.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let mut bits = [0; 32];
        for (bit, at) in bits.iter_mut().zip((0..64).step_by(2)) {
            *bit = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
        }
        Some(Self(bits))
    }

    /// The digits that [`FingerprintKey::from_hex`] reads. For the file that keeps the key, and for nothing else.
    #[must_use]
    pub fn to_hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The fingerprint of what a password column holds.
    #[must_use]
    pub fn fingerprint(&self, stored: &str) -> Fingerprint {
        self.mac(b"password", stored.as_bytes())
    }

    /// What shows that a node has the same key as the one that adopted first.
    #[must_use]
    pub fn check(&self) -> Fingerprint {
        self.mac(b"check", b"")
    }

    fn mac(&self, purpose: &[u8], message: &[u8]) -> Fingerprint {
        // HMAC fills a key up with zeros to the length of a block (RFC 2104 §2).
        let mut block = [0; 64];
        block.iter_mut().zip(self.0).for_each(|(to, from)| *to = from);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        mac.update(purpose);
        mac.update(&[0]);
        mac.update(message);
        Fingerprint(mac.finalize().into_bytes().into())
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

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("FingerprintKey(…)")
    }
}
