//! The functions behind the schemes, and their cost.
//!
//! This module knows no hash string; the families in `scheme` parse those. Invariant: the parameters alone determine
//! memory and time. So [`Derive::memory_kib`] and [`Derive::work`] are checked against the limits before any
//! computation.

pub(crate) mod bcrypt;
mod digest;
pub(crate) mod drupal;
mod firebase;
mod md5_rounds;
mod scrypt_cost;
mod sha_crypt;
#[cfg(test)]
mod tests;
mod yescrypt;

use argon2::{Algorithm, Params, Version};

pub(crate) use self::{
    digest::Digest, firebase::Firebase, md5_rounds::phpass, scrypt_cost::ScryptCost, yescrypt::Yescrypt,
};
use crate::{Scratch, Work, kernel, limits, recipe::BoundRecipe};

/// The number of password bytes that doubles the cost of a round that reads the password.
const ROUND_BYTES: u64 = 64;

/// The derivation of a tag from a password and a salt.
#[derive(Clone)]
pub(crate) enum Derive {
    Argon2 {
        algorithm: Algorithm,
        version: Version,
        params: Params,
    },
    Pbkdf2 {
        digest: Digest,
        iterations: u32,
    },
    Scrypt(ScryptCost),
    Bcrypt {
        cost: u32,
    },
    ShaCrypt {
        digest: Digest,
        rounds: u32,
    },
    /// md5-crypt; `magic` is the prefix of its strings and part of the digest's input.
    Md5Crypt {
        magic: &'static str,
    },
    /// phpass: 2^`log_rounds` rounds of MD5.
    Phpass {
        log_rounds: u32,
    },
    /// Drupal 7: 2^`log_rounds` rounds of SHA-512.
    Drupal {
        log_rounds: u32,
    },
    Yescrypt(Yescrypt),
    Firebase(Firebase),
    /// One digest over the password followed by the salt.
    PasswordThenSalt(Digest),
    /// A digest over the salt followed by the password, then iterated.
    SaltThenPassword {
        digest: Digest,
        rounds: u32,
    },
    /// HMAC of the password with the salt as key.
    KeyedBySalt(Digest),
    /// The operator's recipe.
    Recipe(BoundRecipe),
}

impl Derive {
    /// Returns whether a password of this length is computed at all. Where each round reads the password, the time
    /// grows with its length.
    pub(crate) fn takes(&self, password_bytes: usize) -> bool {
        let Some(rounds) = self.rounds_that_read() else { return true };
        let bytes = u64::try_from(password_bytes).unwrap_or(u64::MAX);
        // sha-crypt's prelude reads the password once for each of its bytes.
        let read = rounds.saturating_add(bytes).saturating_mul(bytes);
        let is_phpass = matches!(self, Self::Phpass { .. });
        let is_drupal = matches!(self, Self::Drupal { .. });
        (password_bytes <= limits::ROUNDS_PASSWORD_BYTES || read <= limits::ROUNDS_TIMES_BYTES)
            && !(is_phpass && password_bytes > md5_rounds::PHPASS_PASSWORD_BYTES)
            && !(is_drupal && password_bytes > drupal::PASSWORD_BYTES)
    }

    /// Returns the number of rounds that each read the whole password, for schemes that have such rounds.
    fn rounds_that_read(&self) -> Option<u64> {
        match self {
            Self::ShaCrypt { rounds, .. } => Some((*rounds).into()),
            Self::Md5Crypt { .. } => Some(md5_rounds::CRYPT_ROUNDS.into()),
            Self::Phpass { log_rounds } | Self::Drupal { log_rounds } => Some(1 << (*log_rounds).min(63)),
            Self::Recipe(bound) => Some(bound.recipe.rounds_that_read()).filter(|rounds| *rounds > 0),
            _ => None,
        }
    }

    /// Computes the tag of `length` bytes, for a password that [`Derive::takes`] accepts. Returns `None` when memory
    /// runs out.
    pub(crate) fn tag(&self, password: &[u8], salt: &[u8], length: usize, scratch: &mut Scratch) -> Option<Vec<u8>> {
        let mut tag = vec![0; length];
        match self {
            Self::Argon2 { algorithm, version, params } => {
                return kernel::argon2((*algorithm, *version, params), password, salt, length, &mut scratch.memory);
            }
            Self::Pbkdf2 { digest, iterations } => digest.pbkdf2(password, salt, *iterations, &mut tag),
            Self::Scrypt(cost) => cost.key(password, salt, &mut tag)?,
            Self::Bcrypt { cost } => return bcrypt::tag(password, salt, *cost),
            Self::ShaCrypt { digest, rounds } => return sha_crypt::tag(*digest, password, salt, *rounds),
            Self::Md5Crypt { magic } => return Some(md5_rounds::md5_crypt(password, magic, salt)),
            Self::Phpass { log_rounds } => return phpass(password, salt, *log_rounds),
            Self::Drupal { log_rounds } => return drupal::tag(password, salt, *log_rounds),
            Self::Recipe(bound) => return bound.digest(password, salt),
            Self::Yescrypt(parameters) => parameters.key(password, salt, &mut tag)?,
            Self::Firebase(project) => return project.encrypt(password, salt),
            Self::PasswordThenSalt(digest) => return Some(digest.of(&[password, salt])),
            Self::SaltThenPassword { digest, rounds } => {
                let first = digest.of(&[salt, password]);
                return Some((1..*rounds).fold(first, |last, _| digest.of(&[&last])));
            }
            Self::KeyedBySalt(digest) => return Some(digest.keyed(salt, password)),
        }
        Some(tag)
    }

    /// Returns the work for a tag of `length` bytes and a password of `password_bytes`; zero if it is not computed.
    pub(crate) fn work_on(&self, password_bytes: usize, length: usize) -> Work {
        let Work { kernel, units } = self.work(length);
        let bytes = u64::try_from(password_bytes).unwrap_or(u64::MAX);
        let times = match self.rounds_that_read() {
            Some(_) if !self.takes(password_bytes) => 0,
            Some(_) => 1 + bytes / ROUND_BYTES,
            None => 1,
        };
        Work { kernel, units: units.saturating_mul(times) }
    }

    /// Returns the work for a tag of `length` bytes and a password of usual length.
    pub(crate) fn work(&self, length: usize) -> Work {
        let (kernel, units) = match self {
            Self::Argon2 { params, .. } => ("argon2", u64::from(params.m_cost()) * u64::from(params.t_cost())),
            Self::Pbkdf2 { digest, iterations } => {
                let blocks = u64::try_from(length.div_ceil(digest.bytes())).unwrap_or(u64::MAX);
                (digest.pbkdf2_kernel(), u64::from(*iterations).saturating_mul(blocks))
            }
            Self::Scrypt(cost) => ("scrypt", cost.work_units()),
            Self::Firebase(project) => ("scrypt", project.cost.work_units()),
            Self::Bcrypt { cost } => ("bcrypt", 1 << (*cost).min(63)),
            Self::ShaCrypt { digest: Digest::Sha512, rounds } => ("sha512-crypt", u64::from(*rounds)),
            Self::ShaCrypt { rounds, .. } => ("sha256-crypt", u64::from(*rounds)),
            Self::Md5Crypt { .. } => ("md5", md5_rounds::CRYPT_ROUNDS.into()),
            Self::Phpass { log_rounds } => ("md5", 1 << (*log_rounds).min(63)),
            Self::Drupal { log_rounds } => ("digest", 1 << (*log_rounds).min(63)),
            Self::Recipe(bound) => return bound.recipe.work(),
            Self::Yescrypt(parameters) => ("yescrypt", parameters.units()),
            Self::SaltThenPassword { rounds, .. } => ("digest", u64::from(*rounds)),
            Self::PasswordThenSalt(_) | Self::KeyedBySalt(_) => ("digest", 1),
        };
        Work { kernel, units }
    }

    /// Returns the memory in KiB that one computation needs.
    pub(crate) fn memory_kib(&self) -> u32 {
        let kib = match self {
            Self::Argon2 { params, .. } => u64::from(params.m_cost()),
            Self::Scrypt(cost) => cost.memory_kib(),
            Self::Firebase(project) => project.cost.memory_kib(),
            Self::Yescrypt(parameters) => parameters.memory_kib(),
            Self::Recipe(bound) => bound.recipe.memory_kib(),
            _ => 4,
        };
        u32::try_from(kib).unwrap_or(u32::MAX).max(4)
    }

    /// Returns the cost in readable form.
    pub(crate) fn cost(&self) -> String {
        match self {
            Self::Argon2 { params, .. } => {
                format!("m={} t={} p={}", params.m_cost(), params.t_cost(), params.p_cost())
            }
            Self::Pbkdf2 { iterations, .. } => format!("{iterations} iterations"),
            Self::Scrypt(cost) | Self::Firebase(Firebase { cost, .. }) => {
                format!("N={} r={} p={}", cost.n(), cost.r, cost.p)
            }
            Self::Bcrypt { cost } => format!("cost {cost}"),
            Self::ShaCrypt { rounds, .. } => format!("{rounds} rounds"),
            Self::Md5Crypt { .. } => format!("{} rounds", md5_rounds::CRYPT_ROUNDS),
            Self::Phpass { log_rounds } | Self::Drupal { log_rounds } => format!("2^{log_rounds} rounds"),
            Self::Recipe(bound) => bound.recipe.shown(),
            Self::Yescrypt(parameters) => parameters.cost(),
            Self::SaltThenPassword { rounds, .. } if *rounds > 1 => format!("{rounds} rounds"),
            Self::PasswordThenSalt(_) | Self::SaltThenPassword { .. } | Self::KeyedBySalt(_) => "one round".to_owned(),
        }
    }
}
