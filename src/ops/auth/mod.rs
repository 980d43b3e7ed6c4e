//! Authentication: logging in and out, the sign-in check of each request, reauthentication, and the throttle before every
//! password.
//!
//! Invariants: [`check_password`] is the only place that tests a password, and throttles each test; [`open_session`] is the
//! only place that inserts a session.

pub(in crate::ops) mod check_password;
pub(in crate::ops) mod hash_password;
pub mod log_in;
pub mod log_out;
mod open_session;
pub mod reauthenticate;
pub mod sign_in_check;
pub mod throttle;
pub mod upgrade_hash;
