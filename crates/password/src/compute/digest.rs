//! The digests that schemes are built on, chosen by a value instead of a type.
//!
//! This module knows nothing of passwords. Invariant: each function returns [`Digest::bytes`] bytes, unless the caller
//! gives the length.

use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha224, Sha256, Sha384, Sha512};

/// A digest function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Digest {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

/// Runs `$body`, in which `$function` is the type of the digest in `$digest`.
macro_rules! with_function {
    ($digest:expr, $function:ident => $body:expr) => {
        match $digest {
            Digest::Md5 => {
                type $function = Md5;
                $body
            }
            Digest::Sha1 => {
                type $function = Sha1;
                $body
            }
            Digest::Sha224 => {
                type $function = Sha224;
                $body
            }
            Digest::Sha256 => {
                type $function = Sha256;
                $body
            }
            Digest::Sha384 => {
                type $function = Sha384;
                $body
            }
            Digest::Sha512 => {
                type $function = Sha512;
                $body
            }
        }
    };
}

impl Digest {
    /// Returns the digest that Python's `hashlib` calls `name`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "md5" => Self::Md5,
            "sha1" => Self::Sha1,
            "sha224" => Self::Sha224,
            "sha256" => Self::Sha256,
            "sha384" => Self::Sha384,
            "sha512" => Self::Sha512,
            _ => return None,
        })
    }

    /// Returns the name that [`Digest::named`] reads.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha224 => "sha224",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    /// Returns the length of a digest in bytes.
    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// Returns the name of PBKDF2 with this digest, for [`crate::Work`].
    pub(crate) fn pbkdf2_kernel(self) -> &'static str {
        match self {
            Self::Md5 => "pbkdf2-md5",
            Self::Sha1 => "pbkdf2-sha1",
            Self::Sha224 => "pbkdf2-sha224",
            Self::Sha256 => "pbkdf2-sha256",
            Self::Sha384 => "pbkdf2-sha384",
            Self::Sha512 => "pbkdf2-sha512",
        }
    }

    /// Returns the digest of the concatenated parts.
    pub(crate) fn of(self, parts: &[&[u8]]) -> Vec<u8> {
        with_function!(self, Function => {
            let mut state = Function::new();
            parts.iter().for_each(|part| state.update(part));
            state.finalize().to_vec()
        })
    }

    /// Returns the HMAC of `message` (RFC 2104).
    pub(crate) fn keyed(self, key: &[u8], message: &[u8]) -> Vec<u8> {
        with_function!(self, Function => {
            // HMAC accepts a key of any length; the error exists for other constructions with the same interface.
            let Ok(mut state) = Hmac::<Function>::new_from_slice(key) else { return Vec::new() };
            state.update(message);
            state.finalize().into_bytes().to_vec()
        })
    }

    /// Fills `out` with PBKDF2 (RFC 8018) over HMAC with this digest.
    pub(crate) fn pbkdf2(self, password: &[u8], salt: &[u8], iterations: u32, out: &mut [u8]) {
        with_function!(self, Function => pbkdf2::pbkdf2_hmac::<Function>(password, salt, iterations, out));
    }
}
