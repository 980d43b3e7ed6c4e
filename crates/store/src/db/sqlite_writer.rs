//! The borrowed writer of an SQLite file.
//!
//! Statements run on the async thread. What may wait for the disk or for another process runs on a thread of its own; at
//! most one for each file, because the file has one writer. Invariants: until the writer is returned, readers keep no
//! snapshot. A transaction that is open when the writer is returned was rolled back, also if the caller has gone.

use std::sync::Arc;

use rusqlite::Connection;
use tokio::{sync::OwnedMutexGuard, task::spawn_blocking};

use super::{
    failure::Failure,
    snapshot::Watch,
    sqlite_file::DatabaseFile,
    sqlite_statement::{count_commit, execute_once},
};
use crate::{Error, Result};

/// The borrowed writer.
pub(super) struct Writer {
    /// `None` while a thread works with it.
    held: Option<Held>,
    file: Option<Arc<DatabaseFile>>,
    /// The number of rows that the connection had changed before this use.
    changes: u64,
}

/// The connection, which moves to a thread that may wait, and back.
struct Held {
    connection: OwnedMutexGuard<Connection>,
    watch: Arc<Watch>,
}

impl Writer {
    /// Takes the connection of `watch`'s file.
    pub(super) fn new(
        connection: OwnedMutexGuard<Connection>,
        watch: &Arc<Watch>,
        file: Option<Arc<DatabaseFile>>,
    ) -> Self {
        watch.write_begins();
        let changes = connection.total_changes();
        Self { held: Some(Held { connection, watch: Arc::clone(watch) }), file, changes }
    }

    pub(super) fn connection(&self) -> Result<&Connection> {
        self.held.as_ref().map(|held| &*held.connection).ok_or(Error::Corrupt("the writer is in use"))
    }

    /// Begins a transaction. It takes the write lock now; otherwise a value that the transaction reads could change before
    /// its first write.
    pub(super) async fn begin(&mut self) -> Result<()> {
        self.aside(|held| execute_once(&held.connection, "BEGIN IMMEDIATE")).await
    }

    /// Executes a statement without parameters that may wait.
    pub(super) async fn execute_aside(&mut self, sql: &'static str) -> Result<()> {
        self.aside(move |held| execute_once(&held.connection, sql)).await
    }

    /// Commits, if the files are still those that were opened. The first commit after a checkpoint is counted, and so is
    /// one that changes nothing if it `is_proof` that a commit reaches the disk.
    pub(super) async fn commit(&mut self, is_proof: bool) -> Result<()> {
        let Some(file) = self.file.clone() else { return self.execute_aside("COMMIT").await };
        file.check()?;
        if !is_proof && self.connection()?.total_changes() == self.changes {
            return self.execute_aside("COMMIT").await;
        }
        let outcome = self.aside(move |held| commit_counted(held, &file, is_proof));
        outcome.await
    }

    /// Runs `work` on a thread that may wait.
    async fn aside(
        &mut self,
        work: impl FnOnce(&Held) -> std::result::Result<(), Failure> + Send + 'static,
    ) -> Result<()> {
        let held = self.held.take().ok_or(Error::Corrupt("the writer is in use"))?;
        let done = spawn_blocking(move || {
            let outcome = work(&held);
            (held, outcome)
        });
        let (held, outcome) = done.await.map_err(|error| Error::system("the thread of the writer", error))?;
        self.held = Some(held);
        Ok(outcome?)
    }
}

fn commit_counted(held: &Held, file: &DatabaseFile, is_proof: bool) -> std::result::Result<(), Failure> {
    let mark = held.watch.checkpoint_mark();
    let is_counted = is_proof || file.must_count(mark);
    if is_counted {
        count_commit(&held.connection)?;
    }
    let outcome = execute_once(&held.connection, "COMMIT");
    file.note_commit(outcome.is_ok());
    if is_counted && outcome.is_ok() {
        file.note_count(mark);
    }
    outcome
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.connection.is_autocommit() {
            // Fails only if SQLite has already rolled back.
            drop(execute_once(&self.connection, "ROLLBACK"));
        }
        self.watch.write_ends();
    }
}
