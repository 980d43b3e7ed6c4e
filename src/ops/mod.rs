//! What the product does: one folder for each subject, and one verb phrase for each file. Every write of the program is
//! one call into an operation.
//!
//! Expected outcomes are enums; [`crate::Error`] is for failures. An operation that needs an authority demands the proof
//! of it in its signature ([`SignedIn`], [`Can`]), so that a forgotten check does not compile. Nothing here knows HTTP.

pub mod accounts;
pub mod audit;
pub mod auth;
pub mod authority;
pub mod authorize;
pub mod idempotency;
pub mod legacy;
pub mod roles;
pub mod secrets;
pub mod sessions;

pub use auth::hash_password::Overloaded;
pub use authority::{
    AuditRead, Can, PermissionMarker, RolesWrite, SessionsRead, SessionsRevoke, SignedIn, UsersRead, UsersWrite,
};
