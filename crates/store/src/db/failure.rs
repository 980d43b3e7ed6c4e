//! The classification of the drivers' errors, by what ends them. `mysql/failure.rs` has the rules of MySQL.
//!
//! The driver's message is kept. It may quote a value, as a name in a duplicate, so it may reach the log and never a
//! client. Invariant: no statement contains a plaintext password or token.

use rusqlite::ErrorCode;

use crate::Error;

/// A classified error of a driver.
pub(super) enum Failure {
    /// A unique key already has this value.
    Duplicate,
    /// A value is too long for its column, or has a character that the column's character set lacks.
    Unfit(String),
    /// A migration has already created or dropped this table, column or index.
    Applied(String),
    /// The connection or its server, and not the statement, is the cause. The connection must not be used again, and
    /// another server may succeed.
    Gone(Error),
    /// The server accepts no further connection. The existing ones work.
    Limit(Error),
    /// Another error, as the error of this crate.
    Other(Error),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Duplicate => Self::Database("a unique key already has this value".to_owned()),
            Failure::Unfit(message) | Failure::Applied(message) => Self::Database(message),
            Failure::Gone(error) | Failure::Limit(error) | Failure::Other(error) => error,
        }
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        let message = error.to_string();
        Self::Other(match error.sqlite_error() {
            Some(cause) if is_duplicate(cause.extended_code) => return Self::Duplicate,
            Some(cause) => match cause.code {
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Error::Conflict(message),
                ErrorCode::CannotOpen | ErrorCode::DiskFull | ErrorCode::ReadOnly | ErrorCode::SystemIoFailure => {
                    Error::Unavailable(message)
                }
                _ => Error::Database(message),
            },
            None => Error::Database(message),
        })
    }
}

/// Returns whether the code is `SQLITE_CONSTRAINT_UNIQUE` or `SQLITE_CONSTRAINT_PRIMARYKEY`.
fn is_duplicate(extended_code: i32) -> bool {
    matches!(extended_code, 2067 | 1555)
}
