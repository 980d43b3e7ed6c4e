//! A stored hash string: parsing, bounds, checks and properties.
//!
//! A stored string is hostile input. [`StoredHash::parse`] bounds its costs, so each parsed hash needs known time and
//! memory. The table of formats is in `scheme`.

use crate::{
    Password, Peppers, Scratch, Strength, Work,
    normal::wiped_nfc,
    pepper::{self, Pepper},
    scheme::{self, ParsedHash, Tried},
    strength,
    unreadable::Unreadable,
};

/// A stored hash, parsed and bounded.
#[derive(Clone)]
pub struct StoredHash {
    parsed_hash: ParsedHash,
    pepper: Option<Mixed>,
}

/// The pepper of a hash.
#[derive(Clone)]
struct Mixed {
    version: u32,
    /// `None` until it is looked up: without its pepper, a hash matches no password.
    key: Option<Pepper>,
}

impl StoredHash {
    /// Identifies the scheme of `text` and bounds its costs.
    ///
    /// # Errors
    /// [`Unreadable`], which gives the reason without quoting `text`.
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

    /// Returns the version of the hash's pepper, if it has one.
    #[must_use]
    pub fn pepper(&self) -> Option<u32> {
        self.pepper.as_ref().map(|mixed| mixed.version)
    }

    /// Returns whether the hash needs a pepper: one of Doorward's, or the legacy application's.
    #[must_use]
    pub fn needs_pepper(&self) -> bool {
        self.pepper.is_some() || !self.parsed_hash.clone().add_pepper(None)
    }

    /// Adds the key of the hash's pepper, if it has one. Without the key, no password matches.
    ///
    /// # Errors
    /// [`Unreadable::Pepper`] when `peppers` lacks it.
    pub fn with(mut self, peppers: &Peppers) -> Result<Self, Unreadable> {
        if let Some(mixed) = &mut self.pepper {
            mixed.key = Some(peppers.get(mixed.version).ok_or(Unreadable::Pepper)?.clone());
        }
        if !self.parsed_hash.add_pepper(peppers.legacy()) {
            return Err(Unreadable::Pepper);
        }
        Ok(self)
    }

    /// Returns the same hash, marked with the pepper of this version.
    pub(crate) fn mixed(self, version: Option<u32>) -> Self {
        Self { pepper: version.map(|version| Mixed { version, key: None }), ..self }
    }

    /// Returns the text to hash instead of `password`, for a hash with a pepper.
    fn mix(&self, password: &Password) -> Option<Option<Password>> {
        self.pepper.as_ref().map(|mixed| mixed.key.as_ref().map(|key| key.mix(password)))
    }

    /// Returns whether `password` matches, as received or in its NFC form. `None` when memory runs out.
    ///
    /// The received bytes are tried first because most other software does not normalise. New hashes use the NFC form.
    #[must_use]
    pub fn check(&self, password: &Password, scratch: &mut Scratch) -> Option<bool> {
        self.tried(password, scratch).map(|tried| tried.fits)
    }

    /// Like [`StoredHash::check`], but a check that cannot be computed has failed.
    #[must_use]
    pub fn verify(&self, password: &Password, scratch: &mut Scratch) -> bool {
        self.check(password, scratch) == Some(true)
    }

    /// Like [`StoredHash::check`], with the work that was done.
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

    /// Returns the most work of a check of `password`.
    pub(crate) fn work_on(&self, password: &Password) -> Work {
        if let Some(mixed) = self.mix(password).flatten() {
            return self.parsed_hash.work_on(&[mixed.reveal()]);
        }
        let received = password.reveal();
        let normal = wiped_nfc(received);
        let forms = [received, &normal];
        self.parsed_hash.work_on(if received == *normal { forms.get(..1).unwrap_or(&forms) } else { &forms })
    }

    /// Returns the scheme's short name, as in `argon2id` or `werkzeug-pbkdf2-sha256`; it never changes.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        self.parsed_hash.scheme
    }

    /// Returns the cost in readable form, as in `m=19456 t=2 p=1` or `600000 iterations`.
    #[must_use]
    pub fn cost(&self) -> String {
        self.parsed_hash.derive().map_or_else(String::new, |derive| derive.cost())
    }

    /// Returns the memory in KiB of one verification.
    #[must_use]
    pub fn memory_kib(&self) -> u32 {
        self.parsed_hash.memory_kib()
    }

    /// Returns the most work of one verification, for a password that is in NFC form.
    #[must_use]
    pub fn work(&self) -> Work {
        self.parsed_hash.work()
    }

    /// Returns how well the hash protects the password if the table is stolen.
    #[must_use]
    pub fn strength(&self) -> Strength {
        let is_salted = !self.parsed_hash.salt.is_empty();
        let derive = self.parsed_hash.derive();
        derive.map_or(Strength::Weak("nothing is computed"), |derive| strength::of(derive, is_salted))
    }

    pub(crate) fn parsed_hash(&self) -> &ParsedHash {
        &self.parsed_hash
    }
}
