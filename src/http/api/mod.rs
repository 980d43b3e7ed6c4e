//! `/api/v1`: Doorward's own API, and the documents that describe it.
//!
//! An endpoint is a file with its [`operation::Operation`] and its handler. [`problem`] is the catalogue of errors, and
//! [`input`] reads requests.

mod audit_events;
mod authorize;
mod choice;
mod conditional;
mod cursor;
pub mod documents;
pub mod input;
mod invalid;
mod member_types;
pub mod openapi;
pub mod operation;
mod parameter_types;
mod path;
pub mod problem;
pub mod query;
pub mod reference;
mod refused;
mod reply;
pub mod request_body;
mod response_body;
mod roles;
mod schema;
mod sessions;
#[cfg(test)]
mod tests;
mod users;

use super::route::Route;

/// Returns all routes, in the order of the documents.
pub fn routes() -> Vec<Route> {
    let resources = [users::routes(), sessions::routes(), roles::routes(), authorize::routes(), audit_events::routes()];
    resources.into_iter().flatten().collect()
}
