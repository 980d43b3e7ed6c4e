//! Peppers: secret keys that are mixed into a password before hashing, so that a stolen table alone allows no guessing.
//!
//! The mixed password is HMAC-SHA256 of the NFC form (RFC 2104) in base64, which is then hashed as usual. The stored
//! string names the version: `$dw-pepper$v=2$argon2id$…`. Invariant: a pepper is wiped on drop and never appears in
//! `Debug`.

use std::{collections::BTreeMap, fmt};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use zeroize::Zeroizing;

use crate::{Password, Unreadable, compute::Digest, normal::wiped_nfc, recipe::LegacyPepper};

/// The prefix of a string with a pepper.
pub(crate) const BEGINNING: &str = "$dw-pepper$v=";
/// Separates this use of the key from all others.
const PURPOSE: &[u8] = b"password\0";
/// The prefixes that may follow the version: the formats of new hashes.
const INNER: [&str; 4] = ["$argon2id$", "$2b$", "$bcrypt-sha256$", "pbkdf2:sha256:"];

/// The known peppers by version, and the version for new hashes.
#[derive(Clone, Default)]
pub struct Peppers {
    current: Option<u32>,
    keys: BTreeMap<u32, Pepper>,
    legacy: Option<LegacyPepper>,
}

#[derive(Clone)]
pub(crate) struct Pepper(Zeroizing<[u8; 32]>);

impl Peppers {
    /// Creates the set of `keys`. New hashes use version `current`, if it is among them.
    #[must_use]
    pub fn new(current: Option<u32>, keys: impl IntoIterator<Item = (u32, [u8; 32])>) -> Self {
        let keys: BTreeMap<_, _> =
            keys.into_iter().map(|(version, key)| (version, Pepper(Zeroizing::new(key)))).collect();
        Self { current: current.filter(|version| keys.contains_key(version)), keys, legacy: None }
    }

    /// Adds the pepper of the legacy application, for hashes that its recipe reads.
    #[must_use]
    pub fn with_legacy(self, legacy: Option<LegacyPepper>) -> Self {
        Self { legacy, ..self }
    }

    pub(crate) fn legacy(&self) -> Option<&LegacyPepper> {
        self.legacy.as_ref()
    }

    /// Returns the version for new hashes.
    #[must_use]
    pub fn current(&self) -> Option<u32> {
        self.current
    }

    pub(crate) fn get(&self, version: u32) -> Option<&Pepper> {
        self.keys.get(&version)
    }

    /// Returns the text to hash instead of a new password, and the version of its pepper.
    pub(crate) fn mix(&self, password: Password) -> (Password, Option<u32>) {
        match self.current.and_then(|version| Some((version, self.get(version)?))) {
            Some((version, pepper)) => (pepper.mix(&password), Some(version)),
            None => (password, None),
        }
    }
}

impl Pepper {
    pub(crate) fn mix(&self, password: &Password) -> Password {
        let normal = wiped_nfc(password.reveal());
        let mut message = Zeroizing::new(Vec::with_capacity(PURPOSE.len() + normal.len()));
        message.extend_from_slice(PURPOSE);
        message.extend_from_slice(normal.as_bytes());
        Password::new(STANDARD_NO_PAD.encode(Digest::Sha256.keyed(self.0.as_slice(), &message)))
    }
}

/// Returns the stored string of a hash that used the pepper of this version.
pub(crate) fn mark(hash: &str, version: Option<u32>) -> String {
    match version {
        Some(version) if hash.starts_with('$') => format!("{BEGINNING}{version}{hash}"),
        Some(version) => format!("{BEGINNING}{version}${hash}"),
        None => hash.to_owned(),
    }
}

/// Splits a string with a pepper into its version and the inner hash; `None` for other strings.
pub(crate) fn split(text: &str) -> Option<Result<(u32, &str), Unreadable>> {
    let rest = text.strip_prefix(BEGINNING)?;
    let parts = || {
        let (number, _) = rest.split_once('$')?;
        let version = number.parse().ok().filter(|version: &u32| *version > 0 && version.to_string() == number)?;
        let hash = rest.get(number.len()..)?;
        let bare = hash.strip_prefix('$')?;
        let inner = [hash, bare].into_iter().find(|inner| INNER.iter().any(|begin| inner.starts_with(begin)))?;
        Some((version, inner))
    };
    Some(parts().ok_or(Unreadable::Malformed))
}

impl fmt::Debug for Peppers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Peppers").field("current", &self.current).finish_non_exhaustive()
    }
}
