//! The log: lines for people or as JSON, from Doorward at the configured level and from libraries only if they warn.
//!
//! Commands write their log to standard error. `doorward serve` writes both of its streams through queues ([`ServiceLog`]).
//! Invariants: a reader that stalls never stops the server. The finer levels of libraries stay off at any setting, because
//! they may print secrets of a request.

mod dropped_lines;
mod line;
mod queue;
mod service;
mod subscriber;

pub use self::{dropped_lines::DroppedLines, service::ServiceLog, subscriber::start};
