//! `/api/v1/sessions`, and the sessions of a user: logins that last until they end.

pub mod current;
pub mod log_in;
pub mod of_user;
pub mod own;
