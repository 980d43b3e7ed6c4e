//! The routes of the two legacy applications, with exactly their behaviour (`docs/contracts/`).

pub mod body;
mod credentials;
pub mod error;
pub mod log_in;
mod refused;
mod sign_up;
pub mod signup_login;
mod texts;
pub mod user_crud;
