//! Opens connections to an SQLite file, of Doorward or of another program.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig};

use super::{failure::sqlite_advice, foreign};
use crate::{Error, Result};

/// The longest wait of a statement for the write of another process. After it, the transaction is retried.
const BUSY_TIMEOUT: Duration = Duration::from_millis(350);
/// The longest time for opening the file while other processes open it.
const OPENING: Duration = Duration::from_secs(5);
const STATEMENTS_KEPT: usize = 64;

fn connect(path: &Path) -> std::result::Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // Without the query planner stability guarantee, 3.54 prepares a statement again at each use, which is five times
    // slower.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    if connection.is_readonly(rusqlite::MAIN_DB)? {
        // SQLite opens a file without write permission for reading only, and reports that at the first write.
        return Err(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_READONLY), None));
    }
    connection.pragma_update(None, "synchronous", "FULL")?;
    begin_count(&connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    // The first read creates the WAL's index, which a new file lacks.
    connection.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |_| Ok(()))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    Ok(connection)
}

/// Begins the count of commits of a new file at a random number, so that two databases hardly have the same.
fn begin_count(connection: &Connection) -> std::result::Result<(), rusqlite::Error> {
    let count = |connection: &Connection| connection.query_row("PRAGMA application_id", [], |row| row.get::<_, i32>(0));
    let is_wal = || connection.query_row("PRAGMA journal_mode", [], |row| Ok(row.get::<_, String>(0)? == "wal"));
    if count(connection)? != 0 || is_wal()? {
        return Ok(());
    }
    let change = || {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        if count(connection)? == 0 {
            let random =
                connection.query_row("SELECT abs(random() % 1000000000) + 1", [], |row| row.get::<_, i32>(0))?;
            connection.pragma_update(None, "application_id", random)?;
        }
        connection.execute_batch("COMMIT")
    };
    let outcome = change();
    if outcome.is_err() && !connection.is_autocommit() {
        drop(connection.execute_batch("ROLLBACK"));
    }
    outcome
}

/// Connects to a file of another program, for reading and writing.
pub(super) fn connect_shared(path: &Path, wait: Duration) -> std::result::Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(wait)?;
    foreign::prepare(&connection)?;
    Ok(connection)
}

/// Connects, with retries. While another process turns a new file into a WAL database, the file is locked and the busy
/// timeout does not apply.
pub(super) fn connect_patiently(path: &Path) -> std::result::Result<Connection, rusqlite::Error> {
    let started = std::time::Instant::now();
    loop {
        match connect(path) {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && started.elapsed() < OPENING => {
                std::thread::sleep(Duration::from_millis(10));
            }
            outcome => return outcome,
        }
    }
}

/// Creates an empty file that only its owner may read, because it will contain password hashes. SQLite gives its WAL
/// the same permissions. An existing file is not opened, because closing it would release the locks of this process's
/// other connections.
pub(super) fn create_private(path: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => {
            Err(Error::Config(format!("`database.url`: the file {} cannot be created: {error}", path.display())))
        }
    }
}

pub(super) fn open_error(path: &Path, error: &rusqlite::Error) -> Error {
    let advice = sqlite_advice(error).map(|advice| format!(": {advice}")).unwrap_or_default();
    Error::Config(format!("`database.url`: {} cannot be used as an SQLite database: {error}{advice}", path.display()))
}

/// Returns the file in the part of a URL after `sqlite:`.
pub(super) fn sqlite_path(path: &str) -> Result<&Path> {
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path.starts_with(":memory:") || path.contains(['?', '#']) {
        return Err(Error::Config("`database.url`: must name a file, as in sqlite:doorward.db".to_owned()));
    }
    Ok(Path::new(path))
}
