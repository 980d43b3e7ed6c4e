//! The pepper of a legacy application. Invariant: it is wiped on drop and never appears in `Debug`.

use std::fmt;

use zeroize::Zeroizing;

use crate::{compute::Digest, text::to_hex};

/// The secret of a legacy application that is mixed into every password.
#[derive(Clone, PartialEq, Eq)]
pub struct LegacyPepper(Zeroizing<Vec<u8>>);

impl LegacyPepper {
    /// Wraps the bytes of the pepper, which are wiped on drop.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Returns the value by which stored hashes name this pepper.
    #[must_use]
    pub fn check(&self) -> String {
        let mut check = to_hex(&Digest::Sha256.keyed(&self.0, b"doorward legacy pepper"));
        check.truncate(CHECK_DIGITS);
        check
    }

    /// Returns a value that only this pepper has, for the database.
    #[must_use]
    pub fn check_tag(&self) -> [u8; 32] {
        let tag = Digest::Sha256.keyed(&self.0, b"doorward legacy pepper");
        tag.try_into().unwrap_or_default()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The hexadecimal digits by which a stored hash names its pepper.
pub(crate) const CHECK_DIGITS: usize = 16;

impl fmt::Debug for LegacyPepper {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("LegacyPepper(…)")
    }
}
