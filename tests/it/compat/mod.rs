//! The two contracts, row by row, and other requests to their routes.

mod bad_input;
mod signup_login;
mod switches;
mod upgrades;
mod user_crud;
mod user_crud_sessions;
