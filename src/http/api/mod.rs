//! `/api/v1`: Doorward's own interface, and the documents that describe it.
//!
//! An endpoint is a file: its [`openapi::Operation`], which the reader of its input and the documents share, and its
//! handler. What they all use is here: [`problem`] is the catalogue of refusals, [`input`] reads what a request brings.

mod audit_events;
mod authorize;
mod conditional;
mod cursor;
pub mod documents;
mod fields;
mod input;
mod invalid;
mod objects;
mod openapi;
pub mod problem;
mod query;
pub mod reference;
mod roles;
mod sessions;
mod strict_json;
#[cfg(test)]
mod tests;
mod users;
mod values;
