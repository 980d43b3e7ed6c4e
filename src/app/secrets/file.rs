//! The secrets file: readable by its owner only, and replaced atomically.
//!
//! Invariants: the file's name always refers to a complete file. An existing file is replaced, never modified, and
//! keeps its owner, group and mode. Two processes that create it at the same time end up with the same keys. Messages
//! never contain a value.

use std::{
    fs::{File, OpenOptions, Permissions, TryLockError},
    io::{Error as IoError, ErrorKind, Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown},
    path::{Path, PathBuf},
};

use super::document::SecretsDocument;
use crate::{
    Error, Result,
    app::exposure::Exposure,
    config::Config,
    model::{Rng, SecretKey},
};

/// The largest secrets file.
const LARGEST: u64 = 64 * 1024;

/// The path of the secrets.
#[derive(Debug, Clone)]
pub struct SecretsFile {
    path: PathBuf,
    /// The path where older versions of this program stored the fingerprint key.
    adopt_key: PathBuf,
    /// Whether the database is an SQLite file.
    is_beside_file: bool,
}

impl SecretsFile {
    /// Returns the configured file, or the default file of the database.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let beside = match config.database.url.strip_prefix("sqlite:") {
            Some(path) => path.strip_prefix("//").unwrap_or(path),
            None => "doorward",
        };
        let path = config.secrets_file.clone().unwrap_or_else(|| PathBuf::from(format!("{beside}.secrets")));
        let is_beside_file = config.database.url.starts_with("sqlite:");
        Self { path, adopt_key: PathBuf::from(format!("{beside}.adopt-key")), is_beside_file }
    }

    /// Returns its path for display.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads its content; `None` when the file does not exist.
    ///
    /// # Errors
    /// Returns [`Error::Config`] if other users can read it, or its content is invalid.
    pub fn read(&self) -> Result<Option<SecretsDocument>> {
        let Some(text) = read(&self.path)? else { return Ok(None) };
        SecretsDocument::parse(&text).map(Some).map_err(|problem| about(&self.path, problem))
    }

    /// Changes its content, and creates the file if necessary. `change` may run again if another process created the
    /// file meanwhile. An unchanged file is not written, and an empty one is removed.
    ///
    /// # Errors
    /// Returns [`Error::Config`] if the file cannot be read or written, and the errors of `change`.
    pub fn change<T>(&self, rng: &Rng, mut change: impl FnMut(&mut SecretsDocument) -> Result<T>) -> Result<T> {
        let path = real(&self.path);
        let turn = take_turns(&path)?;
        if turn.is_some() {
            remove_partials(&path);
        }
        loop {
            let before = self.read()?;
            let mut document = before.clone().unwrap_or_default();
            if before.is_none() {
                document.set_may_begin(self.is_beside_file);
            }
            let outcome = change(&mut document)?;
            let is_same = before.as_ref() == Some(&document) || (before.is_none() && document.is_empty());
            if is_same {
                return Ok(outcome);
            }
            if document.is_empty() {
                std::fs::remove_file(&path).map_err(|error| unwritten(&path, &error))?;
                return Ok(outcome);
            }
            if write(&path, &document.to_text(), before.is_some(), rng)? {
                return Ok(outcome);
            }
        }
    }

    /// Removes the partial files that killed processes left, which hold keys. Another process that writes is not
    /// disturbed, and a folder that this user cannot change stays as it is.
    pub fn remove_leftovers(&self) {
        let path = real(&self.path);
        if let Ok(folder) = File::open(folder_of(&path))
            && folder.try_lock().is_ok()
        {
            remove_partials(&path);
        }
    }

    /// Records that the SQLite database is in use, so it must not begin again.
    ///
    /// # Errors
    /// Returns [`Error::Config`] if the file cannot be written.
    pub(super) fn note_database_in_use(&self, rng: &Rng) -> Result<()> {
        if !self.is_beside_file {
            return Ok(());
        }
        self.change(rng, |document| {
            document.set_may_begin(false);
            Ok(())
        })
    }

    /// Reads the fingerprint key from the path of older versions, if present.
    ///
    /// # Errors
    /// Returns [`Error::Config`] if the value or the file is invalid.
    pub(super) fn old_adopt_key(&self) -> Result<Option<SecretKey>> {
        let Some(text) = read(&self.adopt_key)? else { return Ok(None) };
        let key = SecretKey::from_hex(text.trim_end());
        key.map(Some).ok_or_else(|| about(&self.adopt_key, "does not contain a key of 64 hexadecimal digits"))
    }

    /// Removes the file that [`SecretsFile::old_adopt_key`] reads, once this file contains its key.
    pub(super) fn remove_old_adopt_key(&self) {
        match std::fs::remove_file(&self.adopt_key) {
            Ok(()) => {
                let (from, to) = (self.adopt_key.display(), self.path.display());
                tracing::info!("the key of the fingerprints was moved from {from} into {to}");
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => {
                tracing::warn!(%error, "{} is no longer needed and could not be removed", self.adopt_key.display())
            }
        }
    }
}

fn about(path: &Path, problem: impl std::fmt::Display) -> Error {
    Error::Config(format!("{}: {problem}", path.display()))
}

fn unwritten(path: &Path, error: &IoError) -> Error {
    about(path, format_args!("cannot be written: {error} (its path is `secrets.path`)"))
}

/// Resolves symbolic links: a new file must not replace the link.
fn real(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

fn read(path: &Path) -> Result<Option<String>> {
    let unread = |error: IoError| about(path, format_args!("cannot be read: {error}"));
    match std::fs::metadata(path) {
        // Reading a pipe would block.
        Ok(found) if !found.is_file() => return Err(about(path, "is not a file")),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unread(error)),
        Ok(_) => {}
    }
    let mut file = File::open(path).map_err(unread)?;
    let found = file.metadata().map_err(unread)?;
    if Exposure::of(&found).is_some() {
        return Err(about(
            path,
            format_args!("can be read or written by other users: run `chmod 600 {}`", path.display()),
        ));
    }
    let mut text = String::new();
    let length = (&mut file).take(LARGEST + 1).read_to_string(&mut text).map_err(|error| match error.kind() {
        ErrorKind::InvalidData => about(path, "is not text"),
        _ => unread(error),
    })?;
    match length {
        0 => Err(about(path, "is empty: restore its content, or remove it if it never had any")),
        length if length as u64 > LARGEST => Err(about(path, "is too large for a secrets file")),
        _ => Ok(Some(text)),
    }
}

/// Locks the folder of `path`, so other processes wait before they change the file.
fn take_turns(path: &Path) -> Result<Option<File>> {
    let folder = File::open(folder_of(path)).map_err(|error| unwritten(path, &error))?;
    match folder.try_lock() {
        Err(TryLockError::WouldBlock) => folder.lock().map_err(|error| unwritten(path, &error))?,
        // Not every file system has locks. Without one, creating the file is still exclusive.
        Err(TryLockError::Error(_)) => return Ok(None),
        Ok(()) => {}
    }
    Ok(Some(folder))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Removes all partial files of `path`. The caller must hold the lock of the folder.
fn remove_partials(path: &Path) {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return };
    let is_partial = |other: &str| {
        let number = other.strip_prefix(name).and_then(|rest| rest.strip_prefix('.'));
        number.is_some_and(|number| number.len() == 16 && number.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    for entry in std::fs::read_dir(folder_of(path)).into_iter().flatten().flatten() {
        // A process writes a regular file. A link is not its work.
        let is_leftover =
            entry.file_name().to_str().is_some_and(is_partial) && entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_leftover && std::fs::remove_file(entry.path()).is_ok() {
            tracing::info!("{} was removed: a killed process left it", entry.path().display());
        }
    }
}

/// A file under a temporary name until it is complete. It is removed on drop.
struct Partial(PathBuf);

impl Partial {
    /// Creates the file in the folder of `path`. Its name is unpredictable, and an existing file of that name is never
    /// replaced.
    fn new(path: &Path, rng: &Rng) -> Result<(Self, File)> {
        let partial = PathBuf::from(format!("{}.{:016x}", path.display(), u64::from_ne_bytes(rng.bytes()?)));
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(&partial);
        file.map(|file| (Self(partial), file)).map_err(|error| unwritten(path, &error))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // After a rename, the file no longer exists.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Writes the file; returns false if another process created it meanwhile.
fn write(path: &Path, text: &str, is_there: bool, rng: &Rng) -> Result<bool> {
    let problem = |error: IoError| unwritten(path, &error);
    let (partial, mut file) = Partial::new(path, rng)?;
    if is_there {
        hand_over(path, &file)?;
    }
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(problem)?;
    if !is_there {
        // Unlike a rename, a link does not replace the file of a faster process; not every file system has links.
        match std::fs::hard_link(&partial.0, path) {
            Ok(()) => {
                drop(partial);
                return sync_folder(path).map(|()| true);
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(false),
            Err(_) => {}
        }
    }
    std::fs::rename(&partial.0, path).map_err(problem)?;
    sync_folder(path).map(|()| true)
}

/// Copies owner, group and mode of the replaced file, because a service must be able to read a file that root changed.
fn hand_over(path: &Path, new: &File) -> Result<()> {
    let problem = |error: IoError| unwritten(path, &error);
    let old = std::fs::metadata(path).map_err(problem)?;
    let made = new.metadata().map_err(problem)?;
    if (made.uid(), made.gid()) != (old.uid(), old.gid()) {
        fchown(new, Some(old.uid()), Some(old.gid())).map_err(|error| {
            let (user, group) = (old.uid(), old.gid());
            about(
                path,
                format_args!("belongs to user {user} and group {group}: run this as that user or as root ({error})"),
            )
        })?;
    }
    new.set_permissions(Permissions::from_mode(old.mode() & 0o777)).map_err(problem)
}

/// Syncs the folder, because a new name is durable only after that.
fn sync_folder(path: &Path) -> Result<()> {
    File::open(folder_of(path)).and_then(|folder| folder.sync_all()).map_err(|error| unwritten(path, &error))
}
