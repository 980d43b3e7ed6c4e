//! The classification of the errors of MySQL and MariaDB, by what ends them.
//!
//! Invariant: an error of the server is a fault of the program only if it is about the text or the values of a
//! statement. Every other one, also an unknown one, means that the database cannot be used now.

use mysql_async::{DriverError, Error as MySqlError, IoError, ServerError};

use super::super::failure::Failure;
use crate::{Error, Remedy};

/// Advice for a server without the TLS that the URL requires, or the other way round.
const TLS_ADVICE: &str = "check `ssl-mode` in the URL: DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY";

const RIGHTS: &str = "the account lacks a right: grant ALL PRIVILEGES on the database";
const FULL: &str = "its disk, tablespace or memory is full, or failed: free space on the database server";

impl From<MySqlError> for Failure {
    fn from(error: MySqlError) -> Self {
        let message = error.to_string();
        match error {
            MySqlError::Server(cause) => from_server(&cause),
            MySqlError::Io(IoError::Tls(_)) => {
                Self::Gone(operator(&format!("the TLS handshake with the server failed; {TLS_ADVICE}"), &message))
            }
            MySqlError::Driver(cause) => from_driver(&cause, message),
            MySqlError::Io(_) => Self::Gone(Error::Unavailable(message)),
            MySqlError::Other(_) | MySqlError::Url(_) => Self::Other(Error::Database(message)),
        }
    }
}

fn from_driver(cause: &DriverError, message: String) -> Failure {
    let plugins = "this program supports mysql_native_password, caching_sha2_password and client_ed25519";
    Failure::Gone(match cause {
        DriverError::UnknownAuthPlugin { name } => {
            operator(&format!("the account uses the authentication plugin {name}; {plugins}"), &message)
        }
        DriverError::MysqlOldPasswordDisabled => {
            operator(&format!("the account uses the authentication plugin mysql_old_password; {plugins}"), &message)
        }
        DriverError::CleartextPluginDisabled => {
            operator(&format!("the account uses the authentication plugin mysql_clear_password; {plugins}"), &message)
        }
        DriverError::NoClientSslFlagFromServer => {
            let reason = format!("the server does not offer TLS, and the URL requires it; {TLS_ADVICE}");
            Error::unusable(Remedy::Settings, reason)
        }
        _ => Error::Unavailable(message),
    })
}

/// The error of a driver that panicked while it logged in. It panics on plugins that it knows and does not support.
pub(super) fn from_panic() -> Failure {
    let reason = "the driver failed at the login; the account may use an authentication plugin that is not supported, \
                  such as parsec: use mysql_native_password, caching_sha2_password or client_ed25519";
    Failure::Gone(Error::unusable(Remedy::Operator, reason))
}

/// Classifies an error that the server reported.
#[allow(clippy::match_same_arms, reason = "each arm is one class, with its reason")]
fn from_server(cause: &ServerError) -> Failure {
    let message = format!("{} ({})", cause.message, cause.code);
    let fix = |hint: &str| Failure::Other(operator(hint, &message));
    match cause.code {
        1062 | 1169 | 1586 => Failure::Duplicate(cause.message.clone()),
        // A number out of range, a text that is too long or has characters that the column lacks.
        1264 | 1265 | 1366 | 1406 | 3854 | 3988 => Failure::Unfit(message),
        1050 | 1060 | 1061 | 1091 => Failure::Applied(message),
        // Deadlock (also a failed certification on Galera), lock wait timeout, record changed since it was read, changed
        // table definition, failed certification of Group Replication, and TiDB's write conflicts and schema changes.
        1213 | 1205 | 1020 | 1412 | 1615 | 3101 | 8002 | 8022 | 8028 | 9007 => Failure::Other(Error::Conflict(message)),
        // Too many connections: of the server, of the user, or within an hour.
        1040 | 1203 | 1226 => Failure::Limit(Error::unusable(
            Remedy::Wait,
            format!(
                "it accepts no more connections; raise max_connections or max_user_connections of the server, or lower \
                 `database.connections`: {message}"
            ),
        )),
        1820 | 1862 => login("the password of the database account has expired: set a new one by ALTER USER", &message),
        3118 | 4151 => login("the database account is locked: ALTER USER … ACCOUNT UNLOCK", &message),
        3159 => login(&format!("the server requires TLS; {TLS_ADVICE}"), &message),
        1045 | 1251 | 1524 | 1698 | 2059 | 2061 => login("the server rejects the user or the password", &message),
        1129 | 1130 => login("the server rejects connections from this host", &message),
        1044 | 1049 => login("the database does not exist, or the account has no rights on it", &message),
        1142 | 1143 | 1227 | 1370 | 1419 => fix(RIGHTS),
        1146 | 1051 | 1109 | 1932 => fix("a table is missing: restore it from a backup"),
        1054 | 1072 | 1176 => fix("the schema was changed by another program: restore it from a backup"),
        // Full table, disk, tablespace or log; out of memory.
        3 | 20 | 28 | 1021 | 1026 | 1030 | 1037 | 1041 | 1114 | 1598 | 3675 => fix(FULL),
        1033..=1036 | 1194 | 1195 | 1812..=1815 | 1877 => fix("a table is damaged or unreadable: see the server's log"),
        1665 => fix("binlog_format = STATEMENT forbids every write: set it to ROW or MIXED"),
        // Read-only server, read-only mode, InnoDB read-only, offline mode.
        1290 | 1792 | 1836 | 1874 | 3032 => {
            let reason = format!("the server is read-only or offline: {message}");
            Failure::Gone(Error::unusable(Remedy::Wait, reason))
        }
        // Galera: not ready, or cut off. Group Replication: refused before the commit, or not a working member.
        1047 | 1180 | 3092 | 3096 | 3100 | 3796 | 3797 => {
            let reason = format!("the server is not a working member of its cluster: {message}");
            Failure::Gone(Error::unusable(Remedy::Wait, reason))
        }
        // Shutdown, aborted or killed connection, broken protocol, lost prepared statement, and proxies without a server.
        1053 | 1077..=1081 | 1152..=1161 | 1184 | 1243 | 1927 | 2000..=2058 | 3169 | 4031 | 9001 | 9002 | 9005 => {
            Failure::Gone(Error::Unavailable(message))
        }
        code if is_fault_of_statement(code) => Failure::Other(Error::Database(message)),
        _ => Failure::Other(Error::unusable(Remedy::Wait, message)),
    }
}

/// Returns whether the error is about the text or the values of a statement, so it does not depend on the server.
fn is_fault_of_statement(code: u16) -> bool {
    matches!(
        code,
        // Syntax, column and parameter counts, ambiguous names, grouping.
        1064 | 1065 | 1052 | 1055 | 1056 | 1110 | 1111 | 1136 | 1140 | 1149 | 1210 | 1222 | 1241 | 1242 | 1295 | 1305
            // Null, missing default, foreign key, check constraint, arithmetic.
            | 1048 | 1364 | 1216 | 1217 | 1451 | 1452 | 3819 | 4025 | 1365 | 1690
            // A trigger refuses the row.
            | 1644
            // Collations that do not mix, invalid text, date or JSON.
            | 1267 | 1270 | 1271 | 1292 | 1300 | 3140 | 3141
    )
}

fn operator(hint: &str, message: &str) -> Error {
    Error::unusable(Remedy::Operator, format!("{hint}: {message}"))
}

/// An error of the account. Such a connection, if there is one, is of no use.
fn login(hint: &str, message: &str) -> Failure {
    Failure::Gone(operator(hint, message))
}

/// Returns the reason if other statements will fail in the same way: a full disk or a lost right. A probe may succeed
/// nevertheless, because it needs less.
pub(super) fn lasting(failure: &Failure) -> Option<&str> {
    match failure {
        Failure::Other(Error::Unusable { reason, .. }) if reason.starts_with(FULL) || reason.starts_with(RIGHTS) => {
            Some(reason)
        }
        _ => None,
    }
}

/// Returns whether a server that reports this error at a commit has certainly not committed.
pub(super) fn is_surely_not_committed(failure: &Failure) -> bool {
    match failure {
        Failure::Other(Error::Conflict(_)) => true,
        // A read-only server and Galera's 1047 refuse before they begin.
        Failure::Gone(Error::Unusable { reason, .. }) => {
            ["(1047)", "(1290)", "(1792)", "(1836)", "(3032)"].iter().any(|code| reason.ends_with(code))
        }
        _ => false,
    }
}

/// The failure of a commit.
pub(in crate::db) enum Committing {
    /// The transaction was not committed.
    Failed(Failure),
    /// It may have been committed.
    Unknown(Failure),
}
