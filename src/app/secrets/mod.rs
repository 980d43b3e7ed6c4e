//! The secrets of an installation: for each purpose the current key, and older keys that are still valid.
//!
//! They are stored in one file outside the database, which holds only a check value of each. Invariant: no secret has a
//! default, and a command that only reads creates none.

mod document;
mod file;
mod purpose;

use std::{collections::BTreeMap, sync::OnceLock};

use doorward_password::Peppers;

pub use self::{
    document::{NotChanged, SecretsDocument, Versions},
    file::SecretsFile,
    purpose::Purpose,
};
use crate::{
    Error, Result,
    config::Config,
    model::{FingerprintKey, Rng, SecretKey},
};

/// All secrets of an installation, the same on every node.
#[derive(Debug, Clone)]
pub struct Secrets {
    /// Signs the cookies of known devices, and hides unknown names of failed logins.
    pub throttle: KeyRing,
    adopt: OnceLock<FingerprintKey>,
    pepper: Option<Versions>,
    /// `None` if the secrets exist only in this process.
    kept: Option<Kept>,
}

/// The file from which secrets were read.
#[derive(Debug, Clone)]
struct Kept {
    file: SecretsFile,
    /// `None` if the file had no version, so the ring exists only in this process.
    throttle: Option<Versions>,
    /// Whether this process created it.
    is_throttle_new: bool,
    /// Whether the file existed, and the SQLite database may be missing or empty.
    was_there: bool,
    may_begin: bool,
}

/// The reaction to a missing secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The secret is created and written to the file.
    Made,
    /// The secret stays missing, for a command that only reads, or that only changes a row.
    Left,
}

/// The versions of one secret.
#[derive(Debug, Clone)]
pub struct KeyRing {
    current: (u32, SecretKey),
    others: BTreeMap<u32, SecretKey>,
}

impl Secrets {
    /// Creates secrets that exist only in this process.
    ///
    /// # Errors
    /// Returns an error if the system provides no random bits.
    pub fn random(rng: &Rng) -> Result<Self> {
        let adopt = FingerprintKey::new(SecretKey::new(rng.bytes()?));
        Ok(Self { throttle: KeyRing::random(rng)?, adopt: OnceLock::from(adopt), pepper: None, kept: None })
    }

    /// Loads the secrets of the installation in `config`.
    ///
    /// # Errors
    /// Returns [`Error::Config`] if the file is unusable, or a missing secret cannot be created.
    pub fn load(config: &Config, missing: Missing, rng: &Rng) -> Result<Self> {
        let file = SecretsFile::of(config);
        file.remove_leftovers();
        let read = file.read()?;
        let was_there = read.is_some();
        let mut document = read.unwrap_or_default();
        let old_adopt_key = if document.get(Purpose::Adopt).is_none() { file.old_adopt_key()? } else { None };
        let mut is_throttle_new = false;
        if missing == Missing::Made && (document.get(Purpose::Throttle).is_none() || old_adopt_key.is_some()) {
            let new = SecretKey::new(rng.bytes()?);
            document = file.change(rng, |document| {
                document.begin(Purpose::Throttle, new.clone());
                if let Some(key) = &old_adopt_key {
                    document.begin(Purpose::Adopt, key.clone());
                }
                Ok(document.clone())
            })?;
            is_throttle_new = document.get(Purpose::Throttle) == Some(&Versions::first(new));
            if old_adopt_key.is_some() {
                file.remove_old_adopt_key();
            }
        }
        let throttle = document.get(Purpose::Throttle).cloned();
        let adopt = document.get(Purpose::Adopt).and_then(Versions::current).map(|(_, key)| key.clone());
        let adopt = adopt.or(old_adopt_key).map(FingerprintKey::new);
        Ok(Self {
            throttle: match throttle.as_ref().and_then(KeyRing::of) {
                Some(ring) => ring,
                None => KeyRing::random(rng)?,
            },
            adopt: adopt.map_or_else(OnceLock::new, OnceLock::from),
            pepper: document.get(Purpose::Pepper).cloned(),
            kept: Some(Kept { file, throttle, is_throttle_new, was_there, may_begin: document.may_begin() }),
        })
    }

    /// Returns the file; `None` if the secrets exist only in this process.
    #[must_use]
    pub fn file(&self) -> Option<&SecretsFile> {
        self.kept.as_ref().map(|kept| &kept.file)
    }

    /// Returns the path of the file if it shows that the SQLite database was in use.
    #[must_use]
    pub fn file_of_used_database(&self) -> Option<&std::path::Path> {
        self.kept.as_ref().filter(|kept| kept.was_there && !kept.may_begin).map(|kept| kept.file.path())
    }

    /// Records in the file that the SQLite database is in use, so it must not begin again.
    ///
    /// # Errors
    /// Returns [`Error::Config`] if the file cannot be written.
    pub fn note_database_in_use(&self, rng: &Rng) -> Result<()> {
        match &self.kept {
            Some(kept) if kept.may_begin => kept.file.note_database_in_use(rng),
            _ => Ok(()),
        }
    }

    /// Returns the versions in the file for a purpose, without a ring that exists only in this process.
    #[must_use]
    pub fn kept(&self, purpose: Purpose) -> Option<&Versions> {
        match purpose {
            Purpose::Throttle => self.kept.as_ref()?.throttle.as_ref(),
            Purpose::Pepper => self.pepper.as_ref(),
            Purpose::Adopt => None,
        }
    }

    /// Returns the peppers in the hasher's form.
    #[must_use]
    pub fn peppers(&self) -> Peppers {
        self.pepper.as_ref().map_or_else(Peppers::default, peppers_of)
    }

    /// Returns the same secrets with these versions of the pepper, for tests without a file.
    #[must_use]
    pub fn with_pepper(self, versions: Versions) -> Self {
        Self { pepper: Some(versions), ..self }
    }

    /// Returns the fingerprint key of legacy passwords, if present or created by another process meanwhile.
    ///
    /// # Errors
    /// Returns [`Error::Config`] if the file cannot be read.
    pub fn fingerprint_key(&self) -> Result<Option<&FingerprintKey>> {
        if let (None, Some(file)) = (self.adopt.get(), self.file())
            && let Some((_, key)) = file.read()?.unwrap_or_default().get(Purpose::Adopt).and_then(Versions::current)
        {
            return Ok(Some(self.adopt.get_or_init(|| FingerprintKey::new(key.clone()))));
        }
        Ok(self.adopt.get())
    }

    /// Returns the same key, and creates it if missing. Only the first adoption may call this.
    ///
    /// # Errors
    /// Returns [`Error::Config`] if the file cannot be written.
    pub fn make_fingerprint_key(&self, rng: &Rng) -> Result<&FingerprintKey> {
        if let Some(key) = self.adopt.get() {
            return Ok(key);
        }
        let mut key = SecretKey::new(rng.bytes()?);
        if let Some(file) = self.file() {
            key = file.change(rng, |document| {
                document.begin(Purpose::Adopt, key.clone());
                let current = document.get(Purpose::Adopt).and_then(Versions::current);
                current.map(|(_, key)| key.clone()).ok_or(Error::Corrupt("a created key that is missing"))
            })?;
        }
        Ok(self.adopt.get_or_init(|| FingerprintKey::new(key)))
    }

    /// Removes the secrets that this process added to the file, because the database knows others. The caller must
    /// check that, because a secret that the database knows must stay in the file.
    ///
    /// # Errors
    /// Returns [`Error::Config`] if the file cannot be written.
    pub fn withdraw_what_was_made(&self, rng: &Rng) -> Result<()> {
        match &self.kept {
            Some(Kept { file, throttle: Some(made), is_throttle_new: true, .. }) => file.change(rng, |document| {
                document.withdraw(Purpose::Throttle, made);
                Ok(())
            }),
            _ => Ok(()),
        }
    }
}

/// Returns the peppers of these versions in the hasher's form.
#[must_use]
pub fn peppers_of(versions: &Versions) -> Peppers {
    let keys = versions.all().filter_map(|(version, key)| Some((version, key?.to_bits())));
    Peppers::new(versions.current().map(|(version, _)| version), keys)
}

impl KeyRing {
    fn random(rng: &Rng) -> Result<Self> {
        Ok(Self { current: (1, SecretKey::new(rng.bytes()?)), others: BTreeMap::new() })
    }

    /// Returns the ring of these versions; `None` if none is current.
    fn of(versions: &Versions) -> Option<Self> {
        let (current, key) = versions.current()?;
        let others = versions.all().filter(|(version, _)| *version != current);
        let others = others.filter_map(|(version, key)| Some((version, key?.clone()))).collect();
        Some(Self { current: (current, key.clone()), others })
    }

    /// Returns the version for new values and its key.
    #[must_use]
    pub fn current(&self) -> (u32, &SecretKey) {
        (self.current.0, &self.current.1)
    }

    /// Returns the key of a valid version: current, older, or already used by other nodes.
    #[must_use]
    pub fn get(&self, version: u32) -> Option<&SecretKey> {
        if version == self.current.0 { Some(&self.current.1) } else { self.others.get(&version) }
    }
}
