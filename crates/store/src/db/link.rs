//! What a piece of work holds: a connection to read with, or a transaction to write in.
//!
//! Invariant: a transaction ends by commit or by roll-back and says which; one that is dropped has done nothing.

use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{
    failure::Failure,
    mysql, sqlite,
    value::{Param, Row},
};
use crate::Result;

/// A connection for reading.
pub struct Conn(pub(super) Link);

/// A transaction for writing, which also reads. Dropped without an end, it is rolled back.
pub struct Tx {
    pub(super) conn: Conn,
    pub(super) is_open: bool,
    /// Whether the commit has been asked for, so that it may have taken place whatever comes back.
    pub(super) is_committing: Arc<AtomicBool>,
}

pub(super) enum Link {
    Sqlite(sqlite::Lent),
    MySql(mysql::Lent),
}

/// A transaction that has come to its end, by commit or by roll-back, and what came of it. Only [`Tx::commit`] and
/// [`Tx::roll_back`] make one, so work that forgets to say how it ends does not compile.
pub struct Ended<T>(pub(super) T);

/// What an insert came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    /// The row is there, with this number if the table gives out numbers.
    Row(i64),
    /// A unique key has this value already; nothing was written.
    Duplicate,
    /// A value does not fit its column; nothing was written. Only columns that are not Doorward's own are that narrow.
    Unfit,
}

/// What an update of a unique key came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Updated {
    /// So many rows matched.
    Rows(u64),
    /// Another row has the value already; nothing was written.
    Duplicate,
}

/// The target of the trace event of each statement, by which tests count the statements of a request.
pub const STATEMENT_TARGET: &str = "doorward_store::statement";

/// Emits the text of a statement, which never holds a value.
fn trace(sql: &'static str) {
    tracing::trace!(target: STATEMENT_TARGET, sql);
}

impl Conn {
    /// The first row that `sql` finds, if there is one. On SQLite this runs in place: for look-ups by an index only.
    ///
    /// # Errors
    /// The database's, or `read`'s.
    pub async fn optional<T>(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        trace(sql);
        match &mut self.0 {
            Link::Sqlite(lent) if lent.may_wait() => {
                let connection = lent.for_reading()?;
                sqlite::step_aside(|| sqlite::optional(connection, sql, params, read))
            }
            Link::Sqlite(lent) => sqlite::optional(lent.for_reading()?, sql, params, read),
            Link::MySql(lent) => lent.optional(sql, params, read).await,
        }
    }

    /// All rows that `sql` finds; the statement bounds how many.
    ///
    /// # Errors
    /// The database's, or `read`'s.
    pub async fn all<T>(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        trace(sql);
        match &mut self.0 {
            Link::Sqlite(lent) => sqlite::all(lent.for_reading()?, sql, params, read),
            Link::MySql(lent) => lent.all(sql, params, read).await,
        }
    }
}

impl Tx {
    /// Performs a statement and tells how many rows it matched, changed or not.
    ///
    /// # Errors
    /// The database's.
    pub async fn execute(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<u64> {
        trace(sql);
        match &mut self.conn.0 {
            Link::Sqlite(lent) => Ok(sqlite::execute(lent.for_writing()?, sql, params)?),
            Link::MySql(lent) => Ok(lent.execute(sql, params).await?.0),
        }
    }

    /// Performs an `INSERT`, for which a duplicate key is an answer and not an error.
    ///
    /// # Errors
    /// The database's, but for a duplicate.
    pub async fn insert(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<Inserted> {
        trace(sql);
        let outcome = match &mut self.conn.0 {
            Link::Sqlite(lent) => {
                let connection = lent.for_writing()?;
                sqlite::execute(connection, sql, params).map(|_| connection.last_insert_rowid())
            }
            Link::MySql(lent) => {
                lent.execute(sql, params).await.map(|(_, id)| id.and_then(|id| i64::try_from(id).ok()).unwrap_or(0))
            }
        };
        match outcome {
            Ok(id) => Ok(Inserted::Row(id)),
            Err(Failure::Duplicate) => Ok(Inserted::Duplicate),
            Err(Failure::Unfit(_)) => Ok(Inserted::Unfit),
            Err(failure) => Err(failure.into()),
        }
    }

    /// Performs an `UPDATE` of a unique key, for which a duplicate is an answer and not an error.
    ///
    /// # Errors
    /// The database's, but for a duplicate.
    pub async fn update(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<Updated> {
        trace(sql);
        let outcome = match &mut self.conn.0 {
            Link::Sqlite(lent) => sqlite::execute(lent.for_writing()?, sql, params),
            Link::MySql(lent) => lent.execute(sql, params).await.map(|(matched, _)| matched),
        };
        match outcome {
            Ok(matched) => Ok(Updated::Rows(matched)),
            Err(Failure::Duplicate) => Ok(Updated::Duplicate),
            Err(failure) => Err(failure.into()),
        }
    }

    /// Performs a statement of a migration. MySQL commits it by itself.
    pub(crate) async fn define(&mut self, sql: &'static str) -> Result<()> {
        match &mut self.conn.0 {
            Link::Sqlite(lent) => Ok(sqlite::execute_aside(lent.for_writing()?, sql)?),
            Link::MySql(lent) => match lent.execute_plain(sql).await {
                // A kill came between this statement and its record, or another node was here first.
                Ok(()) | Err(Failure::Applied(_) | Failure::Duplicate) => Ok(()),
                Err(failure) => Err(failure.into()),
            },
        }
    }

    /// Makes it lasting: when this returns, it is on disk.
    ///
    /// # Errors
    /// The database's. Unless it is [`Error::Conflict`], it is then not known whether the commit took place.
    pub async fn commit<T>(mut self, value: T) -> Result<Ended<T>> {
        self.is_committing.store(true, Ordering::Relaxed);
        self.end("COMMIT").await?;
        Ok(Ended(value))
    }

    /// Undoes it all: nothing was written, and `value` says why.
    ///
    /// # Errors
    /// The database's.
    pub async fn roll_back<T>(mut self, value: T) -> Result<Ended<T>> {
        self.end("ROLLBACK").await?;
        Ok(Ended(value))
    }

    async fn end(&mut self, sql: &'static str) -> Result<()> {
        match &mut self.conn.0 {
            Link::Sqlite(lent) => sqlite::execute_aside(lent.for_writing()?, sql)?,
            Link::MySql(lent) => lent.end(sql).await?,
        }
        self.is_open = false;
        Ok(())
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

impl Drop for Tx {
    fn drop(&mut self) {
        // MySQL's connection sees to it by itself when it is dropped.
        if let (true, Link::Sqlite(lent)) = (self.is_open, &self.conn.0)
            && let Ok(connection) = lent.for_writing()
        {
            // Fails only when SQLite has rolled back already.
            drop(sqlite::execute_aside(connection, "ROLLBACK"));
        }
    }
}
