//! Read-only access to an SQLite file of another program.
//!
//! Invariant: no file beside it is created, changed or deleted, and a read sees every commit. A plain read-only connection
//! does not keep this: for a database in WAL mode, it creates `-wal` and `-shm`, and writes to `-shm`
//! (<https://sqlite.org/wal.html>, section "Read-Only Databases").

use std::{
    fs::{File, Metadata},
    os::unix::fs::{FileExt as _, MetadataExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, config::DbConfig};

use super::failure::Failure;
use crate::{Error, Result};

const STATEMENTS_KEPT: usize = 64;
/// The number of attempts to open the file while its program creates or deletes the WAL.
const ATTEMPTS: u32 = 10;

/// A file of another program, and how it was opened.
pub(super) struct ForeignFile {
    path: PathBuf,
    /// The file, which is never closed: closing any descriptor of a file releases all of this process's locks on it
    /// (POSIX fcntl).
    file: &'static File,
    /// The longest wait for a lock.
    wait: Duration,
    access: Access,
}

/// The way in which a connection reads the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    /// Under SQLite's locks.
    Locked,
    /// Through the WAL and its index, which the program has created.
    SharedWal,
    /// Without locks, because a database in WAL mode without a WAL is complete. It is valid while the file stays the
    /// same and no WAL appears.
    Complete(Stamp),
}

/// The identity and the state of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    changed: (i64, i64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            changed: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }
}

impl ForeignFile {
    /// Opens the file, with a connection for reading.
    pub(super) fn open(path: &Path, file: &'static File, wait: Duration) -> Result<(Self, Connection)> {
        let path = std::path::absolute(path).map_err(|error| Error::system("the path of the file", error))?;
        let mut foreign = Self { path, file, wait, access: Access::Locked };
        let connection = foreign.connect()?;
        Ok((foreign, connection))
    }

    /// Opens the file that is never closed.
    pub(super) fn leak(path: &Path) -> std::io::Result<&'static File> {
        File::open(path).map(|file| &*Box::leak(Box::new(file)))
    }

    /// Returns a new connection if the present one could miss a commit.
    pub(super) fn renewed(&mut self) -> Result<Option<Connection>> {
        if self.access()? == self.access { Ok(None) } else { self.connect().map(Some) }
    }

    /// Checks after a read that the file has not changed meanwhile.
    ///
    /// # Errors
    /// Returns [`Error::Conflict`] if it has, so that the read must be repeated.
    pub(super) fn require_unchanged(&self) -> Result<()> {
        match self.access {
            Access::Locked | Access::SharedWal => Ok(()),
            Access::Complete(_) if self.access()? == self.access => Ok(()),
            Access::Complete(_) => Err(Error::Conflict("the file was written during the read".to_owned())),
        }
    }

    fn connect(&mut self) -> Result<Connection> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let access = self.access()?;
            match self.connect_by(access) {
                Ok(connection) => {
                    self.access = access;
                    return Ok(connection);
                }
                Err(_) if attempt < ATTEMPTS && self.access()? != access => {}
                Err(error) => return Err(Failure::from(error).into()),
            }
        }
    }

    fn connect_by(&self, access: Access) -> std::result::Result<Connection, rusqlite::Error> {
        let query = match access {
            Access::Locked => "mode=ro",
            Access::SharedWal => "mode=ro&readonly_shm=1",
            Access::Complete(_) => "mode=ro&immutable=1",
        };
        let path = self.path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(format!("file:{path}?{query}"), flags)?;
        connection.busy_timeout(self.wait)?;
        prepare(&connection)?;
        Ok(connection)
    }

    /// Decides how the file must be read now.
    fn access(&self) -> Result<Access> {
        let mut versions = [0; 2];
        // The bytes 18 and 19 of the header are 2 in WAL mode. A shorter file is an empty database.
        if self.file.read_exact_at(&mut versions, 18).is_err() || !versions.contains(&2) {
            return Ok(Access::Locked);
        }
        match (self.beside("-wal")?, self.beside("-shm")?) {
            (Some(_), Some(_)) => Ok(Access::SharedWal),
            (None, _) => self.complete(),
            (Some(wal), None) if wal.size() == 0 => self.complete(),
            (Some(_), None) => Err(Error::Unavailable(format!(
                "{} has a file -wal with changes, and no file -shm to read them with: open the database once with its \
                 own program, or copy all three files",
                self.path.display()
            ))),
        }
    }

    fn complete(&self) -> Result<Access> {
        let metadata = std::fs::metadata(&self.path);
        metadata.map(|metadata| Access::Complete(Stamp::of(&metadata))).map_err(|error| self.unavailable(&error))
    }

    fn beside(&self, suffix: &str) -> Result<Option<Metadata>> {
        let mut path = self.path.as_os_str().to_owned();
        path.push(suffix);
        match std::fs::metadata(&path) {
            Ok(metadata) => Ok(Some(metadata)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.unavailable(&error)),
        }
    }

    fn unavailable(&self, error: &std::io::Error) -> Error {
        Error::Unavailable(format!("{}: {error}", self.path.display()))
    }
}

/// Configures a connection to a file of another program, and reads it once.
pub(super) fn prepare(connection: &Connection) -> std::result::Result<(), rusqlite::Error> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |_| Ok(()))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    Ok(())
}
