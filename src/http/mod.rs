//! HTTP: turns requests into calls of `ops` and their outcomes into responses. It decides nothing about users.
//!
//! A handler makes at most one call that writes. [`router`] is the one table of routes; [`envelope`] is what every
//! response goes through.

mod api;
mod body;
pub mod client_address;
mod compat;
mod cookie;
mod envelope;
mod health;
mod origin;
pub mod readers;
mod refusal;
mod router;
mod server;
mod session;
mod source;

pub use api::reference::errors as errors_reference;
pub use envelope::Front;
pub use server::{GRACE, serve};
pub use source::Peer;
