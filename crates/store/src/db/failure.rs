//! The classification of the drivers' errors, by what ends them. `mysql/failure.rs` has the rules of MySQL.
//!
//! The driver's message is kept. It may quote a value, as a name in a duplicate, so it may reach the log and never a
//! client. Invariant: no statement contains a plaintext password or token.

use rusqlite::ErrorCode;

use crate::{Error, Remedy};

/// A classified error of a driver.
pub(super) enum Failure {
    /// A unique key already has this value; the message names the key.
    Duplicate(String),
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
            Failure::Duplicate(_) => Self::Database("a unique key already has this value".to_owned()),
            Failure::Unfit(message) | Failure::Applied(message) => Self::Database(message),
            Failure::Gone(error) | Failure::Limit(error) | Failure::Other(error) => error,
        }
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        let message = error.to_string();
        let Some(cause) = error.sqlite_error() else { return Self::Other(Error::Database(message)) };
        if is_duplicate(cause.extended_code) {
            return Self::Duplicate(message);
        }
        Self::Other(match cause.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed => {
                Error::Conflict(message)
            }
            ErrorCode::OutOfMemory | ErrorCode::OperationAborted | ErrorCode::OperationInterrupted => {
                Error::unusable(Remedy::Wait, message)
            }
            _ => match sqlite_advice(&error) {
                Some(advice) => Error::unusable(Remedy::Operator, format!("{advice}: {message}")),
                None => Error::Database(message),
            },
        })
    }
}

/// Returns what the operator can do about an error of SQLite; `None` if the statement is its cause.
pub(super) fn sqlite_advice(error: &rusqlite::Error) -> Option<&'static str> {
    Some(match error.sqlite_error()?.code {
        ErrorCode::DiskFull => "the disk is full, so free space on the file system of the database",
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied => {
            "the file is read-only, and this user must be able to write it and to create files in its folder"
        }
        ErrorCode::CannotOpen => {
            "this user must be able to write the file and to create files in its folder, which must exist"
        }
        ErrorCode::SystemIoFailure => "the disk fails, so check it and its file system",
        ErrorCode::DatabaseCorrupt => "the file is damaged, so restore it from a backup",
        ErrorCode::NotADatabase => "the file is no SQLite database, so check its path or restore it from a backup",
        ErrorCode::Unknown if is_missing(&error.to_string()) => {
            "a table or a column is missing, so restore the file from a backup"
        }
        _ => return None,
    })
}

fn is_missing(message: &str) -> bool {
    message.contains("no such table") || message.contains("no such column")
}

/// Returns whether the code is `SQLITE_CONSTRAINT_UNIQUE` or `SQLITE_CONSTRAINT_PRIMARYKEY`.
fn is_duplicate(extended_code: i32) -> bool {
    matches!(extended_code, 2067 | 1555)
}
