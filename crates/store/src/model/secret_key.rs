//! Secret keys of 256 bits, and tags (HMAC-SHA256, RFC 2104), each for one purpose.
//!
//! Invariant: a key is never printed, and a tag for one purpose is invalid for another.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// A secret key.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKey([u8; 32]);

impl SecretKey {
    /// Creates a key from these bits.
    #[must_use]
    pub fn new(bits: [u8; 32]) -> Self {
        Self(bits)
    }

    /// Reads 64 hexadecimal digits. Returns `None` for other text.
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

    /// Returns the digits that [`SecretKey::from_hex`] reads. They may be used only for the file that stores the key.
    #[must_use]
    pub fn to_hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Returns the bits, for crates that do not use [`SecretKey`].
    #[must_use]
    pub fn to_bits(&self) -> [u8; 32] {
        self.0
    }

    /// Returns whether the key looks invented or copied from a sample: its bytes repeat or form a series. The
    /// probability for a random key is below 2^-100.
    #[must_use]
    pub fn is_made_up(&self) -> bool {
        let repeats =
            |period: &usize| self.0.iter().zip(self.0.iter().skip(*period)).all(|(left, right)| left == right);
        let steps = self.0.iter().zip(self.0.iter().skip(1)).map(|(left, right)| right.wrapping_sub(*left));
        let mut steps = steps.collect::<Vec<_>>();
        steps.dedup();
        (1..=16).any(|period| repeats(&period)) || steps.len() == 1
    }

    /// Returns a check value. It shows whether two nodes have the same key, and reveals nothing else.
    #[must_use]
    pub fn check(&self) -> [u8; 32] {
        self.tag("check", b"")
    }

    /// Returns the tag of `message` for `purpose`.
    #[must_use]
    pub fn tag(&self, purpose: &str, message: &[u8]) -> [u8; 32] {
        self.mac(purpose, message).finalize().into_bytes().into()
    }

    /// Returns whether `tag` is the tag of `message` for `purpose`. The comparison takes constant time.
    #[must_use]
    pub fn is_tag_of(&self, purpose: &str, message: &[u8], tag: &[u8]) -> bool {
        self.mac(purpose, message).verify_slice(tag).is_ok()
    }

    fn mac(&self, purpose: &str, message: &[u8]) -> Hmac<Sha256> {
        // HMAC pads a key with zeros to the block length (RFC 2104 §2).
        let mut block = [0; 64];
        block.iter_mut().zip(self.0).for_each(|(to, from)| *to = from);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(message);
        mac
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SecretKey(…)")
    }
}
