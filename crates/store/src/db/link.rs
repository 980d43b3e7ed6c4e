//! The connections that callers hold: [`Conn`] for reading, and [`Tx`] for writing in a transaction.
//!
//! Invariant: a transaction ends by an explicit commit or roll-back. A dropped transaction is rolled back when its
//! connection is returned.

use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{
    failure::Failure,
    mysql, sqlite, sqlite_statement,
    value::{Param, Row},
};
use crate::{Error, Result};

/// A connection for reading.
pub struct Conn(pub(super) Link);

/// A transaction for writing, which also reads. If it is dropped before its end, it is rolled back.
pub struct Tx {
    pub(super) conn: Conn,
    /// Whether the commit was sent. It may then have succeeded, even if an error is returned.
    pub(super) is_committing: Arc<AtomicBool>,
    /// A row that only this transaction inserts, by which the outcome of its commit can be looked up.
    pub(super) marker: Option<Marker>,
}

/// An update of a row that changes nothing, and the key of the row. It waits for the transaction that inserts the row.
pub(super) struct Marker(&'static str, Vec<u8>);

pub(super) enum Link {
    Sqlite(sqlite::SqliteLink),
    MySql(mysql::MySqlLink),
}

/// The result of a transaction that was committed or rolled back. Only [`Tx::commit`] and [`Tx::roll_back`] create it,
/// so a closure without an explicit end does not compile.
pub struct Ended<T>(pub(super) T);

/// The outcome of an insert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    /// The row was inserted, with this id if the table assigns ids.
    Row(i64),
    /// A unique key already has this value; nothing was written.
    Duplicate,
    /// A value does not fit its column; nothing was written. Only columns of the legacy table are that narrow.
    Unfit,
}

/// The outcome of an update of a unique key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Updated {
    /// The number of matched rows.
    Rows(u64),
    /// Another row already has the value; nothing was written.
    Duplicate,
}

/// The target of the trace event of each statement, by which tests count the statements of a request.
pub const STATEMENT_TARGET: &str = "doorward_store::statement";

/// Emits the text of a statement, which never holds a value.
pub(super) fn trace(sql: &'static str) {
    tracing::trace!(target: STATEMENT_TARGET, sql);
}

impl Conn {
    /// Returns the first row that `sql` finds. On SQLite, it runs on the async thread, so `sql` must be a look-up by an
    /// index.
    ///
    /// # Errors
    /// Returns an error if the database fails, and the errors of `read`.
    pub async fn optional<T>(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        trace(sql);
        match &mut self.0 {
            Link::Sqlite(lent) if lent.may_wait() => {
                let found = sqlite_statement::step_aside(|| {
                    sqlite_statement::optional(lent.for_reading()?, sql, params, read)
                })?;
                lent.require_undisturbed()?;
                Ok(found)
            }
            Link::Sqlite(lent) => sqlite_statement::optional(lent.for_reading()?, sql, params, read),
            Link::MySql(lent) => lent.optional(sql, params, read).await,
        }
    }

    /// Returns all rows that `sql` finds. The statement itself must limit their number.
    ///
    /// # Errors
    /// Returns an error if the database fails, and the errors of `read`.
    pub async fn all<T>(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        trace(sql);
        match &mut self.0 {
            Link::Sqlite(lent) => {
                let found = sqlite_statement::all(lent.for_reading()?, sql, params, read)?;
                lent.require_undisturbed()?;
                Ok(found)
            }
            Link::MySql(lent) => lent.all(sql, params, read).await,
        }
    }
}

impl Tx {
    /// Executes a statement and returns the number of rows that it matched, changed or not.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn execute(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<u64> {
        trace(sql);
        match &mut self.conn.0 {
            Link::Sqlite(lent) => Ok(sqlite_statement::execute(lent.for_writing()?, sql, params)?),
            Link::MySql(lent) => Ok(lent.execute(sql, params).await?.0),
        }
    }

    /// Executes an `INSERT`. A duplicate key is an outcome and not an error.
    ///
    /// # Errors
    /// Returns an error if the database fails for another reason than a duplicate.
    pub async fn insert(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<Inserted> {
        self.insert_described(sql, params).await.map(|(inserted, _)| inserted)
    }

    /// Executes an `INSERT` as [`Tx::insert`] does. Returns also the message of the database for [`Inserted::Unfit`],
    /// which names the column, and for [`Inserted::Duplicate`], which names the key and may quote a value.
    ///
    /// # Errors
    /// Returns an error if the database fails for another reason than a duplicate.
    pub async fn insert_described(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<(Inserted, String)> {
        trace(sql);
        let outcome = match &mut self.conn.0 {
            Link::Sqlite(lent) => {
                let connection = lent.for_writing()?;
                sqlite_statement::execute(connection, sql, params).map(|_| connection.last_insert_rowid())
            }
            Link::MySql(lent) => {
                lent.execute(sql, params).await.map(|(_, id)| id.and_then(|id| i64::try_from(id).ok()).unwrap_or(0))
            }
        };
        match outcome {
            Ok(id) => Ok((Inserted::Row(id), String::new())),
            Err(Failure::Duplicate(message)) => Ok((Inserted::Duplicate, message)),
            Err(Failure::Unfit(message)) => Ok((Inserted::Unfit, message)),
            Err(failure) => Err(failure.into()),
        }
    }

    /// Executes an `UPDATE` of a unique key. A duplicate is an outcome and not an error.
    ///
    /// # Errors
    /// Returns an error if the database fails for another reason than a duplicate.
    pub async fn update(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<Updated> {
        trace(sql);
        let outcome = match &mut self.conn.0 {
            Link::Sqlite(lent) => sqlite_statement::execute(lent.for_writing()?, sql, params),
            Link::MySql(lent) => lent.execute(sql, params).await.map(|(matched, _)| matched),
        };
        match outcome {
            Ok(matched) => Ok(Updated::Rows(matched)),
            Err(Failure::Duplicate(_)) => Ok(Updated::Duplicate),
            Err(failure) => Err(failure.into()),
        }
    }

    /// Declares that this transaction inserted a row with a new random `key`. `sql` is an update of the
    /// row that changes nothing.
    pub(crate) fn mark(&mut self, sql: &'static str, key: &[u8]) {
        self.marker = Some(Marker(sql, key.to_vec()));
    }

    /// Executes a statement of a migration. MySQL commits it at once.
    pub(crate) async fn define(&mut self, sql: &'static str) -> Result<()> {
        match &mut self.conn.0 {
            Link::Sqlite(lent) => lent.as_writer()?.execute_aside(sql),
            Link::MySql(lent) => match lent.define(sql).await {
                // The process was killed between this statement and its record, or another node executed it first.
                Ok(()) | Err(Failure::Applied(_) | Failure::Duplicate(_)) => Ok(()),
                Err(failure) => Err(failure.into()),
            },
        }
    }

    /// Commits the transaction. When this returns, its writes are on disk.
    ///
    /// # Errors
    /// Returns an error if the database fails. [`crate::Error::Uncertain`] means that the commit may have succeeded.
    pub async fn commit<T>(mut self, value: T) -> Result<Ended<T>> {
        self.is_committing.store(true, Ordering::Relaxed);
        match &mut self.conn.0 {
            Link::Sqlite(lent) => lent.as_writer()?.commit(false)?,
            Link::MySql(lent) => {
                if let Err(failed) = lent.commit().await {
                    let Some(error) = outcome(lent, failed, self.marker.as_ref()).await else {
                        return Ok(Ended(value));
                    };
                    let is_known = !matches!(error, Error::Uncertain(_));
                    self.is_committing.store(!is_known, Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
        Ok(Ended(value))
    }

    /// Rolls the transaction back, and returns `value`.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn roll_back<T>(mut self, value: T) -> Result<Ended<T>> {
        match &mut self.conn.0 {
            Link::Sqlite(lent) => lent.as_writer()?.execute_aside("ROLLBACK")?,
            Link::MySql(lent) => lent.roll_back().await?,
        }
        Ok(Ended(value))
    }
}

/// Returns the error of a failed commit; `None` if it succeeded, and only its answer was lost.
async fn outcome(lent: &mut mysql::MySqlLink, failed: mysql::Committing, marker: Option<&Marker>) -> Option<Error> {
    let failure = match failed {
        mysql::Committing::Failed(failure) => return Some(failure.into()),
        mysql::Committing::Unknown(failure) => failure,
    };
    let reason = match Error::from(failure) {
        Error::Unavailable(reason) => reason,
        error => error.to_string(),
    };
    let Some(Marker(sql, key)) = marker else { return Some(Error::Uncertain(reason)) };
    match lent.look_up(sql, key).await {
        Some(true) => None,
        Some(false) => Some(Error::Conflict(format!("the commit failed, and the transaction was undone: {reason}"))),
        None => Some(Error::Uncertain(reason)),
    }
}

impl Deref for Tx {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.conn
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.conn
    }
}
