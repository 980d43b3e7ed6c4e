//! Many at once who want what only one can have, and deeds that meet what takes their ground away, on one node and on two.
//!
//! Each module is one invariant of `support::race`, which asks after every round also what no module names.

mod authority;
mod names;
mod once;
mod passwords;
mod sessions;
