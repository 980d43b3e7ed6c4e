//! Roles and their permissions, and the rule that at least one administrator remains.

pub mod administrators;
pub mod create;
pub mod edit;
