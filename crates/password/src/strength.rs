//! How well a hash protects its password if the table is stolen, by OWASP's Password Storage Cheat Sheet.
//!
//! The assessment covers scheme and cost, never the password. Invariant: [`of`] is the only rule. It judges a stored hash
//! and the settings of new hashes alike, so `hash identify`, `adopt scan`, `doctor` and `serve` never disagree.

use crate::{
    compute::{Derive, Digest},
    recipe::SlowPart,
};

/// An assessment, with its reason in readable form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strength {
    /// OWASP's current recommendation, or more.
    Strong(&'static str),
    /// A sound scheme below today's recommendation.
    Fair(&'static str),
    /// Fast to guess: unsalted, or hardly slowed.
    Weak(&'static str),
}

impl Strength {
    /// Returns the assessment as one word, which never changes.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Strong(_) => "strong",
            Self::Fair(_) => "fair",
            Self::Weak(_) => "weak",
        }
    }

    /// Returns the reason.
    #[must_use]
    pub fn reason(self) -> &'static str {
        let (Self::Strong(reason) | Self::Fair(reason) | Self::Weak(reason)) = self;
        reason
    }
}

/// argon2: KiB × passes, and memory, of OWASP's weakest setting.
const ARGON2: (u64, u64) = (7168 * 5, 7168);
/// scrypt: N × r × p of OWASP's weakest setting.
const SCRYPT: u64 = (1 << 14) * 8 * 5;
const BCRYPT: u64 = 10;
/// A cost below a tenth of the recommendation is weak.
const TENTH: u64 = 10;

/// Returns the strength of a derivation, whose hashes have a salt or not.
pub(crate) fn of(derive: &Derive, is_salted: bool) -> Strength {
    match derive {
        Derive::Argon2 { algorithm, params, .. } => {
            let work = u64::from(params.m_cost()) * u64::from(params.t_cost());
            let enough = work >= ARGON2.0 && u64::from(params.m_cost()) >= ARGON2.1;
            match by_cost(if enough { work } else { work.min(ARGON2.0 - 1) }, ARGON2.0) {
                Strength::Strong(_) if *algorithm != argon2::Algorithm::Argon2id => {
                    Strength::Fair("argon2id is recommended instead")
                }
                strength => strength,
            }
        }
        Derive::Scrypt(cost) => by_cost(cost.units(), SCRYPT),
        Derive::Firebase(project) => by_cost(project.cost.units(), SCRYPT),
        Derive::Yescrypt(parameters) => by_cost(parameters.units(), 1 << 15),
        Derive::Bcrypt { cost } => by_cost(1 << (*cost).min(31), 1 << BCRYPT),
        Derive::Pbkdf2 { digest, iterations } => by_cost((*iterations).into(), pbkdf2_iterations(*digest)),
        Derive::ShaCrypt { rounds, .. } => match by_cost((*rounds).into(), 500_000) {
            Strength::Strong(_) => Strength::Fair("many rounds, but no memory is needed, and OWASP does not list it"),
            strength => strength,
        },
        Derive::Recipe(bound) => match bound.recipe.slow_part() {
            Some(SlowPart::Pbkdf2(digest, iterations)) => by_cost(iterations.into(), pbkdf2_iterations(digest)),
            Some(SlowPart::Scrypt(cost)) => by_cost(cost.units(), SCRYPT),
            None => of_digest(is_salted),
        },
        Derive::Drupal { .. } => Strength::Weak("rounds of SHA-512 without memory are fast to guess"),
        Derive::Md5Crypt { .. } | Derive::Phpass { .. } => Strength::Weak("rounds of MD5 are fast to guess"),
        _ => of_digest(is_salted),
    }
}

fn of_digest(is_salted: bool) -> Strength {
    if is_salted {
        Strength::Weak("a digest is fast to guess")
    } else {
        Strength::Weak("no salt: equal passwords have equal hashes, and tables of them exist")
    }
}

fn pbkdf2_iterations(digest: Digest) -> u64 {
    match digest {
        Digest::Md5 | Digest::Sha1 => 1_300_000,
        Digest::Sha224 | Digest::Sha256 => 600_000,
        Digest::Sha384 | Digest::Sha512 => 210_000,
    }
}

fn by_cost(cost: u64, recommended: u64) -> Strength {
    if cost >= recommended {
        Strength::Strong("at or above today's recommendation")
    } else if cost >= recommended / TENTH {
        Strength::Fair("below today's recommendation")
    } else {
        Strength::Weak("less than a tenth of the recommended cost")
    }
}
