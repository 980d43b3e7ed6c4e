//! The end of sessions. [`crate::ops::auth`] opens them.

pub mod end;
