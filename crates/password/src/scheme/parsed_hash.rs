//! A parsed hash: the preparation of the password, the derivation, and the expected tag.
//!
//! Invariant: a value that passed [`ParsedHash::check`] respects the memory and time limits, and its tag is long enough to
//! count as proof.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::{
    Scratch, Work,
    compute::{Derive, Digest},
    first_guess, limits,
    normal::wiped_nfkc,
    text::to_hex,
    unreadable::Unreadable,
};

/// The accepted lengths, in bytes, of keys whose strings do not name the length.
///
/// A shorter key of PBKDF2 or scrypt is the beginning of a longer one, so a truncated string would still match.
/// Therefore lengths between the usual ones are rejected.
pub(crate) const KEY_BYTES: [usize; 2] = [32, 64];

/// A parsed hash string.
#[derive(Clone)]
pub(crate) struct ParsedHash {
    pub(crate) scheme: &'static str,
    /// Usually one; two if either of two makers may have written the string.
    pub(crate) derivations: Vec<Derivation>,
    pub(crate) salt: Vec<u8>,
    pub(crate) tag: Vec<u8>,
}

/// The outcome of a check.
pub(crate) struct Tried {
    pub(crate) fits: bool,
    /// The work that was done.
    pub(crate) work: Work,
}

/// One derivation of a tag from a password.
#[derive(Clone)]
pub(crate) struct Derivation {
    pub(crate) prepare: Prepare,
    pub(crate) derive: Derive,
}

/// The preparation of a password before the derivation.
#[derive(Clone)]
pub(crate) enum Prepare {
    Nothing,
    /// Unicode normal form KC: better-auth.
    Nfkc,
    /// Lower-case hexadecimal of SHA-256: Django's `bcrypt_sha256`.
    Sha256Hex,
    /// base64 of SHA-256: passlib's `bcrypt_sha256`, version 1.
    Sha256Base64,
    /// base64 of HMAC-SHA256 under this key: the same, version 2.
    KeyedBase64(String),
    /// base64 of HMAC-SHA384 of the trimmed password: WordPress.
    WordPress,
}

impl ParsedHash {
    /// Creates a parsed hash with one derivation and no preparation.
    pub(crate) fn new(scheme: &'static str, derive: Derive, salt: impl Into<Vec<u8>>, tag: Vec<u8>) -> Self {
        Self { scheme, derivations: vec![Derivation { prepare: Prepare::Nothing, derive }], salt: salt.into(), tag }
    }

    /// Returns the same under another scheme name.
    pub(crate) fn called(self, scheme: &'static str) -> Self {
        Self { scheme, ..self }
    }

    /// Returns the same with the password prepared.
    pub(crate) fn prepared(mut self, prepare: Prepare) -> Self {
        self.derivations.iter_mut().for_each(|derivation| derivation.prepare = prepare.clone());
        self
    }

    /// Returns the same with a second derivation to try.
    pub(crate) fn or(mut self, derive: Derive) -> Self {
        self.derivations.push(Derivation { prepare: Prepare::Nothing, derive });
        self
    }

    /// Checks all costs against the limits.
    pub(crate) fn check(&self) -> Result<(), Unreadable> {
        let tag_is_sound = (limits::TAG_BYTES_MINIMUM..=limits::TAG_BYTES).contains(&self.tag.len());
        if !tag_is_sound || self.salt.len() > limits::SALT_BYTES {
            return Err(Unreadable::Malformed);
        }
        if self.memory_kib() > limits::MEMORY_KIB || first_guess(self.work()) > limits::WORK {
            return Err(Unreadable::Cost);
        }
        Ok(())
    }

    /// Returns whether one of `passwords` matches, or `None` when memory runs out. Passwords that are equal once
    /// prepared are tried once. A password too long for the rounds is not tried.
    pub(crate) fn fits(&self, passwords: &[&str], scratch: &mut Scratch) -> Option<Tried> {
        let mut tried = Tried { fits: false, work: Work { units: 0, ..self.work() } };
        for derivation in &self.derivations {
            let mut prepared: Vec<Zeroizing<Vec<u8>>> =
                passwords.iter().map(|password| derivation.prepare.apply(password)).collect();
            prepared.dedup();
            for password in prepared.iter().filter(|password| derivation.derive.takes(password.len())) {
                let tag = derivation.derive.tag(password, &self.salt, self.tag.len(), scratch)?;
                tried.work = tried.work.and(derivation.derive.work_on(password.len(), self.tag.len()));
                if tag.ct_eq(&self.tag).into() {
                    return Some(Tried { fits: true, ..tried });
                }
            }
        }
        Some(tried)
    }

    /// Returns the most work of [`ParsedHash::fits`] for `passwords`.
    pub(crate) fn work_on(&self, passwords: &[&str]) -> Work {
        let on = |derivation: &Derivation, password: &&str| derivation.derive.work_on(password.len(), self.tag.len());
        let works = self
            .derivations
            .iter()
            .flat_map(|derivation| passwords.iter().map(move |password| on(derivation, password)));
        works.fold(Work { units: 0, ..self.work() }, Work::and)
    }

    /// Returns the first derivation, usually the only one.
    pub(crate) fn derive(&self) -> Option<&Derive> {
        self.derivations.first().map(|derivation| &derivation.derive)
    }

    /// Returns the most work for one password.
    pub(crate) fn work(&self) -> Work {
        let works = self.derivations.iter().map(|derivation| derivation.derive.work(self.tag.len()));
        works
            .reduce(|sum, one| Work { units: sum.units.saturating_add(one.units), ..sum })
            .unwrap_or(Work { kernel: "digest", units: 0 })
    }

    pub(crate) fn memory_kib(&self) -> u32 {
        self.derivations.iter().map(|derivation| derivation.derive.memory_kib()).max().unwrap_or(0)
    }
}

impl Prepare {
    pub(crate) fn apply(&self, password: &str) -> Zeroizing<Vec<u8>> {
        let bytes = password.as_bytes();
        Zeroizing::new(match self {
            Self::Nothing => bytes.to_vec(),
            Self::Nfkc => wiped_nfkc(password).as_bytes().to_vec(),
            Self::Sha256Hex => to_hex(&Digest::Sha256.of(&[bytes])).into_bytes(),
            Self::Sha256Base64 => STANDARD.encode(Digest::Sha256.of(&[bytes])).into_bytes(),
            Self::KeyedBase64(key) => STANDARD.encode(Digest::Sha256.keyed(key.as_bytes(), bytes)).into_bytes(),
            Self::WordPress => {
                // The characters that PHP's trim() removes.
                let trimmed = password.trim_matches([' ', '\t', '\n', '\r', '\0', '\u{b}']);
                STANDARD.encode(Digest::Sha384.keyed(b"wp-sha384", trimmed.as_bytes())).into_bytes()
            }
        })
    }
}
