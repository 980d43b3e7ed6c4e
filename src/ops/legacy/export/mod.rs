//! Export files: users of other programs as CSV or JSON, read as a stream.
//!
//! A file becomes a temporary table, which is then adopted like any legacy table. So every rule for rows (names, numbers,
//! state columns, plain text) has one home. Invariants: no more than a few records are in memory, and no record exceeds the
//! limit.

mod auth0;
mod csv_records;
mod fields;
mod firebase;
mod json_records;
mod keycloak;
mod limited;
mod problem;
mod reader;
mod shape;
mod stage;
mod state;

pub use self::stage::{Staged, stage};
