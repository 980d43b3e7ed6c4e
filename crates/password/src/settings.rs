//! How new hashes are made: the scheme and its cost.

use crate::{
    Password, Salt, Scratch, StoredHash, Unreadable, argon2id, argon2id::Argon2Hash, bcrypt, limits, nfc, pbkdf2,
};

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

/// A setting that is out of bounds: which one, and its bounds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} must be between {least} and {most}")]
pub struct SettingsProblem {
    /// The setting's name, as in `memory_kib`.
    pub name: &'static str,
    least: u32,
    most: u32,
}

impl Default for Settings {
    /// OWASP's first recommendation for argon2id: 19 MiB, two passes, one lane.
    fn default() -> Self {
        Self::Argon2id { memory_kib: 19_456, iterations: 2, parallelism: 1 }
    }
}

impl Settings {
    /// Whether these can be computed at all and stay readable under [`limits`].
    ///
    /// # Errors
    /// The first setting that is out of bounds.
    pub fn check(&self) -> Result<(), SettingsProblem> {
        let within = |name, value: u32, least, most| {
            if (least..=most).contains(&value) { Ok(()) } else { Err(SettingsProblem { name, least, most }) }
        };
        match *self {
            Self::Argon2id { memory_kib, iterations, parallelism } => {
                within("parallelism", parallelism, 1, limits::ARGON2_PARALLELISM)?;
                within("iterations", iterations, 1, limits::ARGON2_ITERATIONS)?;
                // RFC 9106 §3.1: at least eight blocks a lane.
                within("memory_kib", memory_kib, 8 * parallelism, limits::ARGON2_MEMORY_KIB)
            }
            Self::Pbkdf2Sha256 { iterations } => within("iterations", iterations, 1, limits::PBKDF2_ITERATIONS),
            Self::Bcrypt { cost } => within("cost", cost, *limits::BCRYPT_COST.start(), *limits::BCRYPT_COST.end()),
        }
    }

    /// Hashes the NFC form of `password`. `None` when the settings fail [`Settings::check`] or memory runs out.
    #[must_use]
    pub fn hash(&self, password: &Password, salt: Salt, scratch: &mut Scratch) -> Option<String> {
        let password = nfc(password.reveal());
        let password = password.as_bytes();
        match *self {
            Self::Argon2id { memory_kib, iterations, parallelism } => {
                argon2id::hash((memory_kib, iterations, parallelism), password, &salt.0, &mut scratch.argon2)
            }
            Self::Pbkdf2Sha256 { iterations } => Some(pbkdf2::hash(iterations, password, &salt.letters())),
            Self::Bcrypt { cost } => bcrypt::hash(cost, password, salt.0),
        }
    }

    /// A hash of these settings that no password is known to fit, so that checking an unknown user's password costs what
    /// checking a known one's does. `bits` fill its salt and tag; nothing is computed.
    ///
    /// # Errors
    /// When these settings fail [`Settings::check`].
    pub fn unmatchable(&self, salt: Salt, bits: [u8; 32]) -> Result<StoredHash, Unreadable> {
        let text = match *self {
            Self::Argon2id { memory_kib, iterations, parallelism } => {
                Argon2Hash::encode(memory_kib, iterations, parallelism, &salt.0, &bits)
            }
            Self::Pbkdf2Sha256 { iterations } => pbkdf2::Pbkdf2Hash::encode(iterations, &salt.letters(), &bits),
            Self::Bcrypt { cost } => {
                let mut tag = [0; 23];
                tag.iter_mut().zip(bits).for_each(|(to, from)| *to = from);
                bcrypt::encode(cost, salt.0, tag)
            }
        };
        StoredHash::parse(&text)
    }

    /// Memory that one hash takes, in KiB.
    #[must_use]
    pub fn memory_kib(&self) -> u32 {
        match *self {
            Self::Argon2id { memory_kib, .. } => memory_kib,
            Self::Pbkdf2Sha256 { .. } | Self::Bcrypt { .. } => 4,
        }
    }
}
