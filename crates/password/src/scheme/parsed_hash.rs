//! What a stored string comes to: what is done with the password, what is computed, and the tag that must come out.
//!
//! Invariant: a recipe that passed [`ParsedHash::check`] takes no more memory and time than the limits allow, and its tag is
//! long enough to count as proof.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::{
    Scratch, Work,
    compute::{Derive, Digest},
    first_guess, limits,
    normal::wiped_nfkc,
    stored::Unreadable,
    text::to_hex,
};

/// Lengths, in bytes, of keys whose length the string does not tell otherwise.
///
/// A shorter key of PBKDF2 or scrypt is the beginning of a longer one: a string that lost its end would fit, were its tag
/// taken for what is left of it. So lengths between those that makers write are refused.
pub(crate) const KEY_BYTES: [usize; 2] = [32, 64];

/// A scheme's string, read.
#[derive(Clone)]
pub(crate) struct ParsedHash {
    pub(crate) scheme: &'static str,
    /// Nearly always one; two where a string may be of either of two makers.
    pub(crate) derivations: Vec<Derivation>,
    pub(crate) salt: Vec<u8>,
    pub(crate) tag: Vec<u8>,
}

/// What a check came to.
pub(crate) struct Tried {
    pub(crate) fits: bool,
    /// What was computed.
    pub(crate) work: Work,
}

/// One way from a password to a tag.
#[derive(Clone)]
pub(crate) struct Derivation {
    pub(crate) prepare: Prepare,
    pub(crate) derive: Derive,
}

/// What a scheme does with a password before anything else.
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
    /// One way, nothing done with the password first.
    pub(crate) fn new(scheme: &'static str, derive: Derive, salt: impl Into<Vec<u8>>, tag: Vec<u8>) -> Self {
        Self { scheme, derivations: vec![Derivation { prepare: Prepare::Nothing, derive }], salt: salt.into(), tag }
    }

    /// As it is, but under another name.
    pub(crate) fn called(self, scheme: &'static str) -> Self {
        Self { scheme, ..self }
    }

    /// As it is, but with the password prepared.
    pub(crate) fn prepared(mut self, prepare: Prepare) -> Self {
        self.derivations.iter_mut().for_each(|derivation| derivation.prepare = prepare.clone());
        self
    }

    /// As it is, or else computed like this.
    pub(crate) fn or(mut self, derive: Derive) -> Self {
        self.derivations.push(Derivation { prepare: Prepare::Nothing, derive });
        self
    }

    /// Whether all that is asked for is within the limits.
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

    /// Whether one of `passwords` fits; `None` when that cannot be computed, for want of memory. Those that come to the
    /// same once prepared are tried once, and those that are too long for so many rounds are not.
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

    /// What [`ParsedHash::fits`] takes at most for `passwords`.
    pub(crate) fn work_on(&self, passwords: &[&str]) -> Work {
        let on = |derivation: &Derivation, password: &&str| derivation.derive.work_on(password.len(), self.tag.len());
        let works = self
            .derivations
            .iter()
            .flat_map(|derivation| passwords.iter().map(move |password| on(derivation, password)));
        works.fold(Work { units: 0, ..self.work() }, Work::and)
    }

    /// What is computed first, and by default alone.
    pub(crate) fn derive(&self) -> Option<&Derive> {
        self.derivations.first().map(|derivation| &derivation.derive)
    }

    /// All that one password may take.
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
                // What PHP's trim() takes off.
                let trimmed = password.trim_matches([' ', '\t', '\n', '\r', '\0', '\u{b}']);
                STANDARD.encode(Digest::Sha384.keyed(b"wp-sha384", trimmed.as_bytes())).into_bytes()
            }
        })
    }
}
