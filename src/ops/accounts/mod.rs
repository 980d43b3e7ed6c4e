//! User accounts: creating, editing, disabling, unlocking and deleting them, and changing their passwords.

pub mod change_password;
pub mod delete;
pub mod disable;
pub mod edit;
pub(in crate::ops) mod name_rules;
pub mod role_grant;
pub mod sign_up;
pub mod unlock;
