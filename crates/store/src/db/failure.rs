//! What a driver's error means: away, a conflict, a duplicate, or a failure.
//!
//! The message that goes on is the driver's own. It may quote a value (a name, in a duplicate), so it is for the log and
//! never for a client; no statement of ours carries a password or a token in clear.

use mysql_async::Error as MySqlError;
use rusqlite::ErrorCode;

use crate::Error;

/// A driver's error, sorted.
pub(super) enum Failure {
    /// A unique key has this value already.
    Duplicate,
    /// A value does not fit its column: too long, or with a character that the column's character set lacks.
    Unfit(String),
    /// The table, column or index that a migration makes or drops is there, or gone, already.
    Applied(String),
    /// Anything else, as the crate's error.
    Other(Error),
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Duplicate => Self::Database("a unique key has this value already".to_owned()),
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

/// `SQLITE_CONSTRAINT_UNIQUE` and `SQLITE_CONSTRAINT_PRIMARYKEY`.
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
            // Deadlock (and Galera's failed certification), lock wait, changed since read, group replication's failed
            // certification, TiDB's write conflicts and changed schema.
            1213 | 1205 | 1020 | 3101 | 8002 | 8022 | 8028 | 9007 => Error::Conflict(message),
            // Too many connections, access, no such database, shutting down, Galera not ready, broken connections,
            // read-only (a fail-over in progress), killed, timed out; this host blocked or not known; proxies and TiDB whose
            // servers are away.
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
