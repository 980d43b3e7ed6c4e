//! `/api/v1`: Doorward's own interface, and the documents that describe it.
//!
//! An endpoint is a file: its [`openapi::Operation`], which the reader of its input and the documents share, and its
//! handler. What they all use is here: [`problem`] is the catalogue of refusals, [`input`] reads what a request brings.

pub mod audit_events;
pub mod authorize;
pub mod caller;
mod conditional;
mod cursor;
pub mod documents;
mod fields;
pub mod input;
mod invalid;
mod objects;
pub mod openapi;
pub mod problem;
mod query;
pub mod reference;
pub mod roles;
pub mod sessions;
#[cfg(test)]
mod tests;
pub mod users;
mod values;
mod views;
