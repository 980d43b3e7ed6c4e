//! A parsed hash: the preparation of the password, the derivation, and the expected tag.
//!
//! Invariant: a value that passed [`ParsedHash::check`] respects the memory and time limits, and its tag is long enough to
//! count as proof.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::{
    Scratch, Work,
    compute::{Derive, Digest, phpass},
    escapes::html_escaped,
    first_guess, limits,
    normal::wiped_nfkc,
    recipe::{BoundRecipe, LegacyPepper},
    text::{to_hash64, to_hex},
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
    /// Lower-case hexadecimal of MD5: Drupal 7, for hashes that were MD5 before.
    Md5Hex,
    /// The password as HTML: phpBB.
    Html,
    /// The text of a phpass tag, of the password as typed or as HTML: phpBB's combined hashes.
    Phpass {
        salt: String,
        log_rounds: u32,
        is_html: bool,
    },
    /// The operator's recipe, with the salt of the row.
    Recipe(BoundRecipe, Vec<u8>),
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

    /// Returns whether an operator's recipe takes part.
    pub(crate) fn has_recipe(&self) -> bool {
        self.derivations
            .iter()
            .any(|one| matches!(one.derive, Derive::Recipe(_)) || matches!(one.prepare, Prepare::Recipe(..)))
    }

    /// Returns the recipes of the hash.
    pub(crate) fn recipes(&mut self) -> impl Iterator<Item = &mut BoundRecipe> {
        self.derivations.iter_mut().flat_map(|one| {
            let derived = if let Derive::Recipe(bound) = &mut one.derive { Some(bound) } else { None };
            let prepared = if let Prepare::Recipe(bound, _) = &mut one.prepare { Some(bound) } else { None };
            derived.into_iter().chain(prepared)
        })
    }

    /// Adds the legacy application's pepper, if the hash needs one. Returns false if it is missing or another one.
    pub(crate) fn add_pepper(&mut self, pepper: Option<&LegacyPepper>) -> bool {
        self.recipes().all(|bound| bound.add_pepper(pepper))
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
            let changed = passwords.iter().filter(|password| derivation.prepare.changes(password));
            let mut prepared: Vec<Zeroizing<Vec<u8>>> =
                changed.filter_map(|password| derivation.prepare.apply_fully(password)).collect();
            prepared.dedup();
            for password in prepared.iter().filter(|password| derivation.derive.takes(password.len())) {
                let tag = derivation.derive.tag(password, &self.salt, self.tag.len(), scratch)?;
                tried.work = tried.work.and(derivation.work_on(password.len(), self.tag.len()));
                if tag.ct_eq(&self.tag).into() {
                    return Some(Tried { fits: true, ..tried });
                }
            }
        }
        Some(tried)
    }

    /// Returns the most work of [`ParsedHash::fits`] for `passwords`.
    pub(crate) fn work_on(&self, passwords: &[&str]) -> Work {
        let on = |derivation: &Derivation, password: &&str| derivation.work_on(password.len(), self.tag.len());
        let works = self.derivations.iter().flat_map(|derivation| {
            let changed = passwords.iter().filter(|password| derivation.prepare.changes(password));
            changed.map(move |password| on(derivation, password))
        });
        works.fold(Work { units: 0, ..self.work() }, Work::and)
    }

    /// Returns the first derivation, usually the only one.
    pub(crate) fn derive(&self) -> Option<&Derive> {
        self.derivations.first().map(|derivation| &derivation.derive)
    }

    /// Returns the most work for one password.
    pub(crate) fn work(&self) -> Work {
        let works = self.derivations.iter().map(|derivation| derivation.work(self.tag.len()));
        works.reduce(Work::and).unwrap_or(Work { kernel: "digest", units: 0 })
    }

    pub(crate) fn memory_kib(&self) -> u32 {
        self.derivations.iter().map(|derivation| derivation.derive.memory_kib()).max().unwrap_or(0)
    }
}

impl Derivation {
    fn work(&self, tag_bytes: usize) -> Work {
        self.with_preparation(self.derive.work(tag_bytes))
    }

    fn work_on(&self, password_bytes: usize, tag_bytes: usize) -> Work {
        self.with_preparation(self.derive.work_on(password_bytes, tag_bytes))
    }

    fn with_preparation(&self, work: Work) -> Work {
        match &self.prepare {
            Prepare::Phpass { log_rounds, .. } => work.and(Work { kernel: "md5", units: 1 << (*log_rounds).min(63) }),
            Prepare::Recipe(bound, _) => work.and(bound.recipe.work()),
            _ => work,
        }
    }
}

impl Prepare {
    /// Returns whether the derivation is tried with `password`. Only a password that HTML changes is tried as HTML.
    fn changes(&self, password: &str) -> bool {
        let is_html = matches!(self, Self::Html | Self::Phpass { is_html: true, .. });
        !is_html || password.contains(['&', '<', '>', '"'])
    }

    /// Returns the prepared password; `None`, which matches no hash, if a value of a recipe is missing.
    fn apply_fully(&self, password: &str) -> Option<Zeroizing<Vec<u8>>> {
        if let Self::Recipe(bound, salt) = self {
            bound.text(password.as_bytes(), salt)
        } else {
            Some(self.apply(password))
        }
    }

    pub(crate) fn apply(&self, password: &str) -> Zeroizing<Vec<u8>> {
        let bytes = password.as_bytes();
        Zeroizing::new(match self {
            Self::Nothing => bytes.to_vec(),
            Self::Nfkc => wiped_nfkc(password).as_bytes().to_vec(),
            Self::Sha256Hex => to_hex(&Digest::Sha256.of(&[bytes])).into_bytes(),
            Self::Sha256Base64 => STANDARD.encode(Digest::Sha256.of(&[bytes])).into_bytes(),
            Self::KeyedBase64(key) => STANDARD.encode(Digest::Sha256.keyed(key.as_bytes(), bytes)).into_bytes(),
            Self::Md5Hex => to_hex(&Digest::Md5.of(&[bytes])).into_bytes(),
            Self::Html => html_escaped(password).as_bytes().to_vec(),
            Self::Phpass { salt, log_rounds, is_html } => {
                let html = is_html.then(|| html_escaped(password));
                let bytes = html.as_ref().map_or(bytes, |html| html.as_bytes());
                let tag = phpass(bytes, salt.as_bytes(), *log_rounds);
                to_hash64(&tag.unwrap_or_default()).into_bytes()
            }
            Self::Recipe(..) => Vec::new(),
            Self::WordPress => {
                // The characters that PHP's trim() removes.
                let trimmed = password.trim_matches([' ', '\t', '\n', '\r', '\0', '\u{b}']);
                STANDARD.encode(Digest::Sha384.keyed(b"wp-sha384", trimmed.as_bytes())).into_bytes()
            }
        })
    }
}
