//! What a hash costs to compute: a kernel and a number of units, and a rough guess at the time.
//!
//! It knows no string and no clock. The guesses serve before anything has been timed, and as the one yardstick by which
//! a stored string that asks for too much time is refused; so they are constants, equal on every machine.

use std::time::Duration;

/// Work to be done: what is computed, and how much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Work {
    /// What is computed: `argon2`, `pbkdf2-sha256`, `bcrypt` …; one of few names that never change.
    pub kernel: &'static str,
    /// How much of it, in a unit of that kernel, proportional to the time it takes.
    pub units: u64,
}

impl Work {
    /// Both, in units of whichever is the dearer by the first guess: what the other one takes is converted.
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

/// Picoseconds that one unit of each kernel takes, on one core of a server of the year 2024.
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

/// A rough time for `work` on one core: what to reckon with until the first has been timed.
#[must_use]
pub fn first_guess(work: Work) -> Duration {
    Duration::from_nanos(work.units.saturating_mul(picoseconds(work.kernel)) / 1000)
}

fn picoseconds(kernel: &str) -> u64 {
    PICOSECONDS.iter().find(|(known, _)| *known == kernel).map_or(1_000_000, |(_, unit)| *unit)
}
