//! The race suite: concurrent requests that must not weaken a rule of `docs/internals/threats.md`.
//!
//! The modules `held_…` force one interleaving: they hold the first draw of randomness between the check and the write.
//! All others repeat rounds with random interleavings on [`crate::support::Race`], which checks the common invariants
//! after every round.

mod authority;
mod held_change;
mod held_edit;
pub mod held_login;
mod names;
mod once;
mod passwords;
mod sessions;
