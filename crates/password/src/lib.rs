//! Password hashing for Doorward: recognises password hashes, checks passwords against them, and does so on a bounded
//! set of threads.
//!
//! This crate knows no user, no SQL and no HTTP. Invariant: no input causes a panic, or exceeds the memory and time
//! ceilings in [`limits`]. A stored string that asks for more is rejected before any work.

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
mod recipe;
mod scheme;
mod scratch;
mod settings;
mod shape;
mod stored;
mod strength;
mod text;
mod unreadable;
mod work;

pub use hasher::{Hasher, HasherError, Verification};
pub use identify::StoredValue;
pub use normal::nfc;
pub use password::{Password, Salt};
pub use pepper::Peppers;
pub use pool::{HashPool, HashPoolError, HashPoolSize, HashPoolState, JobCounts, Overloaded, SchemeTime, Waiting};
pub use recipe::{FirebaseProject, FormColumns, FormProblem, LegacyForms, LegacyPepper, Needs, Recipe};
pub use scratch::Scratch;
pub use settings::{Settings, SettingsProblem};
pub use shape::{Shape, mask};
pub use stored::StoredHash;
pub use strength::Strength;
pub use unreadable::Unreadable;
pub use work::{Work, first_guess};
