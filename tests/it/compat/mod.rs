//! The two old contracts, row by row, and whatever else may be sent to their routes.

mod bad_input;
mod signup_login;
mod switches;
mod upgrades;
mod user_crud;
mod user_crud_sessions;
