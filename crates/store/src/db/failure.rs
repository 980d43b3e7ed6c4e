//! The classification of the drivers' errors: unavailable, conflict, duplicate, or failure.
//!
//! The driver's message is kept. It may quote a value, as a name in a duplicate, so it may reach the log and never a
//! client. Invariant: no statement contains a plaintext password or token.

use mysql_async::Error as MySqlError;
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
    /// Another error, as the error of this crate.
    Other(Error),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Duplicate => Self::Database("a unique key already has this value".to_owned()),
            Failure::Unfit(message) | Failure::Applied(message) => Self::Database(message),
            Failure::Other(error) => error,
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

impl From<MySqlError> for Failure {
    fn from(error: MySqlError) -> Self {
        let message = error.to_string();
        let server_code = match &error {
            MySqlError::Server(cause) => cause.code,
            MySqlError::Io(_) | MySqlError::Driver(_) => return Self::Other(Error::Unavailable(message)),
            MySqlError::Other(_) | MySqlError::Url(_) => return Self::Other(Error::Database(message)),
        };
        Self::Other(match server_code {
            1062 => return Self::Duplicate,
            1366 | 1406 => return Self::Unfit(message),
            1050 | 1060 | 1061 | 1091 => return Self::Applied(message),
            // Deadlock (also a failed certification on Galera), lock wait timeout, record changed since it was read,
            // failed certification of Group Replication, and TiDB's write conflicts and schema changes.
            1213 | 1205 | 1020 | 3101 | 8002 | 8022 | 8028 | 9007 => Error::Conflict(message),
            // Too many connections, access denied, unknown database, shutdown, Galera not ready, broken connection,
            // read-only (during a fail-over), killed, timeout, host blocked or unknown, and proxies or TiDB without a
            // server.
            1040
            | 1044
            | 1045
            | 1047
            | 1049
            | 1053
            | 1077..=1081
            | 1129
            | 1130
            | 1152..=1161
            | 1203
            | 1226
            | 1290
            | 1317
            | 1698
            | 1792
            | 1836
            | 1927
            | 2002..=2013
            | 3169
            | 4031
            | 9001
            | 9002
            | 9005 => Error::Unavailable(message),
            _ => Error::Database(message),
        })
    }
}
