//! Doorward keeps an application's users: sign-up, login, sessions, roles and passwords.
//!
//! The layers, from the bottom; each may use the layers below it and never one above:
//!
//! 1. [`model`]: types and rules, no I/O; beside it the crate `doorward_password` and the leaves [`config`] and [`log`]
//! 2. [`store`]: SQL and nothing else
//! 3. [`ops`]: what the product does, one verb phrase a file, over [`app::App`]
//! 4. [`http`] and [`cli`]: the two ways in, and [`jobs`], the work in the background of `serve`
//!
//! `tests/it/architecture.rs` reads the `use` lines and fails on a violation; `docs/architecture.md` has the picture.

pub mod app;
pub mod cli;
pub mod config;
pub mod http;
pub mod jobs;
pub mod log;
pub mod ops;

pub use doorward_store::{self as store, Error, Remedy, Result, model};
