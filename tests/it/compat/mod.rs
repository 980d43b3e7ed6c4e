//! The two old contracts, row by row, and whatever else may be sent to their routes.

mod signup_login;
