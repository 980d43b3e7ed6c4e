//! The secrets file: read by its owner alone, and written whole under another name first.
//!
//! Invariants: the file's name is only ever given to a whole file, so nobody reads half of one; what is there is replaced and
//! never written into, and keeps its owner, group and mode; two processes that make what is missing at one moment come to
//! the same keys; no message holds a value.

use std::{
    fs::{File, OpenOptions, Permissions, TryLockError},
    io::{Error as IoError, ErrorKind, Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, fchown},
    path::{Path, PathBuf},
};

use super::document::SecretsDocument;
use crate::{
    Error, Result,
    config::Config,
    model::{Rng, SecretKey},
};

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
    pub fn change<T>(&self, rng: &Rng, mut change: impl FnMut(&mut SecretsDocument) -> Result<T>) -> Result<T> {
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
            if write(&path, &document.to_text(), before.is_some(), rng)? {
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

/// A file under a name of its own until it is whole. It goes when it is not needed.
struct Partial(PathBuf);

impl Partial {
    /// Makes one beside `path`: nobody can know its name before, and whatever has that name is left alone.
    fn new(path: &Path, rng: &Rng) -> Result<(Self, File)> {
        let partial = PathBuf::from(format!("{}.{:016x}", path.display(), u64::from_ne_bytes(rng.bytes()?)));
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(&partial);
        file.map(|file| (Self(partial), file)).map_err(|error| unwritten(path, &error))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // After a rename there is none.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Writes the file; false when somebody else has made it meanwhile.
fn write(path: &Path, text: &str, is_there: bool, rng: &Rng) -> Result<bool> {
    let problem = |error: IoError| unwritten(path, &error);
    let (partial, mut file) = Partial::new(path, rng)?;
    if is_there {
        hand_over(path, &file)?;
    }
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(problem)?;
    if !is_there {
        // Unlike a rename, a link leaves the file of somebody who was quicker in its place; not every file system has links.
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

/// Gives a new file the owner, the group and the mode of the one whose place it takes: a service must be able to read what
/// root has changed.
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

/// A new name is on disk only when its folder is.
fn sync_folder(path: &Path) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| unwritten(path, &error))
}
