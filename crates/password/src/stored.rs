//! A stored hash string: read, bounded, checked against a password, and told about.
//!
//! A stored string is hostile input. [`StoredHash::parse`] bounds everything it asks for, so that whatever parses can
//! be computed in known time and memory. Which strings there are is in `scheme`, in one table.

use argon2::Block;

use crate::{
    Password, Strength, Work,
    normal::wiped_nfc,
    scheme::{self, Recipe, Tried},
    strength,
};

/// Why a stored string is not a hash that can be checked. It never quotes the string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It begins like no scheme known here.
    #[error("a hash of an unknown scheme")]
    Scheme,
    /// The scheme is known and the string breaks its grammar.
    #[error("a malformed hash string")]
    Malformed,
    /// The string asks for more than [`crate::limits`] allow.
    #[error("a hash whose cost is out of bounds")]
    Cost,
    /// What it is is known, and it is refused: no hash at all, or one that proves nothing (DES, `$2x$`).
    #[error("a kind of hash that is never accepted")]
    Refused,
}

/// A stored hash, parsed and bounded.
#[derive(Clone)]
pub struct StoredHash(Recipe);

/// Memory that a thread keeps from one hash to the next.
#[derive(Default)]
pub struct Scratch {
    /// Of argon2 and scrypt alike, so that a thread never holds both.
    pub(crate) memory: Vec<Block>,
}

impl StoredHash {
    /// Tells the scheme of `text` and bounds what it asks for.
    ///
    /// # Errors
    /// [`Unreadable`], which says why without quoting `text`.
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        scheme::read(text).map(Self)
    }

    /// Whether `password` fits: as it was received, or else in its NFC form. `None` when memory cannot be had.
    ///
    /// The bytes as received come first because hardly any other software normalises; new hashes made here are of the
    /// NFC form.
    #[must_use]
    pub fn check(&self, password: &Password, scratch: &mut Scratch) -> Option<bool> {
        self.tried(password, scratch).map(|tried| tried.fits)
    }

    /// As [`StoredHash::check`], for whom a check that cannot be computed is one that failed.
    #[must_use]
    pub fn verify(&self, password: &Password, scratch: &mut Scratch) -> bool {
        self.check(password, scratch) == Some(true)
    }

    /// As [`StoredHash::check`], with what was computed.
    pub(crate) fn tried(&self, password: &Password, scratch: &mut Scratch) -> Option<Tried> {
        let received = password.reveal();
        self.0.fits(&[received, &wiped_nfc(received)], scratch)
    }

    /// What a check of `password` takes at most.
    pub(crate) fn work_on(&self, password: &Password) -> Work {
        let received = password.reveal();
        let normal = wiped_nfc(received);
        let forms = [received, &normal];
        self.0.work_on(if received == *normal { forms.get(..1).unwrap_or(&forms) } else { &forms })
    }

    /// The scheme's short name, as in `argon2id` or `werkzeug-pbkdf2-sha256`; it never changes.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        self.0.scheme
    }

    /// The cost for people to read, as in `m=19456 t=2 p=1` or `600000 iterations`.
    #[must_use]
    pub fn cost(&self) -> String {
        self.0.derive().map_or_else(String::new, |derive| derive.cost())
    }

    /// Memory in KiB that one verification takes.
    #[must_use]
    pub fn memory_kib(&self) -> u32 {
        self.0.memory_kib()
    }

    /// What one verification takes at most, for a password whose form as received is its NFC form.
    #[must_use]
    pub fn work(&self) -> Work {
        self.0.work()
    }

    /// How well the password is protected, should the table be stolen.
    #[must_use]
    pub fn strength(&self) -> Strength {
        strength::of(&self.0)
    }

    pub(crate) fn recipe(&self) -> &Recipe {
        &self.0
    }
}
