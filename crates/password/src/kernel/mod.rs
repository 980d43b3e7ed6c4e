//! The computations that cost time: argon2, PBKDF2 and scrypt, each behind one function.
//!
//! What calls them knows strings and bounds; what is here knows neither. Invariant: a caller has bounded the cost
//! before it calls, and memory that cannot be had is an answer (`None`), never an abort that could be avoided.

mod argon2;
mod pbkdf2;
mod scrypt;

pub(crate) use argon2::argon2;
pub(crate) use pbkdf2::pbkdf2_sha256;
pub(crate) use scrypt::scrypt;
