//! SQLite readers that keep their snapshot for as long as nobody has written.
//!
//! In WAL mode each read takes and gives back a lock, by way of a mutex that all connections of the process share: with
//! two threads reading, that costs more than the look-up itself. A reader here leaves its read transaction open and, at
//! the next read, compares the header of the WAL's index with the one that it began under: 96 bytes of the `-shm` file,
//! which every commit of every process changes before it returns (<https://sqlite.org/walformat.html>, section 2.1).
//!
//! Invariant: a read sees everything that was committed before it began. While a write of this process is under way no
//! new snapshot is kept, and those of idle readers are let go, so that checkpoints find the WAL about as free as they
//! would without this file.

use std::{
    fs::File,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use rusqlite::Connection;

/// The header's two copies, which are equal unless somebody is writing it.
type Header = [u8; 96];

/// What readers look at to learn whether their snapshot is still the latest.
pub(super) struct Watch {
    /// The `-shm` file. It is never closed: closing any descriptor of a file gives up the locks that this process holds
    /// on it, SQLite's among them (POSIX fcntl).
    index: Option<&'static File>,
    writers: AtomicUsize,
}

/// A connection that is only read from.
pub(super) struct Reader {
    connection: Connection,
    watch: Arc<Watch>,
    /// The header under which the open read transaction began.
    held: Option<Header>,
}

impl Watch {
    /// For the database at `path`, which is open already. Where there is no index to look at, nothing is ever kept.
    pub(super) fn new(path: &Path) -> Arc<Self> {
        let mut index = path.as_os_str().to_owned();
        index.push("-shm");
        let index = File::open(index).ok().map(|file| &*Box::leak(Box::new(file)));
        Arc::new(Self { index, writers: AtomicUsize::new(0) })
    }

    /// For a database whose readers never keep a snapshot.
    pub(super) fn none() -> Arc<Self> {
        Arc::new(Self { index: None, writers: AtomicUsize::new(0) })
    }

    /// Whether snapshots are ever kept.
    pub(super) fn keeps_snapshots(&self) -> bool {
        self.index.is_some()
    }

    pub(super) fn write_begins(&self) {
        self.writers.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn write_ends(&self) {
        self.writers.fetch_sub(1, Ordering::SeqCst);
    }

    /// The header as it is now; `None` when it is being written, or a write of this process is under way.
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

impl Reader {
    pub(super) fn new(connection: Connection, watch: Arc<Watch>) -> Self {
        Self { connection, watch, held: None }
    }

    /// The connection, on a snapshot that holds every commit up to now.
    pub(super) fn latest(&mut self) -> Result<&Connection, rusqlite::Error> {
        let now = self.watch.header();
        if now.is_none() || now != self.held {
            self.let_go()?;
            if now.is_some() {
                // The snapshot is taken by the read that follows, so it is this header's or a later one. In the latter
                // case the next read finds another header and begins anew.
                self.connection.prepare_cached("BEGIN")?.execute([])?;
                self.held = now;
            }
        }
        Ok(&self.connection)
    }

    /// Whether a read may have to wait for whoever writes the file: only a snapshot spares it that.
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
