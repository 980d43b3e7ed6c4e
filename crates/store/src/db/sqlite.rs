//! The embedded database: one writer and several readers of one file in WAL mode.
//!
//! Look-ups by an index run on the async thread, because they need a few microseconds. Reads that may wait for the disk or
//! for another process run in [`super::sqlite_statement::step_aside`]. Invariant: committed data is on disk
//! (`synchronous=FULL`).

mod load;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use rusqlite::{Connection, config::DbConfig};
use tokio::{
    sync::{Mutex, OwnedMutexGuard},
    time::{Instant, timeout_at},
};

use super::{
    failure::Failure,
    foreign::ForeignFile,
    snapshot::{Reader, Watch},
    sqlite_file::{self, DatabaseFile},
    sqlite_open::{connect_patiently, connect_shared, create_private, open_error},
    sqlite_writer::Writer,
};
use crate::{Error, Result};

/// The oldest safe release. In earlier ones, a checkpoint during a write may corrupt a WAL database
/// (<https://sqlite.org/wal.html#walresetbug>).
const OLDEST_SOUND_LIBRARY: i32 = 3_051_003;

/// The connections to one database file.
pub(super) struct Pool {
    writer: Arc<Mutex<Connection>>,
    readers: Vec<Arc<Mutex<Reader>>>,
    watch: Arc<Watch>,
    /// `None` for a database of another program. It is declared, and so dropped, after the connections.
    file: Option<Arc<DatabaseFile>>,
    /// The number of pages that a killed process left in the log.
    recovered: usize,
}

/// A borrowed connection.
pub(super) enum SqliteLink {
    Reader(OwnedMutexGuard<Reader>),
    Writer(Writer),
}

impl Pool {
    /// Opens the file. A missing file is created, readable by its owner only, unless the secrets file at `used_with`
    /// shows that the database was in use.
    pub(super) fn open(path: &Path, readers: usize, used_with: Option<&Path>) -> Result<Self> {
        if rusqlite::version_number() < OLDEST_SOUND_LIBRARY {
            return Err(Error::System(format!("SQLite {} is too old to be safe", rusqlite::version())));
        }
        used_with.map_or(Ok(()), |secrets| sqlite_file::require_used(path, secrets))?;
        let recovered = sqlite_file::require_own_log(path)?;
        create_private(path)?;
        let open = || connect_patiently(path).map_err(|error| open_error(path, &error));
        let writer = Arc::new(Mutex::new(open()?));
        let watch = Watch::new(path);
        let reader = || Ok(Arc::new(Mutex::new(Reader::new(open()?, Arc::clone(&watch)))));
        let readers = (0..readers.max(1)).map(|_| reader()).collect::<Result<_>>()?;
        let file = Some(Arc::new(DatabaseFile::new(path)?));
        Ok(Self { writer, readers, watch, file, recovered })
    }

    /// Opens an existing file of another program for reading. No file beside it is created or changed. A read waits for
    /// a lock of that program for at most `wait`.
    pub(super) fn open_foreign(path: &Path, readers: usize, wait: Duration) -> Result<Self> {
        let config = |error: &dyn std::fmt::Display| {
            Error::Config(format!("`database.url`: {} cannot be used as an SQLite database: {error}", path.display()))
        };
        let file = ForeignFile::leak(path).map_err(|error| config(&error))?;
        let reader = || {
            let (foreign, connection) = ForeignFile::open(path, file, wait).map_err(|error| match error {
                Error::Database(message) => config(&message),
                other => other,
            })?;
            Ok(Arc::new(Mutex::new(Reader::foreign(connection, foreign))))
        };
        let readers = (0..readers.max(1)).map(|_| reader()).collect::<Result<_>>()?;
        // No transaction uses this connection.
        let writer = Connection::open_in_memory().map_err(Failure::from)?;
        Ok(Self { writer: Arc::new(Mutex::new(writer)), readers, watch: Watch::none(), file: None, recovered: 0 })
    }

    /// Opens an existing file of another program for reading and writing. Its journal mode is not changed, and no
    /// snapshot is kept, which could delay the writes of that program.
    pub(super) fn open_shared(path: &Path, readers: usize, wait: Duration) -> Result<Self> {
        let open = || connect_shared(path, wait).map_err(|error| open_error(path, &error));
        let writer = Arc::new(Mutex::new(open()?));
        let watch = Watch::none();
        let reader = || Ok(Arc::new(Mutex::new(Reader::new(open()?, Arc::clone(&watch)))));
        let readers = (0..readers.max(1)).map(|_| reader()).collect::<Result<_>>()?;
        Ok(Self { writer, readers, watch, file: None, recovered: 0 })
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
        let writer = Writer::new(connection, &self.watch, self.file.clone());
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
        self.file.as_ref().map_or(Ok(()), |file| file.check_sometimes())?;
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

    /// Returns the number of pages that a killed process left in the log.
    pub(super) fn recovered(&self) -> usize {
        self.recovered
    }

    /// Proves that a commit reaches the disk, by a commit that changes only the count of commits, unless another commit
    /// has just proved it.
    pub(super) async fn prove_writable(&self, deadline: Option<Instant>) -> Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        file.check()?;
        if file.is_proven() {
            return Ok(());
        }
        let SqliteLink::Writer(writer) = self.writer(deadline).await? else { return Ok(()) };
        if file.is_proven() {
            return Ok(());
        }
        match writer.begin().and_then(|()| writer.commit(true)) {
            // Another process writes.
            Err(Error::Conflict(_)) => Ok(()),
            outcome => {
                file.note_commit(outcome.is_ok());
                outcome
            }
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if !self.file.as_ref().is_some_and(|file| file.is_lost()) {
            return;
        }
        // The log at the path may belong to another database now, so the last connection must not remove it.
        let keep_log = |connection: &Connection| {
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map(drop)
        };
        if let Ok(writer) = self.writer.try_lock() {
            drop(keep_log(&writer));
        }
        for reader in &self.readers {
            if let Ok(reader) = reader.try_lock() {
                drop(keep_log(reader.connection()));
            }
        }
    }
}

impl SqliteLink {
    /// Returns the connection for reading. It sees every commit up to now, and a writer also sees its own changes.
    pub(super) fn for_reading(&mut self) -> Result<&Connection> {
        match self {
            Self::Reader(reader) => reader.latest(),
            Self::Writer(writer) => Ok(writer.connection()),
        }
    }

    /// Checks after a read that no other program disturbed it.
    pub(super) fn require_undisturbed(&self) -> Result<()> {
        match self {
            Self::Reader(reader) => reader.require_undisturbed(),
            Self::Writer(_) => Ok(()),
        }
    }

    /// Returns whether a read may have to wait for another process.
    pub(super) fn may_wait(&self) -> bool {
        match self {
            Self::Reader(reader) => reader.may_wait(),
            Self::Writer(_) => false,
        }
    }

    /// Returns the writer, if this is one.
    pub(super) fn as_writer(&self) -> Result<&Writer> {
        match self {
            Self::Reader(_) => Err(Error::Corrupt("a write on a connection for reading")),
            Self::Writer(writer) => Ok(writer),
        }
    }

    /// Returns the connection if it is the writer.
    pub(super) fn for_writing(&self) -> Result<&Connection> {
        self.as_writer().map(Writer::connection)
    }
}

fn thread_number() -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static NUMBER: usize = THREADS.fetch_add(1, Ordering::Relaxed);
    }
    NUMBER.with(|number| *number)
}
