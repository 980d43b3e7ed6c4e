//! The operations: one folder for each subject, and one verb phrase for each file. Every write of the program is one call
//! into an operation, which returns what its caller needs for the answer.
//!
//! A refusal is data and a failure is an [`crate::Error`]: see [`outcome`]. An operation that needs an authority takes
//! the proof of it as a parameter ([`SignedIn`], [`Can`]), so a forgotten check does not compile. Operations do not
//! depend on HTTP.

pub mod accounts;
pub mod audit;
pub mod auth;
pub mod authority;
pub mod authorize;
pub mod idempotency;
pub mod legacy;
pub mod outcome;
pub mod principal;
pub mod roles;
pub mod secrets;
pub mod sessions;
pub mod signed_in;
mod steps;

pub use authority::{
    AuditRead, Can, PermissionMarker, RolesWrite, SessionsRead, SessionsRevoke, UsersRead, UsersWrite,
};
pub use principal::Principal;
pub use signed_in::SignedIn;
