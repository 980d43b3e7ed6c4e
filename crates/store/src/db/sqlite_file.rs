//! The files of an SQLite database: what they must be at the start, and whether they are still the same later.
//!
//! SQLite keeps writing to a file that was deleted or replaced, and every such commit is lost at the end of the process.
//! Invariant: a commit is not acknowledged after the file was seen to be deleted, replaced or overwritten.

use std::{
    ffi::OsString,
    fs::File,
    io::ErrorKind,
    os::unix::fs::{FileExt as _, MetadataExt as _},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use super::{
    snapshot::CheckpointMark,
    wal::{self, DatabaseHeader, WriteAheadLog},
};
use crate::{Error, Remedy, Result};

/// The longest time between two checks while the database is only read, in milliseconds.
const CHECK_AFTER: u64 = 100;
/// The milliseconds for which a successful commit proves that the next one will succeed.
const PROVEN: u64 = 100;
/// The number of attempts to read the header and the log while another process changes both.
const READINGS: usize = 20;
const MAGIC: &[u8] = b"SQLite format 3\0";

/// A device and an inode.
type FileIdentity = (u64, u64);

/// The open files of a database.
pub(super) struct DatabaseFile {
    path: PathBuf,
    raw: Arc<File>,
    /// The device and the inode of each file while SQLite has it open.
    parts: Vec<(PathBuf, FileIdentity)>,
    /// The highest count of commits that the file has had.
    highest: AtomicU32,
    /// The progress of checkpoints at the last counted commit.
    counted_at: Mutex<Option<CheckpointMark>>,
    opened_at: Instant,
    /// The time of the last check, in milliseconds since `opened_at`.
    checked_after: AtomicU64,
    /// The time of the last commit in the same form; 0 if it failed.
    proven_after: AtomicU64,
    is_lost: AtomicBool,
    problem: Mutex<Option<&'static str>>,
}

/// Returns the path of the file `FILE` with this ending, as in `FILE-wal`.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

/// Requires that a database exists whose secrets file shows that it was in use.
///
/// # Errors
/// Returns [`Error::Config`] if the file is missing or empty.
pub(super) fn require_used(path: &Path, secrets: &Path) -> Result<()> {
    let what = match std::fs::metadata(path) {
        Ok(found) if found.len() > 0 => return Ok(()),
        Ok(_) => "is empty",
        Err(error) if error.kind() == ErrorKind::NotFound => "is missing",
        // The attempt to open it reports the cause.
        Err(_) => return Ok(()),
    };
    Err(begins_again(path, what, secrets))
}

/// Returns the refusal to begin a database again.
pub(super) fn begins_again(path: &Path, what: &str, secrets: &Path) -> Error {
    let (path, secrets) = (path.display(), secrets.display());
    Error::Config(format!(
        "`database.url`: the file {path} {what}, and {secrets} shows that the database was in use: restore {path} from a \
         backup, or remove {secrets} to start with an empty database"
    ))
}

/// Requires that a log beside the database belongs to it, and returns the number of its committed pages. No connection
/// of this process may be open.
///
/// # Errors
/// Returns [`Error::Config`] if the log belongs to another database, or cannot be read.
pub(super) fn require_own_log(path: &Path) -> Result<usize> {
    let log_path = beside(path, "-wal");
    let unread = |error: std::io::Error| {
        Error::Config(format!("`database.url`: {} cannot be read: {error}", log_path.display()))
    };
    let mut log = WriteAheadLog::read(&log_path).map_err(unread)?;
    if log.frames == 0 {
        return Ok(0);
    }
    let raw = match shared(path) {
        Ok(raw) => raw,
        Err(error) => return Err(alien_log(path, &log_path, &format!("{} cannot be read ({error})", path.display()))),
    };
    for _ in 0..READINGS {
        let before = header(&raw);
        if before.is_some_and(|before| log.continues(&before)) {
            return Ok(log.frames);
        }
        std::thread::sleep(Duration::from_millis(5));
        let frames = log.frames;
        log = WriteAheadLog::read(&log_path).map_err(unread)?;
        if header(&raw) == before && log.frames == frames {
            return Err(alien_log(path, &log_path, "it continues another version of the database"));
        }
    }
    // Another process writes, which has judged the log.
    Ok(log.frames)
}

fn alien_log(path: &Path, log: &Path, why: &str) -> Error {
    let (file, log) = (path.display(), log.display());
    Error::Config(format!(
        "`database.url`: {log} does not belong to {file}: {why}. If {file} was restored from a backup, remove {log} and \
         {file}-shm; otherwise restore the file that {log} belongs to"
    ))
}

impl DatabaseFile {
    /// Records the files at `path`, which SQLite has open.
    pub(super) fn new(path: &Path) -> Result<Self> {
        let failed = |error: std::io::Error| {
            Error::Config(format!("`database.url`: the file {} cannot be read: {error}", path.display()))
        };
        let raw = shared(path).map_err(failed)?;
        let mut parts = vec![(path.to_owned(), identity(&raw.metadata().map_err(failed)?))];
        for ending in ["-wal", "-shm"] {
            let part = beside(path, ending);
            if let Ok(found) = std::fs::metadata(&part) {
                parts.push((part, identity(&found)));
            }
        }
        Ok(Self {
            path: path.to_owned(),
            parts,
            highest: AtomicU32::new(header(&raw).map_or(0, |header| wal::count(&header))),
            raw,
            counted_at: Mutex::new(None),
            opened_at: Instant::now(),
            checked_after: AtomicU64::new(0),
            proven_after: AtomicU64::new(0),
            is_lost: AtomicBool::new(false),
            problem: Mutex::new(None),
        })
    }

    /// Checks the files, at most once in [`CHECK_AFTER`].
    ///
    /// # Errors
    /// Returns the errors of [`DatabaseFile::check`].
    pub(super) fn check_sometimes(&self) -> Result<()> {
        let now = self.now();
        let is_due = now.saturating_sub(self.checked_after.load(Ordering::Relaxed)) >= CHECK_AFTER;
        if is_due || self.is_lost.load(Ordering::Relaxed) {
            self.checked_after.store(now, Ordering::Relaxed);
            return self.check();
        }
        Ok(())
    }

    /// Checks that SQLite still writes to the files at their paths.
    ///
    /// # Errors
    /// Returns [`Error::Unusable`] if one of them was deleted, replaced, emptied or overwritten.
    pub(super) fn check(&self) -> Result<()> {
        let found = self.look();
        let mut known = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = known.as_ref() != found.as_ref().map(|(_, what)| what);
        *known = found.as_ref().map(|(_, what)| *what);
        self.is_lost.store(known.is_some(), Ordering::Relaxed);
        drop(known);
        let Some((path, what)) = found else { return Ok(()) };
        let text = format!(
            "the file {} {what} while Doorward uses it: stop Doorward, restore the database, and start again",
            path.display()
        );
        if is_new {
            tracing::error!("{text}");
        }
        Err(Error::unusable(Remedy::Operator, text))
    }

    /// Returns whether a commit must be counted: the first one, and the first after each checkpoint. The database file
    /// changes only by checkpoints, so each of its states has a count of its own.
    pub(super) fn must_count(&self, mark: Option<CheckpointMark>) -> bool {
        mark.is_none() || *self.counted_at.lock().unwrap_or_else(PoisonError::into_inner) != mark
    }

    /// Notes that a commit was counted.
    pub(super) fn note_count(&self, mark: Option<CheckpointMark>) {
        *self.counted_at.lock().unwrap_or_else(PoisonError::into_inner) = mark;
    }

    /// Notes whether a commit that changed something reached the disk.
    pub(super) fn note_commit(&self, is_done: bool) {
        self.proven_after.store(if is_done { self.now() } else { 0 }, Ordering::Relaxed);
    }

    /// Returns whether a commit has just reached the disk.
    pub(super) fn is_proven(&self) -> bool {
        let proven_after = self.proven_after.load(Ordering::Relaxed);
        proven_after > 0 && self.now().saturating_sub(proven_after) < PROVEN
    }

    /// Returns the milliseconds since the files were opened.
    fn now(&self) -> u64 {
        u64::try_from(self.opened_at.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Returns whether the last check found a problem.
    pub(super) fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }

    fn look(&self) -> Option<(&Path, &'static str)> {
        for (part, identity_at_start) in &self.parts {
            match std::fs::metadata(part) {
                Ok(found) if identity(&found) == *identity_at_start => {}
                Ok(_) => return Some((part, "was replaced")),
                Err(error) if error.kind() == ErrorKind::NotFound => return Some((part, "was deleted")),
                Err(_) => return Some((part, "cannot be reached by its path")),
            }
        }
        let Some(now) = header(&self.raw) else { return Some((&self.path, "was emptied or overwritten")) };
        let (now, highest) = (wal::count(&now), self.highest.load(Ordering::Relaxed));
        if now < highest {
            return Some((&self.path, "was overwritten by an older copy"));
        }
        self.highest.fetch_max(now, Ordering::Relaxed);
        None
    }
}

/// Opens the database for reading its header. All users of a file in this process share one descriptor, which is closed
/// after their connections: closing any descriptor of a file releases all of this process's locks on it, including
/// SQLite's (POSIX fcntl).
fn shared(path: &Path) -> std::io::Result<Arc<File>> {
    static OPEN: Mutex<Vec<(FileIdentity, Weak<File>)>> = Mutex::new(Vec::new());
    let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
    open.retain(|(_, file)| file.strong_count() > 0);
    let wanted = identity(&std::fs::metadata(path)?);
    if let Some(file) = open.iter().find(|(known, _)| *known == wanted).and_then(|(_, file)| file.upgrade()) {
        return Ok(file);
    }
    let file = Arc::new(File::open(path)?);
    open.push((identity(&file.metadata()?), Arc::downgrade(&file)));
    Ok(file)
}

fn identity(found: &std::fs::Metadata) -> FileIdentity {
    (found.dev(), found.ino())
}

/// Returns the header of the database; `None` if the file has none.
fn header(raw: &File) -> Option<DatabaseHeader> {
    let mut header = [0; 100];
    raw.read_exact_at(&mut header, 0).ok()?;
    header.starts_with(MAGIC).then_some(header)
}
