//! Authentication: logging in and out, the sign-in check of each request, reauthentication, and the throttle before every
//! password.
//!
//! Invariants: only [`check_password`] tests passwords, and it throttles each test. Only [`open_session`] inserts
//! sessions.

pub(in crate::ops) mod check_password;
mod failure_alert;
pub(in crate::ops) mod hash_password;
pub mod log_in;
pub mod log_out;
mod open_session;
pub mod reauthenticate;
pub mod sign_in_check;
pub mod throttle;
pub mod upgrade_hash;
