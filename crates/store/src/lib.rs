//! The SQL of Doorward, in one file for each noun. This crate hashes no passwords and makes no decisions.
//!
//! Reads require a [`Conn`], and writes require a [`Tx`]. Invariants: each rule of the data is a unique key or one
//! conditional statement, whose number of matched rows is the result. No value is read in order to be written later.

pub mod accounts;
pub mod adoption_sources;
pub mod adoptions;
pub mod audit_events;
pub mod bulk;
mod column_form;
pub mod credentials;
mod db;
mod dialect;
mod error;
pub mod guards;
pub mod idempotency_keys;
pub mod job_leases;
pub mod known_adoptions;
mod legacy_columns;
mod legacy_hash_columns;
pub mod legacy_obstacles;
mod legacy_sql;
mod legacy_statements;
pub mod legacy_states;
pub mod legacy_table;
pub mod legacy_users;
pub mod login_failures;
pub mod logins;
pub mod migrate;
pub mod model;
pub mod new_users;
pub mod roles;
pub mod secrets;
pub mod session_ends;
mod session_lookups;
pub mod sessions;
pub mod staging;
pub mod status;
pub mod user_edits;
pub mod user_search;
pub mod users;

pub use db::{Conn, Db, DbOptions, Ended, EngineKind, LOCK_WAIT, STATEMENT_TARGET, Tx};
pub use error::{Error, Remedy, Result};
pub use session_lookups::SessionLookups;
