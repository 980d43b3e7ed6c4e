//! The secrets of an installation: for each purpose the key that is used, and the older ones that are still honoured.
//!
//! Invariant: no secret has a default, and none is kept in the database.

use std::collections::BTreeMap;

use crate::{
    Result,
    model::{Rng, SecretKey},
};

/// All secrets of an installation, the same on every node.
#[derive(Debug, Clone)]
pub struct Secrets {
    /// Signs the cookies of known devices, and hides the names of failed logins that nobody has.
    pub throttle: KeyRing,
}

/// The versions of one secret.
#[derive(Debug, Clone)]
pub struct KeyRing {
    current: (u32, SecretKey),
    older: BTreeMap<u32, SecretKey>,
}

impl Secrets {
    /// Secrets that live as long as this process.
    ///
    /// # Errors
    /// When no random bits can be had.
    pub fn random(rng: &Rng) -> Result<Self> {
        Ok(Self { throttle: KeyRing { current: (1, SecretKey::new(rng.bytes()?)), older: BTreeMap::new() } })
    }
}

impl KeyRing {
    /// The version that is used for what is new, and its key.
    #[must_use]
    pub fn current(&self) -> (u32, &SecretKey) {
        (self.current.0, &self.current.1)
    }

    /// The key of a version that is still honoured.
    #[must_use]
    pub fn get(&self, version: u32) -> Option<&SecretKey> {
        if version == self.current.0 { Some(&self.current.1) } else { self.older.get(&version) }
    }
}
