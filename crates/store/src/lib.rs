//! SQL, and nothing else: one file a noun. It never hashes a password, and it decides nothing.
//!
//! Reads take a [`Conn`], writes a [`Tx`]. Every invariant is a unique key or one conditional statement whose count of
//! matched rows is the answer; nothing is read first in order to be written later.

pub mod accounts;
pub mod adoption_sources;
pub mod adoptions;
pub mod audit_events;
pub mod bulk;
pub mod credentials;
mod db;
mod dialect;
mod error;
pub mod guards;
pub mod idempotency_keys;
pub mod legacy_states;
pub mod legacy_table;
pub mod legacy_users;
pub mod login_failures;
pub mod migrate;
pub mod model;
pub mod roles;
pub mod secrets;
pub mod session_ends;
pub mod sessions;
pub mod status;
pub mod user_edits;
pub mod user_search;
pub mod users;

pub use db::{Conn, Db, DbOptions, Ended, EngineKind, STATEMENT_TARGET, Tx};
pub use error::{Error, Result};
