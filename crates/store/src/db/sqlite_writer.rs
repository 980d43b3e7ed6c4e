//! The borrowed writer of an SQLite file.
//!
//! Statements run on the async thread; what may wait for the disk or for another process, in [`step_aside`]. Invariants:
//! until the writer is returned, readers keep no snapshot. A transaction that is open when the writer is returned was
//! rolled back, also if the caller has gone.

use std::sync::Arc;

use rusqlite::Connection;
use tokio::sync::OwnedMutexGuard;

use super::{
    failure::Failure,
    snapshot::Watch,
    sqlite_file::DatabaseFile,
    sqlite_statement::{count_commit, execute_once, step_aside},
};
use crate::Result;

/// The borrowed writer.
pub(super) struct Writer {
    held: Held,
    file: Option<Arc<DatabaseFile>>,
    /// The number of rows that the connection had changed before this use.
    changes: u64,
}

/// The connection until it is returned.
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
        Self { held: Held { connection, watch: Arc::clone(watch) }, file, changes }
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.held.connection
    }

    /// Begins a transaction. It takes the write lock now; otherwise a value that the transaction reads could change before
    /// its first write.
    pub(super) fn begin(&self) -> Result<()> {
        self.execute_aside("BEGIN IMMEDIATE")
    }

    /// Executes a statement without parameters that may wait.
    pub(super) fn execute_aside(&self, sql: &'static str) -> Result<()> {
        Ok(step_aside(|| execute_once(&self.held.connection, sql))?)
    }

    /// Commits, if the files are still those that were opened. The first commit after a checkpoint is counted, and so is
    /// one that changes nothing if it `is_proof` that a commit reaches the disk.
    pub(super) fn commit(&self, is_proof: bool) -> Result<()> {
        let Some(file) = &self.file else { return self.execute_aside("COMMIT") };
        file.check()?;
        if !is_proof && self.connection().total_changes() == self.changes {
            return self.execute_aside("COMMIT");
        }
        Ok(step_aside(|| commit_counted(&self.held, file, is_proof))?)
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
