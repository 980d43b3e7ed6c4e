//! The cost of a hash: a kernel, a number of units, and a rough guess at the time.
//!
//! This module knows no hash string and no clock. The guesses apply until a job was timed. They also decide which
//! stored strings ask for too much time, so they are constants, equal on all machines.

use std::time::Duration;

/// An amount of computation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Work {
    /// The kernel, such as `argon2`, `pbkdf2-sha256` or `bcrypt`. The names never change.
    pub kernel: &'static str,
    /// The amount in the kernel's unit, proportional to the time.
    pub units: u64,
}

impl Work {
    /// Adds both. The result is in units of the costlier kernel by first guess; the other is converted.
    pub(crate) fn and(self, other: Self) -> Self {
        let (dear, cheap) = if first_guess(self) >= first_guess(other) { (self, other) } else { (other, self) };
        let more = if dear.kernel == cheap.kernel {
            cheap.units
        } else {
            cheap.units.saturating_mul(picoseconds(cheap.kernel)) / picoseconds(dear.kernel)
        };
        Self { units: dear.units.saturating_add(more), ..dear }
    }
}

/// The picoseconds of one unit of each kernel, on one core of a server of 2024.
const PICOSECONDS: &[(&str, u64)] = &[
    // KiB × passes
    ("argon2", 250_000),
    // N × r × p
    ("scrypt", 350_000),
    ("yescrypt", 400_000),
    // Iterations × blocks
    ("pbkdf2-md5", 300_000),
    ("pbkdf2-sha1", 170_000),
    ("pbkdf2-sha224", 180_000),
    ("pbkdf2-sha256", 140_000),
    ("pbkdf2-sha384", 1_000_000),
    ("pbkdf2-sha512", 1_000_000),
    // 2^cost
    ("bcrypt", 70_000_000),
    // Rounds
    ("sha256-crypt", 170_000),
    ("sha512-crypt", 650_000),
    ("md5", 180_000),
    ("digest", 300_000),
];

/// Returns a rough time for `work` on one core, used until the first job was timed.
#[must_use]
pub fn first_guess(work: Work) -> Duration {
    Duration::from_nanos(work.units.saturating_mul(picoseconds(work.kernel)) / 1000)
}

fn picoseconds(kernel: &str) -> u64 {
    PICOSECONDS.iter().find(|(known, _)| *known == kernel).map_or(1_000_000, |(_, unit)| *unit)
}
