//! Outcomes that many operations share.
//!
//! A refusal is data, a failure is an error. Each operation has one `…Refused` type with exactly what it can refuse; what
//! many can refuse is a [`Denied`] or a [`Limited`] in it.

use std::time::Duration;

use crate::Error;

/// The outcome of an operation: done, refused, or failed.
pub type OpResult<Done, Refused> = Result<Result<Done, Refused>, Error>;

/// The authority does not suffice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// The principal's session has ended since it was authenticated.
    Lost,
    /// The principal has lost the permission since, or what it would grant or touch holds a permission that it lacks.
    Exceeded,
}

/// The operation may succeed later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limited {
    /// Too many attempts came before. The next may follow after this time.
    Throttled(Duration),
    /// The hash pool is full. The operation may be retried after this time.
    Overloaded(Duration),
}
