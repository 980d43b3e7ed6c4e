//! A stored hash string: read, bounded, checked against a password, and told about.
//!
//! A stored string is hostile input. [`StoredHash::parse`] bounds everything it asks for, so that whatever parses can
//! be computed in known time and memory. Which strings there are is in `scheme`, in one table.

use argon2::Block;

use crate::{
    Password, Peppers, Strength, Work,
    normal::wiped_nfc,
    pepper::{self, Pepper},
    scheme::{self, ParsedHash, Tried},
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
    /// It was made with a pepper that is not here.
    #[error("a hash with a pepper that is not here")]
    Pepper,
}

/// A stored hash, parsed and bounded.
#[derive(Clone)]
pub struct StoredHash {
    parsed_hash: ParsedHash,
    pepper: Option<Mixed>,
}

/// The pepper that a hash was made with.
#[derive(Clone)]
struct Mixed {
    version: u32,
    /// `None` until it is looked up: a hash without it fits nothing.
    key: Option<Pepper>,
}

/// Memory that a thread keeps from one hash to the next.
#[derive(Default)]
pub struct Scratch {
    /// That of argon2.
    pub(crate) memory: Vec<Block>,
}

impl StoredHash {
    /// Tells the scheme of `text` and bounds what it asks for.
    ///
    /// # Errors
    /// [`Unreadable`], which says why without quoting `text`.
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        let (inner, pepper) = match pepper::split(text) {
            None => (text, None),
            Some(parts) => {
                let (version, inner) = parts?;
                (inner, Some(Mixed { version, key: None }))
            }
        };
        Ok(Self { parsed_hash: scheme::read(inner)?, pepper })
    }

    /// The version of the pepper that it was made with, if it was made with one.
    #[must_use]
    pub fn pepper(&self) -> Option<u32> {
        self.pepper.as_ref().map(|mixed| mixed.version)
    }

    /// The same, with its pepper at hand if it has one; without that, no password fits it.
    ///
    /// # Errors
    /// [`Unreadable::Pepper`] when it is not among `peppers`.
    pub fn with(mut self, peppers: &Peppers) -> Result<Self, Unreadable> {
        if let Some(mixed) = &mut self.pepper {
            mixed.key = Some(peppers.get(mixed.version).ok_or(Unreadable::Pepper)?.clone());
        }
        Ok(self)
    }

    /// As it is, but made with the pepper of this version.
    pub(crate) fn mixed(self, version: Option<u32>) -> Self {
        Self { pepper: version.map(|version| Mixed { version, key: None }), ..self }
    }

    /// What is hashed in place of `password`, where there is a pepper.
    fn mix(&self, password: &Password) -> Option<Option<Password>> {
        self.pepper.as_ref().map(|mixed| mixed.key.as_ref().map(|key| key.mix(password)))
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
        match self.mix(password) {
            Some(Some(mixed)) => self.parsed_hash.fits(&[mixed.reveal()], scratch),
            Some(None) => self.parsed_hash.fits(&[], scratch),
            None => {
                let received = password.reveal();
                self.parsed_hash.fits(&[received, &wiped_nfc(received)], scratch)
            }
        }
    }

    /// What a check of `password` takes at most.
    pub(crate) fn work_on(&self, password: &Password) -> Work {
        if let Some(mixed) = self.mix(password).flatten() {
            return self.parsed_hash.work_on(&[mixed.reveal()]);
        }
        let received = password.reveal();
        let normal = wiped_nfc(received);
        let forms = [received, &normal];
        self.parsed_hash.work_on(if received == *normal { forms.get(..1).unwrap_or(&forms) } else { &forms })
    }

    /// The scheme's short name, as in `argon2id` or `werkzeug-pbkdf2-sha256`; it never changes.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        self.parsed_hash.scheme
    }

    /// The cost for people to read, as in `m=19456 t=2 p=1` or `600000 iterations`.
    #[must_use]
    pub fn cost(&self) -> String {
        self.parsed_hash.derive().map_or_else(String::new, |derive| derive.cost())
    }

    /// Memory in KiB that one verification takes.
    #[must_use]
    pub fn memory_kib(&self) -> u32 {
        self.parsed_hash.memory_kib()
    }

    /// What one verification takes at most, for a password whose form as received is its NFC form.
    #[must_use]
    pub fn work(&self) -> Work {
        self.parsed_hash.work()
    }

    /// How well the password is protected, should the table be stolen.
    #[must_use]
    pub fn strength(&self) -> Strength {
        strength::of(&self.parsed_hash)
    }

    pub(crate) fn parsed_hash(&self) -> &ParsedHash {
        &self.parsed_hash
    }
}
