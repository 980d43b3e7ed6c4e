//! Copies the users of an export into a temporary table, in a folder that only this user may read.
//!
//! Each folder has a locked file while its process lives. A folder without the lock is the rest of a process that was killed.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::sync::mpsc;

use super::{fields::UserFields, problem::ExportProblem, reader::read};
use crate::{
    Error, Result,
    config::ExportFile,
    model::{LegacyTableNames, Rng},
    store::{Db, DbOptions, staging::Staging},
};

/// The users that are written at once, and their size in bytes.
const ROWS: usize = 500;
const BYTES: usize = 2 * 1024 * 1024;
/// The batches between the reader and the table.
const BATCHES: usize = 2;
const PATIENCE: Duration = Duration::from_secs(300);

/// The names of the folders begin with this, and 32 hexadecimal digits follow.
const PREFIX: &str = "doorward-adopt-";
/// The locked file. It gets this name after it was locked.
const LOCK: &str = "lock";

/// A temporary table. Its folder is removed when the value is dropped.
pub struct Staged {
    folder: PathBuf,
    /// Locked until the process ends, however it ends.
    _lock: File,
    /// The URL of its database.
    pub url: String,
}

impl Drop for Staged {
    fn drop(&mut self) {
        // It is in the folder for temporary files, so a failure costs only space.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Copies the users of `file`. The table of `names` is the kind of object that holds users, for exports that have several.
///
/// # Errors
/// Returns [`Error::Config`] with the place in the file if it cannot be read, and another error if the table cannot be
/// written.
pub async fn stage(file: &ExportFile, names: &LegacyTableNames, rng: &Rng) -> Result<Staged> {
    let staged = Staged::new(rng)?;
    let options = DbOptions { url: staged.url.clone(), connections: 1, timeout: PATIENCE };
    let mut table = Staging::new(Db::open_foreign(&options, rng.clone(), true)?);
    let (sender, mut batches) = mpsc::channel(BATCHES);
    let (source, model) = (file.clone(), names.table.clone());
    let reader = tokio::task::spawn_blocking(move || read_in_batches(&source, model.as_deref(), &sender));
    while let Some(batch) = batches.recv().await {
        table
            .add(&batch.iter().map(UserFields::as_slice).collect::<Vec<_>>())
            .await
            .map_err(|error| in_file(file, error))?;
    }
    let outcome = reader.await.map_err(|error| Error::system("the reader of the export", error))?;
    outcome.map_err(|problem| Error::Config(format!("{}: {problem}", file.path)))?;
    table.finish(names.id.as_deref().unwrap_or("id")).await?;
    Ok(staged)
}

/// Adds the file to an error about its content.
fn in_file(file: &ExportFile, error: Error) -> Error {
    match error {
        Error::Config(message) => Error::Config(format!("{}: {message}", file.path)),
        error => error,
    }
}

fn read_in_batches(
    file: &ExportFile,
    model: Option<&str>,
    sender: &mpsc::Sender<Vec<UserFields>>,
) -> std::result::Result<(), ExportProblem> {
    let (mut batch, mut bytes) = (Vec::new(), 0);
    let outcome = read(file, model, &mut |fields| {
        bytes += fields.bytes();
        batch.push(fields);
        if batch.len() < ROWS && bytes < BYTES {
            return true;
        }
        bytes = 0;
        // The receiver is gone if the table could not be written.
        sender.blocking_send(std::mem::take(&mut batch)).is_ok()
    });
    if !batch.is_empty() {
        let _ = sender.blocking_send(batch);
    }
    outcome
}

impl Staged {
    fn new(rng: &Rng) -> Result<Self> {
        let name: String = rng.bytes::<16>()?.iter().map(|byte| format!("{byte:02x}")).collect();
        let temporary = std::env::temp_dir();
        let folder = temporary.join(format!("{PREFIX}{name}"));
        let cannot = |error| Error::system("cannot create a temporary folder", error);
        let create =
            |path: &Path| OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(cannot);
        DirBuilder::new().mode(0o700).create(&folder).map_err(cannot)?;
        let lock = create(&folder.join("new"))?;
        lock.lock().map_err(cannot)?;
        std::fs::rename(folder.join("new"), folder.join(LOCK)).map_err(cannot)?;
        remove_abandoned(&temporary, &folder);
        let path = folder.join("export.db");
        let url = format!("sqlite:{}", path.display());
        let staged = Self { folder, _lock: lock, url };
        create(&path)?;
        Ok(staged)
    }
}

/// Removes the folders of processes that were killed. A folder of another user, or one that cannot be removed, stays.
fn remove_abandoned(temporary: &Path, own: &Path) {
    let Ok(own) = std::fs::symlink_metadata(own) else { return };
    for entry in std::fs::read_dir(temporary).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let digits = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        let is_named =
            digits.is_some_and(|digits| digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let is_ours = || entry.metadata().is_ok_and(|found| found.is_dir() && found.uid() == own.uid());
        if !is_named || !is_ours() {
            continue;
        }
        if File::open(entry.path().join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}
