//! A stored hash string, told apart by its prefix: the one table of schemes.
//!
//! A stored string is hostile input. [`StoredHash::parse`] bounds everything it asks for, so that whatever parses can
//! be computed in known time and memory.

use argon2::Block;
use subtle::ConstantTimeEq as _;

use crate::{Password, argon2id::Argon2Hash, bcrypt::BcryptHash, limits, nfc, pbkdf2::Pbkdf2Hash};

/// Why a stored string is not a hash that can be checked. It never quotes the string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The prefix names no scheme known here.
    #[error("a hash of an unknown scheme")]
    Scheme,
    /// The scheme is known and the string breaks its grammar.
    #[error("a malformed hash string")]
    Malformed,
    /// The string asks for more than [`limits`] allow.
    #[error("a hash whose cost is out of bounds")]
    Cost,
}

/// A stored hash, parsed and bounded.
#[derive(Clone)]
pub struct StoredHash(Scheme);

#[derive(Clone)]
enum Scheme {
    Argon2(Argon2Hash),
    Pbkdf2(Pbkdf2Hash),
    Bcrypt(BcryptHash),
}

/// Memory that a thread keeps from one hash to the next.
#[derive(Default)]
pub struct Scratch {
    pub(crate) argon2: Vec<Block>,
}

impl Scratch {
    /// Gives back what an unusually large hash took, so that a thread's share of memory stays what was configured.
    pub(crate) fn shrink_to_kib(&mut self, kib: u32) {
        let blocks = usize::try_from(kib).unwrap_or(usize::MAX);
        if self.argon2.len() > blocks {
            self.argon2.truncate(blocks);
            self.argon2.shrink_to_fit();
        }
    }
}

impl StoredHash {
    /// Tells the scheme of `text` and bounds what it asks for.
    ///
    /// # Errors
    /// [`Unreadable`], which says why without quoting `text`.
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        if text.len() > limits::STRING_BYTES {
            return Err(Unreadable::Malformed);
        }
        let scheme = match text {
            _ if text.starts_with("$argon2") => Scheme::Argon2(Argon2Hash::parse(text)?),
            _ if text.starts_with("pbkdf2:") => Scheme::Pbkdf2(Pbkdf2Hash::parse(text)?),
            _ if text.starts_with("$2") => Scheme::Bcrypt(BcryptHash::parse(text)?),
            _ if text.starts_with("$bcrypt-sha256$") => Scheme::Bcrypt(BcryptHash::parse_digested(text)?),
            _ => return Err(Unreadable::Scheme),
        };
        Ok(Self(scheme))
    }

    /// Whether `password` fits: as it was received, or else in its NFC form.
    ///
    /// The bytes as received come first because no other software normalises; new hashes made here are of the NFC form.
    #[must_use]
    pub fn verify(&self, password: &Password, scratch: &mut Scratch) -> bool {
        let received = password.reveal();
        let normal = nfc(received);
        self.fits(received.as_bytes(), scratch) || (*normal != *received && self.fits(normal.as_bytes(), scratch))
    }

    fn fits(&self, password: &[u8], scratch: &mut Scratch) -> bool {
        match &self.0 {
            Scheme::Argon2(hash) => {
                hash.tag_of(password, &mut scratch.argon2).is_some_and(|tag| tag.ct_eq(&hash.tag).into())
            }
            Scheme::Pbkdf2(hash) => hash.tag_of(password).ct_eq(&hash.tag).into(),
            Scheme::Bcrypt(hash) => {
                hash.tag_of(password).is_some_and(|tag| tag.as_bytes().ct_eq(hash.tag.as_bytes()).into())
            }
        }
    }
}

/// A decimal number as these formats write it: digits only, no sign, no leading zero, within the bounds.
pub(crate) fn bounded_number(text: &str, least: u32, most: u32) -> Result<u32, Unreadable> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) || (text.len() > 1 && text.starts_with('0')) {
        return Err(Unreadable::Malformed);
    }
    // All digits: what does not fit into 32 bits is a number too large, not a malformed one.
    let number = text.parse().map_err(|_| Unreadable::Cost)?;
    if (least..=most).contains(&number) { Ok(number) } else { Err(Unreadable::Cost) }
}
