//! The embedded database: one writer and several readers of one file in WAL mode.
//!
//! Look-ups by an index run on the async thread, because they need a few microseconds. All work that may wait for the
//! disk or for another process runs in [`step_aside`]. Invariant: committed data is on disk (`synchronous=FULL`).

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig};
use tokio::{
    sync::{Mutex, OwnedMutexGuard},
    time::{Instant, timeout_at},
};

use super::{
    failure::Failure,
    snapshot::{Reader, Watch},
    value::{Param, Row},
};
use crate::{Error, Result};

/// The oldest safe release. In earlier ones, a checkpoint during a write may corrupt a WAL database
/// (<https://sqlite.org/wal.html#walresetbug>).
const OLDEST_SOUND_LIBRARY: i32 = 3_051_003;
/// The longest wait of a statement for the write of another process. After it, the transaction is retried.
const BUSY_TIMEOUT: Duration = Duration::from_millis(350);
/// The longest time for opening the file while other processes open it.
const OPENING: Duration = Duration::from_secs(5);
const STATEMENTS_KEPT: usize = 64;

/// The connections to one database file.
pub(super) struct Pool {
    writer: Arc<Mutex<Connection>>,
    readers: Vec<Arc<Mutex<Reader>>>,
    watch: Arc<Watch>,
}

/// A borrowed connection.
pub(super) enum SqliteLink {
    Reader(OwnedMutexGuard<Reader>),
    Writer(Writer),
}

/// The borrowed writer. Until its return, readers keep no snapshot.
pub(super) struct Writer {
    connection: OwnedMutexGuard<Connection>,
    watch: Arc<Watch>,
}

impl Pool {
    /// Opens the file. A missing file is created, readable by its owner only.
    pub(super) fn open(path: &Path, readers: usize) -> Result<Self> {
        if rusqlite::version_number() < OLDEST_SOUND_LIBRARY {
            return Err(Error::System(format!("SQLite {} is too old to be safe", rusqlite::version())));
        }
        create_private(path)?;
        let open = || connect_patiently(path).map_err(|error| open_error(path, &error));
        let writer = Arc::new(Mutex::new(open()?));
        let watch = Watch::new(path);
        let reader = || Ok(Arc::new(Mutex::new(Reader::new(open()?, Arc::clone(&watch)))));
        let readers = (0..readers.max(1)).map(|_| reader()).collect::<Result<_>>()?;
        Ok(Self { writer, readers, watch })
    }

    /// Opens an existing file that Doorward does not own. Its journal mode is not changed, and no snapshot is kept,
    /// which could delay the owner's writes. The file is writable only if `is_written`.
    pub(super) fn open_foreign(path: &Path, readers: usize, is_written: bool) -> Result<Self> {
        let open = || connect_foreign(path, is_written).map_err(|error| open_error(path, &error));
        let writer = Arc::new(Mutex::new(open()?));
        let watch = Watch::none();
        let reader = || Ok(Arc::new(Mutex::new(Reader::new(open()?, Arc::clone(&watch)))));
        let readers = (0..readers.max(1)).map(|_| reader()).collect::<Result<_>>()?;
        Ok(Self { writer, readers, watch })
    }

    /// Waits for the writer and borrows it.
    pub(super) async fn writer(&self, deadline: Option<Instant>) -> Result<SqliteLink> {
        let writer = Arc::clone(&self.writer).lock_owned();
        let connection = match deadline {
            None => writer.await,
            Some(deadline) => timeout_at(deadline, writer)
                .await
                .map_err(|_| Error::Unavailable("too many writes are waiting".to_owned()))?,
        };
        let writer = Writer { connection, watch: Arc::clone(&self.watch) };
        self.watch.write_begins();
        for reader in &self.readers {
            // A reader in use releases its snapshot at its next read.
            if let Ok(mut reader) = reader.try_lock() {
                reader.let_go().map_err(Failure::from)?;
            }
        }
        Ok(SqliteLink::Writer(writer))
    }

    /// Borrows a reader: that of this thread, or any free one. If all are in use, it waits for that of this thread.
    pub(super) async fn reader(&self, deadline: Option<Instant>) -> Result<SqliteLink> {
        let own = thread_number() % self.readers.len().max(1);
        let (before, from) = self.readers.split_at_checked(own).unwrap_or((&[], &self.readers));
        for reader in from.iter().chain(before) {
            if let Ok(lent) = Arc::clone(reader).try_lock_owned() {
                return Ok(SqliteLink::Reader(lent));
            }
        }
        let own = from.first().ok_or(Error::Corrupt("no reader"))?;
        let own = Arc::clone(own).lock_owned();
        let own = match deadline {
            None => own.await,
            Some(deadline) => timeout_at(deadline, own)
                .await
                .map_err(|_| Error::Unavailable("too many reads are waiting".to_owned()))?,
        };
        Ok(SqliteLink::Reader(own))
    }
}

impl SqliteLink {
    /// Returns the connection for reading. It sees every commit up to now, and a writer also sees its own changes.
    pub(super) fn for_reading(&mut self) -> Result<&Connection> {
        match self {
            Self::Reader(reader) => Ok(reader.latest().map_err(Failure::from)?),
            Self::Writer(writer) => Ok(&writer.connection),
        }
    }

    /// Returns whether a read may have to wait for another process.
    pub(super) fn may_wait(&self) -> bool {
        match self {
            Self::Reader(reader) => reader.may_wait(),
            Self::Writer(_) => false,
        }
    }

    /// Returns the connection if it is the writer.
    pub(super) fn for_writing(&self) -> Result<&Connection> {
        match self {
            Self::Reader(_) => Err(Error::Corrupt("a write on a connection for reading")),
            Self::Writer(writer) => Ok(&writer.connection),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.watch.write_ends();
    }
}

/// Returns the first row.
pub(super) fn optional<T>(
    connection: &Connection,
    sql: &'static str,
    params: &[Param<'_>],
    read: impl FnOnce(&Row<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let first = || -> std::result::Result<Option<Result<T>>, rusqlite::Error> {
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query(rusqlite::params_from_iter(params))?;
        Ok(rows.next()?.map(|row| read(&Row::Sqlite(row))))
    };
    first().map_err(Failure::from)?.transpose()
}

/// Returns all rows.
pub(super) fn all<T>(
    connection: &Connection,
    sql: &'static str,
    params: &[Param<'_>],
    mut read: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    step_aside(|| {
        let mut found = Vec::new();
        let mut collect = || -> std::result::Result<Result<()>, rusqlite::Error> {
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query(rusqlite::params_from_iter(params))?;
            while let Some(row) = rows.next()? {
                match read(&Row::Sqlite(row)) {
                    Ok(value) => found.push(value),
                    Err(error) => return Ok(Err(error)),
                }
            }
            Ok(Ok(()))
        };
        collect().map_err(Failure::from)??;
        Ok(found)
    })
}

/// Executes a statement and returns the number of rows that it matched.
pub(super) fn execute(
    connection: &Connection,
    sql: &'static str,
    params: &[Param<'_>],
) -> std::result::Result<u64, Failure> {
    let mut statement = connection.prepare_cached(sql)?;
    let matched = statement.execute(rusqlite::params_from_iter(params))?;
    Ok(u64::try_from(matched).unwrap_or(u64::MAX))
}

/// Executes a statement without parameters that is used once, or may wait: `BEGIN`, `COMMIT`, a definition.
pub(super) fn execute_aside(connection: &Connection, sql: &str) -> std::result::Result<(), Failure> {
    step_aside(|| connection.execute_batch(sql)).map_err(Failure::from)
}

/// Runs `work`, which may wait for the disk, without blocking the other tasks of this thread.
pub(super) fn step_aside<T>(work: impl FnOnce() -> T) -> T {
    use tokio::runtime::{Handle, RuntimeFlavor};
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}

fn connect(path: &Path) -> std::result::Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // Without the query planner stability guarantee, 3.54 prepares a statement again at each use, which is five times
    // slower.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    // The first read creates the WAL's index, which a new file lacks.
    connection.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |_| Ok(()))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    Ok(connection)
}

fn connect_foreign(path: &Path, is_written: bool) -> std::result::Result<Connection, rusqlite::Error> {
    let access = if is_written { OpenFlags::SQLITE_OPEN_READ_WRITE } else { OpenFlags::SQLITE_OPEN_READ_ONLY };
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |_| Ok(()))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    Ok(connection)
}

/// Connects, with retries. While another process turns a new file into a WAL database, the file is locked and the busy
/// timeout does not apply.
fn connect_patiently(path: &Path) -> std::result::Result<Connection, rusqlite::Error> {
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
fn create_private(path: &Path) -> Result<()> {
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

fn open_error(path: &Path, error: &rusqlite::Error) -> Error {
    Error::Config(format!("`database.url`: {} cannot be used as an SQLite database: {error}", path.display()))
}

fn thread_number() -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static NUMBER: usize = THREADS.fetch_add(1, Ordering::Relaxed);
    }
    NUMBER.with(|number| *number)
}
