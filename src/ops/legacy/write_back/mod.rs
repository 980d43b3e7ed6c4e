//! The sync for sign-ups and password changes: the names that are taken in the legacy table, and the writes to it.
//!
//! Invariants: no other local user gets a name of the legacy table. The local transaction decides what is written. The
//! legacy table is written as its last step before the commit, so a locally rejected change has no effect on the legacy
//! table.

pub(in crate::ops) mod change;
pub mod check;
mod hash;
pub(in crate::ops) mod sign_up;
