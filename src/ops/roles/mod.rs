//! Roles and their permissions, and the rule that at least one administrator remains.

pub mod administrators;
pub mod create;
pub mod edit;

/// The role of users after a sign-up.
pub const SIGN_UP_ROLE: &str = "user";
