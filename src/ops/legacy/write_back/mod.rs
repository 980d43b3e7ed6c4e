//! The sync, as a sign-up and a password change see it: names that are taken in the legacy table, and what is written to it.
//!
//! Invariants. A name of the legacy table is never given to another user here. The local transaction decides what is
//! written: the legacy table is written while that transaction is open and about to be committed, so that nothing which is
//! rejected here takes effect there.

pub(in crate::ops) mod change;
pub mod check;
mod hash;
pub(in crate::ops) mod sign_up;
