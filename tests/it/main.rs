//! The one integration-test binary. Its tree mirrors the URLs; `support` is what all tests use.
//!
//! Every test runs on the engine that `DW_TEST_DATABASE` names: a MySQL server's URL, or SQLite when it is not set.
//! `cargo xtask test` runs the whole of it on both.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod adopt;
mod api;
mod architecture;
mod audit;
mod claims;
mod cli;
mod compat;
mod config;
mod faults;
mod hammer;
mod import_graph;
mod jobs;
mod metrics;
mod mysql;
mod secrets;
mod store;
mod support;
mod sync;
mod threats;
mod type_names;
