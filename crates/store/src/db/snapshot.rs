//! SQLite readers that keep their snapshot until the next commit of any process.
//!
//! In WAL mode, each read acquires and releases a lock through a mutex that all connections of the process share. With
//! two reading threads, that costs more than the look-up itself. A [`Reader`] therefore keeps its read transaction
//! open. At the next read, it compares the header of the WAL's index with the header at the start of the transaction.
//! The header is 96 bytes of the `-shm` file, which every commit of every process changes before it returns
//! (<https://sqlite.org/walformat.html>, section 2.1).
//!
//! Invariant: a read sees everything that was committed before it began. During a write of this process, no new
//! snapshot is kept and idle readers release theirs. Checkpoints are therefore hardly delayed.

use std::{
    fs::File,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use rusqlite::Connection;

use super::{failure::Failure, foreign::ForeignFile};

/// The two copies of the header, which are equal except during a write.
type Header = [u8; 96];

/// The log of a moment, and how far checkpoints have begun to copy it to the database: its salts and a number of frames.
pub(super) type CheckpointMark = [u8; 12];

/// The state by which readers decide whether their snapshot is still the latest.
pub(super) struct Watch {
    /// The `-shm` file. It is never closed, because closing any descriptor of a file releases all of this process's
    /// locks on it, including SQLite's (POSIX fcntl).
    index: Option<&'static File>,
    writers: AtomicUsize,
}

/// A connection for reading.
pub(super) struct Reader {
    connection: Connection,
    watch: Arc<Watch>,
    /// The header under which the open read transaction began.
    held: Option<Header>,
    /// The file, if another program owns it and it is only read.
    foreign: Option<ForeignFile>,
}

impl Watch {
    /// Creates the state for the database at `path`, which must be open. Without an index, no snapshot is kept.
    pub(super) fn new(path: &Path) -> Arc<Self> {
        let mut index = path.as_os_str().to_owned();
        index.push("-shm");
        let index = File::open(index).ok().map(|file| &*Box::leak(Box::new(file)));
        Arc::new(Self { index, writers: AtomicUsize::new(0) })
    }

    /// Creates the state for a database whose readers keep no snapshot.
    pub(super) fn none() -> Arc<Self> {
        Arc::new(Self { index: None, writers: AtomicUsize::new(0) })
    }

    /// Returns whether readers keep snapshots.
    pub(super) fn keeps_snapshots(&self) -> bool {
        self.index.is_some()
    }

    pub(super) fn write_begins(&self) {
        self.writers.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn write_ends(&self) {
        self.writers.fetch_sub(1, Ordering::SeqCst);
    }

    /// Returns the current header; `None` during a write of the header, or a write of this process.
    fn header(&self) -> Option<Header> {
        if self.writers.load(Ordering::SeqCst) > 0 {
            return None;
        }
        let mut header = [0; size_of::<Header>()];
        #[cfg(unix)]
        std::os::unix::fs::FileExt::read_exact_at(self.index?, &mut header, 0).ok()?;
        let (first, second) = header.split_at(header.len() / 2);
        (first == second && first.iter().any(|byte| *byte != 0)).then_some(header)
    }
}

impl Watch {
    /// Returns how far checkpoints have come. A checkpoint of any process changes it before it changes the database
    /// (<https://sqlite.org/walformat.html>, section 2.2).
    pub(super) fn checkpoint_mark(&self) -> Option<CheckpointMark> {
        const SALTS: std::ops::Range<usize> = 32..40;
        const ATTEMPTED: std::ops::Range<usize> = 128..132;
        let mut index = [0; ATTEMPTED.end];
        #[cfg(unix)]
        std::os::unix::fs::FileExt::read_exact_at(self.index?, &mut index, 0).ok()?;
        [index.get(SALTS)?, index.get(ATTEMPTED)?].concat().try_into().ok()
    }
}

impl Reader {
    pub(super) fn new(connection: Connection, watch: Arc<Watch>) -> Self {
        Self { connection, watch, held: None, foreign: None }
    }

    /// Creates a reader of a file of another program.
    pub(super) fn foreign(connection: Connection, file: ForeignFile) -> Self {
        Self { connection, watch: Watch::none(), held: None, foreign: Some(file) }
    }

    /// Checks after a read that it was not disturbed.
    pub(super) fn require_undisturbed(&self) -> crate::Result<()> {
        self.foreign.as_ref().map_or(Ok(()), ForeignFile::require_unchanged)
    }

    /// Returns the connection, on a snapshot that contains every commit up to now.
    pub(super) fn latest(&mut self) -> crate::Result<&Connection> {
        if let Some(file) = &mut self.foreign {
            if let Some(connection) = file.renewed()? {
                self.connection = connection;
            }
            return Ok(&self.connection);
        }
        self.on_latest_snapshot().map_err(Failure::from)?;
        Ok(&self.connection)
    }

    fn on_latest_snapshot(&mut self) -> Result<(), rusqlite::Error> {
        let now = self.watch.header();
        if now.is_none() || now != self.held {
            self.let_go()?;
            if now.is_some() {
                // The following read takes the snapshot, so it is that of this header or a later one. If it is later,
                // the next read finds another header and starts a new transaction.
                self.connection.prepare_cached("BEGIN")?.execute([])?;
                self.held = now;
            }
        }
        Ok(())
    }

    /// Returns the connection, whatever its snapshot.
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Returns whether a read may have to wait for a writer of the file. Only a reader with a snapshot need not wait.
    pub(super) fn may_wait(&self) -> bool {
        !self.watch.keeps_snapshots()
    }

    /// Ends the read transaction, if one is open.
    pub(super) fn let_go(&mut self) -> Result<(), rusqlite::Error> {
        self.held = None;
        if !self.connection.is_autocommit() {
            self.connection.prepare_cached("COMMIT")?.execute([])?;
        }
        Ok(())
    }
}
