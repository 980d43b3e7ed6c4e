//! The secrets file: read by its owner alone, and written whole under another name first.
//!
//! Invariants: nobody ever reads half a file; two processes that make what is missing at one moment come to the same
//! keys; no message holds a value.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Error as IoError, ErrorKind, Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use super::document::SecretsDocument;
use crate::{Error, Result, config::Config, model::SecretKey};

/// No file of secrets is larger.
const LARGEST: u64 = 64 * 1024;

/// Where the secrets are kept.
#[derive(Debug, Clone)]
pub struct SecretsFile {
    path: PathBuf,
    /// Where older versions of this program kept the key of the fingerprints.
    adopt_key: PathBuf,
}

impl SecretsFile {
    /// The one that `config` names, or else that of its database.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let beside = match config.database.url.strip_prefix("sqlite:") {
            Some(path) => path.strip_prefix("//").unwrap_or(path),
            None => "doorward",
        };
        let path = config.secrets_file.clone().unwrap_or_else(|| PathBuf::from(format!("{beside}.secrets")));
        Self { path, adopt_key: PathBuf::from(format!("{beside}.adopt-key")) }
    }

    /// Its path, for people.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it says; `None` when it is not there.
    ///
    /// # Errors
    /// [`Error::Config`] when others can read it or it is not what it should be.
    pub fn read(&self) -> Result<Option<SecretsDocument>> {
        let Some(text) = read(&self.path)? else { return Ok(None) };
        SecretsDocument::parse(&text).map(Some).map_err(|problem| about(&self.path, problem))
    }

    /// Changes what it says, and makes it if it is not there. `change` may be called again when somebody else has made the
    /// file meanwhile. Nothing is written when nothing was changed; a file without content is removed.
    ///
    /// # Errors
    /// [`Error::Config`] when it cannot be read or written; what `change` returns.
    pub fn change<T>(&self, mut change: impl FnMut(&mut SecretsDocument) -> Result<T>) -> Result<T> {
        let path = real(&self.path);
        let _turn = take_turns(&path)?;
        loop {
            let before = self.read()?;
            let mut document = before.clone().unwrap_or_default();
            let outcome = change(&mut document)?;
            let is_same = before.as_ref() == Some(&document) || (before.is_none() && document.is_empty());
            if is_same {
                return Ok(outcome);
            }
            if document.is_empty() {
                std::fs::remove_file(&path).map_err(|error| unwritten(&path, &error))?;
                return Ok(outcome);
            }
            if write(&path, &document.to_text(), before.is_some())? {
                return Ok(outcome);
            }
        }
    }

    /// The key of the fingerprints where an older version of this program kept it, if it is there.
    ///
    /// # Errors
    /// [`Error::Config`].
    pub(super) fn old_adopt_key(&self) -> Result<Option<SecretKey>> {
        let Some(text) = read(&self.adopt_key)? else { return Ok(None) };
        let key = SecretKey::from_hex(text.trim_end());
        key.map(Some).ok_or_else(|| about(&self.adopt_key, "holds no key of 64 hexadecimal digits"))
    }

    /// Removes the file that [`SecretsFile::old_adopt_key`] reads, once its key stands in this one.
    pub(super) fn remove_old_adopt_key(&self) {
        match std::fs::remove_file(&self.adopt_key) {
            Ok(()) => {
                let (from, to) = (self.adopt_key.display(), self.path.display());
                tracing::info!("the key of the fingerprints was moved from {from} into {to}");
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => tracing::warn!(%error, "{} is not needed any more", self.adopt_key.display()),
        }
    }
}

fn about(path: &Path, problem: impl std::fmt::Display) -> Error {
    Error::Config(format!("{}: {problem}", path.display()))
}

fn unwritten(path: &Path, error: &IoError) -> Error {
    about(path, format_args!("cannot be written: {error} (`secrets.path` says where it is)"))
}

/// The file itself, where `path` is a link to it: a new file must not take the place of the link.
fn real(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

fn read(path: &Path) -> Result<Option<String>> {
    let unread = |error: IoError| about(path, format_args!("cannot be read: {error}"));
    match std::fs::metadata(path) {
        // A pipe would be waited for.
        Ok(found) if !found.is_file() => return Err(about(path, "is no file")),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unread(error)),
        Ok(_) => {}
    }
    let mut file = File::open(path).map_err(unread)?;
    let found = file.metadata().map_err(unread)?;
    if is_open_to_others(found.mode(), found.uid()) {
        return Err(about(path, format_args!("others can read or write it: run `chmod 600 {}`", path.display())));
    }
    let mut text = String::new();
    let length = (&mut file).take(LARGEST + 1).read_to_string(&mut text).map_err(|error| match error.kind() {
        ErrorKind::InvalidData => about(path, "is not text"),
        _ => unread(error),
    })?;
    match length {
        0 => Err(about(path, "is empty: bring back its content, or remove it if it never had any")),
        length if length as u64 > LARGEST => Err(about(path, "is too large to be a file of secrets")),
        _ => Ok(Some(text)),
    }
}

/// Whether anybody but its owner can read or write a file of this mode. The group may read what belongs to root: that is how
/// orchestrators hand secrets to a service without rights.
fn is_open_to_others(mode: u32, owner: u32) -> bool {
    let allowed = if owner == 0 { 0o640 } else { 0o600 };
    mode & 0o077 & !allowed != 0
}

/// Holds the folder of `path`, so that whoever else changes the file there waits.
fn take_turns(path: &Path) -> Result<Option<File>> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = File::open(folder).map_err(|error| unwritten(path, &error))?;
    match folder.try_lock() {
        Err(TryLockError::WouldBlock) => folder.lock().map_err(|error| unwritten(path, &error))?,
        // Not every file system has locks. Without one, whoever makes the file is still the only one.
        Err(TryLockError::Error(_)) => return Ok(None),
        Ok(()) => {}
    }
    Ok(Some(folder))
}

/// Writes the file; false when somebody else has made it meanwhile.
fn write(path: &Path, text: &str, is_there: bool) -> Result<bool> {
    let problem = |error: IoError| unwritten(path, &error);
    let partial = PathBuf::from(format!("{}.{}", path.display(), std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&partial).map_err(problem)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(problem)?;
    if !is_there {
        // Unlike a rename, a link leaves the file of somebody who was quicker in its place; not every file system has links.
        match std::fs::hard_link(&partial, path) {
            Ok(()) => {
                std::fs::remove_file(&partial).map_err(problem)?;
                return sync_folder(path).map(|()| true);
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                return std::fs::remove_file(&partial).map(|()| false).map_err(problem);
            }
            Err(_) => {}
        }
    }
    std::fs::rename(&partial, path).map_err(problem)?;
    sync_folder(path).map(|()| true)
}

/// A new name is on disk only when its folder is.
fn sync_folder(path: &Path) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| unwritten(path, &error))
}
