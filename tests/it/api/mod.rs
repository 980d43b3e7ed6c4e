//! `/api/v1` and its documents: the tree mirrors the URLs.
//!
//! `matrix` tests the access to every route. Each other module has one subject.

mod accounts;
mod attributes;
mod audit_events;
mod audit_trail;
mod authorize;
mod confirmation;
mod cursors;
mod devices;
mod errors;
mod framing;
mod grants;
mod idempotency;
mod in_front;
mod inputs;
mod last_administrator;
mod matrix;
mod openapi;
mod order;
mod passwords;
mod preconditions;
mod roles;
mod search;
mod sessions;
mod shell;
mod statements;
mod users;
