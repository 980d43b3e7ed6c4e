//! What the product does: one verb phrase a file. Every write of the program is one call into here.
//!
//! Expected outcomes are enums; [`crate::Error`] is for failures. An operation that needs an authority demands the proof
//! of it in its signature ([`SignedIn`], [`Can`]), so that a forgotten check does not compile. Nothing here knows HTTP.

pub mod administrators;
pub mod audit;
pub mod authority;
pub mod authorize;
pub mod change_password;
mod check_password;
pub mod create_role;
pub mod delete_user;
pub mod disable_user;
pub mod edit_role;
pub mod edit_user;
pub mod end_sessions;
mod hash_password;
pub mod idempotency;
pub mod legacy;
pub mod log_in;
pub mod log_out;
mod name_rules;
pub mod reauthenticate;
pub mod secrets;
pub mod set_role;
pub mod sign_in_check;
pub mod sign_up;
pub mod throttle;
pub mod unlock_user;
pub mod upgrade_hash;

pub use authority::{
    AuditRead, Can, PermissionMarker, RolesWrite, SessionsRead, SessionsRevoke, SignedIn, UsersRead, UsersWrite,
};
pub use hash_password::Overloaded;
