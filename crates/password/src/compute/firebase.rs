//! Firebase's scrypt: a key from scrypt encrypts the project's signer key, and the ciphertext is the tag.
//!
//! This module knows no hash string. All users of a project share its signer key.

use aes::{
    Aes256,
    cipher::{KeyIvInit as _, StreamCipher as _},
};
use ctr::Ctr128BE;

use super::ScryptCost;

/// The parameters that all hashes of one project share.
#[derive(Clone)]
pub(crate) struct Firebase {
    pub(crate) cost: ScryptCost,
    pub(crate) signer_key: Vec<u8>,
}

impl Firebase {
    /// Encrypts the signer key under a key derived from `password`. `salt` is the user's, followed by the project's separator.
    pub(crate) fn encrypt(&self, password: &[u8], salt: &[u8]) -> Option<Vec<u8>> {
        let mut key = zeroize::Zeroizing::new([0; 32]);
        self.cost.key(password, salt, &mut *key)?;
        let mut text = self.signer_key.clone();
        Ctr128BE::<Aes256>::new_from_slices(&*key, &[0; 16]).ok()?.apply_keystream(&mut text);
        Some(text)
    }
}
