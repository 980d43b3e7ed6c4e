//! Who somebody is: logging in and out, the sign-in check of each request, reauthentication, and the throttle before every
//! password.
//!
//! Invariant: [`check_password`] is the only place that tests a password, and the throttle is asked before each test.

pub(in crate::ops) mod check_password;
pub(in crate::ops) mod hash_password;
pub mod log_in;
pub mod log_out;
pub mod reauthenticate;
pub mod sign_in_check;
pub mod throttle;
pub mod upgrade_hash;
