//! The settings of new hashes: scheme and cost.
//!
//! Invariant: [`StoredHash::parse`] reads each result of [`Settings::hash`], and [`StoredHash::is_weaker_than`] is
//! false for it with the same settings.

use argon2::{Algorithm, Params, Version};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};

use crate::{
    Password, Salt, Scratch, StoredHash, Strength, Unreadable, Work,
    compute::{Derive, Digest, bcrypt},
    limits,
    normal::wiped_nfc,
    scheme::Prepare,
    strength,
    text::to_hex,
};

/// The length in bytes of new tags, except for bcrypt.
const TAG_BYTES: usize = 32;
/// The longest password, in bytes, that bcrypt reads completely, given its final NUL.
const LONGEST_READ_WHOLE: usize = 71;

/// The memory in KiB, 15 MiB, that a hash needs to be comparable: below it, more passes do not compensate.
const NEAR_MEMORY_KIB: u32 = 15 * 1024;

/// The scheme and cost of new hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settings {
    /// argon2id, RFC 9106. `memory_kib` is in KiB.
    Argon2id { memory_kib: u32, iterations: u32, parallelism: u32 },
    /// PBKDF2-HMAC-SHA256 in Werkzeug's form.
    Pbkdf2Sha256 { iterations: u32 },
    /// bcrypt; `cost` is the base-2 logarithm of its rounds.
    Bcrypt { cost: u32 },
}

/// A setting out of bounds: its name and its bounds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} must be between {least} and {most}")]
pub struct SettingsProblem {
    /// The setting's name, as in `memory_kib`.
    pub name: &'static str,
    least: u32,
    most: u32,
}

impl Default for Settings {
    /// Returns OWASP's first recommendation for argon2id: 19 MiB, two passes, one lane.
    fn default() -> Self {
        Self::Argon2id { memory_kib: 19_456, iterations: 2, parallelism: 1 }
    }
}

impl Settings {
    /// Checks that a hash with these settings can be computed and parsed under [`limits`].
    ///
    /// # Errors
    /// The first setting that is out of bounds.
    pub fn check(&self) -> Result<(), SettingsProblem> {
        let within = |name, value: u32, least, most| {
            if (least..=most).contains(&value) { Ok(()) } else { Err(SettingsProblem { name, least, most }) }
        };
        match *self {
            Self::Argon2id { memory_kib, iterations, parallelism } => {
                within("parallelism", parallelism, 1, limits::PARALLELISM)?;
                within("iterations", iterations, 1, limits::ARGON2_ITERATIONS)?;
                // RFC 9106 §3.1: at least eight blocks for each lane.
                within("memory_kib", memory_kib, 8 * parallelism, limits::MEMORY_KIB)
            }
            Self::Pbkdf2Sha256 { iterations } => within("iterations", iterations, 1, limits::PBKDF2_ITERATIONS),
            Self::Bcrypt { cost } => within("cost", cost, *limits::BCRYPT_COST.start(), *limits::BCRYPT_COST.end()),
        }
    }

    /// Hashes the NFC form of `password`. Returns `None` when the settings fail [`Settings::check`] or memory runs out.
    #[must_use]
    pub fn hash(&self, password: &Password, salt: Salt, scratch: &mut Scratch) -> Option<String> {
        let password = wiped_nfc(password.reveal());
        match *self {
            // bcrypt would truncate the password, so its digest is hashed instead.
            Self::Bcrypt { cost } if is_cut_by_bcrypt(&password) => {
                let salt_text = ::bcrypt::BASE_64.encode(salt.0);
                let digest = Prepare::KeyedBase64(salt_text.clone()).apply(&password);
                let tag = self.derive()?.tag(&digest, &salt.0, bcrypt::TAG_BYTES, scratch)?;
                Some(format!("$bcrypt-sha256$v=2,t=2b,r={cost}${salt_text}${}", ::bcrypt::BASE_64.encode(tag)))
            }
            _ => self.hash_bytes(password.as_bytes(), salt, scratch),
        }
    }

    /// Hashes the password as a legacy application would: its bytes as received, with bcrypt always in the plain form
    /// that reads 72 bytes. Returns `None` as [`Settings::hash`] does.
    ///
    /// Such a hash is for that application only; Doorward stores hashes from [`Settings::hash`].
    #[must_use]
    pub fn hash_as_received(&self, password: &Password, salt: Salt, scratch: &mut Scratch) -> Option<String> {
        self.hash_bytes(password.reveal().as_bytes(), salt, scratch)
    }

    /// Returns a hash with these settings that matches no known password. A check of an unknown user against it costs
    /// as much as a check of a known user. `bits` fill its salt and tag; nothing is computed.
    ///
    /// # Errors
    /// When these settings fail [`Settings::check`].
    pub fn unmatchable(&self, salt: Salt, bits: [u8; 32]) -> Result<StoredHash, Unreadable> {
        StoredHash::parse(&self.encode(salt, &bits))
    }

    /// Returns how well a hash with these settings protects its password if the table is stolen.
    #[must_use]
    pub fn strength(&self) -> Strength {
        self.derive().map_or(Strength::Weak("nothing is computed"), |derive| strength::of(&derive, true))
    }

    /// Returns the scheme's name, as in `hashing.scheme`.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        match self {
            Self::Argon2id { .. } => "argon2id",
            Self::Pbkdf2Sha256 { .. } => "pbkdf2-sha256",
            Self::Bcrypt { .. } => "bcrypt",
        }
    }

    /// Returns the cost in readable form, as [`StoredHash::cost`] does.
    #[must_use]
    pub fn cost(&self) -> String {
        self.derive().map_or_else(String::new, |derive| derive.cost())
    }

    /// Returns a text of the form and the length of a hash with these settings. Nothing is computed.
    #[must_use]
    pub fn hash_form(&self) -> String {
        self.encode(Salt([0; 16]), &[0; TAG_BYTES])
    }

    /// Returns the memory of one hash, in KiB.
    #[must_use]
    pub fn memory_kib(&self) -> u32 {
        self.derive().map_or(0, |derive| derive.memory_kib())
    }

    /// Returns the work of one hash.
    #[must_use]
    pub fn work(&self) -> Work {
        self.derive().map_or(Work { kernel: "digest", units: 0 }, |derive| derive.work(TAG_BYTES))
    }

    fn hash_bytes(&self, password: &[u8], salt: Salt, scratch: &mut Scratch) -> Option<String> {
        let letters = salt.letters();
        let (salt_bytes, tag_bytes): (&[u8], usize) = match self {
            Self::Argon2id { .. } => (&salt.0, TAG_BYTES),
            Self::Pbkdf2Sha256 { .. } => (letters.as_bytes(), TAG_BYTES),
            Self::Bcrypt { .. } => (&salt.0, bcrypt::TAG_BYTES),
        };
        let tag = self.derive()?.tag(password, salt_bytes, tag_bytes, scratch)?;
        Some(self.encode(salt, &tag))
    }

    /// Formats the string with these settings, salt and tag.
    fn encode(&self, salt: Salt, tag: &[u8]) -> String {
        match *self {
            Self::Argon2id { memory_kib, iterations, parallelism } => {
                let (salt, tag) = (STANDARD_NO_PAD.encode(salt.0), STANDARD_NO_PAD.encode(tag));
                format!("$argon2id$v=19$m={memory_kib},t={iterations},p={parallelism}${salt}${tag}")
            }
            Self::Pbkdf2Sha256 { iterations } => {
                format!("pbkdf2:sha256:{iterations}${}${}", salt.letters(), to_hex(tag))
            }
            Self::Bcrypt { cost } => {
                let tag = tag.get(..bcrypt::TAG_BYTES).unwrap_or(tag);
                format!("$2b${cost:02}${}{}", ::bcrypt::BASE_64.encode(salt.0), ::bcrypt::BASE_64.encode(tag))
            }
        }
    }

    /// Returns the derivation; `None` for settings that fail [`Settings::check`].
    fn derive(&self) -> Option<Derive> {
        self.check().ok()?;
        Some(match *self {
            Self::Argon2id { memory_kib, iterations, parallelism } => Derive::Argon2 {
                algorithm: Algorithm::Argon2id,
                version: Version::V0x13,
                params: Params::new(memory_kib, iterations, parallelism, Some(TAG_BYTES)).ok()?,
            },
            Self::Pbkdf2Sha256 { iterations } => Derive::Pbkdf2 { digest: Digest::Sha256, iterations },
            Self::Bcrypt { cost } => Derive::Bcrypt { cost },
        })
    }
}

impl StoredHash {
    /// Returns whether to replace this hash of `password` by one with `today`'s settings. Reasons: another scheme, a
    /// lower cost, a shorter salt or tag, an older version, or a plain bcrypt hash that truncated this password. The
    /// spelling of an argon2id string does not matter.
    #[must_use]
    pub fn is_weaker_than(&self, today: &Settings, password: &Password) -> bool {
        let parsed_hash = self.parsed_hash();
        let Some(derive) = parsed_hash.derive() else { return true };
        if parsed_hash.has_recipe() {
            return true;
        }
        match (*today, self.scheme(), derive) {
            (
                Settings::Argon2id { memory_kib, iterations, .. },
                _,
                Derive::Argon2 { algorithm: Algorithm::Argon2id, version, params },
            ) => {
                *version != Version::V0x13
                    || !costs_as_much((params.m_cost(), params.t_cost()), (memory_kib, iterations))
                    || parsed_hash.salt.len() < 16
                    || parsed_hash.tag.len() < TAG_BYTES
            }
            (
                Settings::Pbkdf2Sha256 { iterations },
                "werkzeug-pbkdf2-sha256",
                Derive::Pbkdf2 { iterations: old, .. },
            ) => *old < iterations || parsed_hash.salt.len() < 16,
            (Settings::Bcrypt { cost }, "bcrypt", Derive::Bcrypt { cost: old }) => {
                *old < cost || (self.pepper().is_none() && is_cut_by_bcrypt(&wiped_nfc(password.reveal())))
            }
            (Settings::Bcrypt { cost }, "bcrypt-sha256", Derive::Bcrypt { cost: old }) => *old < cost,
            _ => true,
        }
    }
}

/// Returns whether guessing against argon2 with this memory and passes costs as much as with `today`'s: no less memory and
/// work, or somewhat less memory and much more work. See `docs/internals/decisions/0010-password-hashes.md`.
fn costs_as_much((memory, passes): (u32, u32), today: (u32, u32)) -> bool {
    let product = |memory: u32, passes: u32| u64::from(memory) * u64::from(passes);
    let (work, of_today) = (product(memory, passes), product(today.0, today.1));
    let is_near = memory >= NEAR_MEMORY_KIB && memory >= today.0 / 2;
    work >= of_today && (memory >= today.0 || (is_near && work >= of_today * 2))
}

/// Returns whether plain bcrypt would truncate `password`, or implementations disagree on it: many stop at a NUL.
fn is_cut_by_bcrypt(password: &str) -> bool {
    password.len() > LONGEST_READ_WHOLE || password.contains('\0')
}
