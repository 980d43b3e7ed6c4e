//! Password hashing for Doorward: which strings are password hashes, how a password is checked against one, and the
//! bounded set of threads on which that happens.
//!
//! This crate knows no user, no SQL and no HTTP. Its invariant: no input makes it panic, allocate beyond a known
//! ceiling or work longer than the ceilings in [`limits`] allow; a stored string that asks for more is refused before
//! any work is done.

mod check;
mod compute;
mod derived;
mod encoded;
mod escapes;
mod hasher;
mod identify;
mod kernel;
pub mod limits;
mod normal;
mod password;
mod pepper;
mod pool;
mod scheme;
mod settings;
mod shape;
mod stored;
mod strength;
mod text;
mod work;

pub use hasher::{Hasher, HasherError, Verification};
pub use identify::StoredValue;
pub use normal::nfc;
pub use password::{Password, Salt};
pub use pepper::Peppers;
pub use pool::{HashPool, HashPoolError, HashPoolSize, HashPoolState, JobCounts, Overloaded, SchemeTime, Waiting};
pub use settings::{Settings, SettingsProblem};
pub use shape::{Shape, mask};
pub use stored::{Scratch, StoredHash, Unreadable};
pub use strength::Strength;
pub use work::{Work, first_guess};
