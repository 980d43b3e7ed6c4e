//! Password hashing for Doorward: recognises password hashes, checks passwords against them, and does so on a bounded
//! set of threads.
//!
//! This crate knows no user, no SQL and no HTTP. Invariant: no input causes a panic, or exceeds the memory and time
//! ceilings in [`limits`]. A stored string that asks for more is rejected before any work.

mod check;
mod compute;
mod hasher;
mod kernel;
mod lane;
pub mod limits;
mod normal;
mod password;
mod pepper;
mod scheme;
mod settings;
mod stored;
mod strength;
mod tell;
mod text;
mod work;

pub use hasher::{Hasher, HasherProblem, Verdict};
pub use lane::{Counts, Lane, LaneError, LaneSize, LaneState, Overloaded, SchemeTime, Waiting};
pub use normal::nfc;
pub use password::{Password, Salt};
pub use pepper::Peppers;
pub use settings::{Settings, SettingsProblem};
pub use stored::{Scratch, StoredHash, Unreadable};
pub use strength::Strength;
pub use tell::Stored;
pub use work::{Work, first_guess};
