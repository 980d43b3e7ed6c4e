//! Outcomes that many operations share.
//!
//! A refusal is data, a failure is an error. Each operation has one `…Refused` type with exactly its own refusals.
//! Refusals of many operations are a [`Denied`] or a [`Limited`] in it.

use std::time::Duration;

use crate::Error;

/// The outcome of an operation: done, refused, or failed.
pub type OpResult<Done, Refused> = Result<Result<Done, Refused>, Error>;

/// The reason why the authority does not suffice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// The principal's session has ended since it was authenticated.
    Lost,
    /// The principal has lost the permission, or the account or role concerned has a permission that the principal
    /// lacks.
    Exceeded,
}

/// The reason why the operation may only succeed later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limited {
    /// Too many earlier attempts. The next one is allowed after this time.
    Throttled(Duration),
    /// The hash pool is full. The operation may be retried after this time.
    Overloaded(Duration),
}
