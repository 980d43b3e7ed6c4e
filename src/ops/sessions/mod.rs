//! Sessions of users. They begin in [`crate::ops::auth`] and end here.

pub mod end;
