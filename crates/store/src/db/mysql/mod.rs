//! MySQL and MariaDB: a pool of checked connections, with a deadline for each call.
//!
//! Invariant: a connection whose query was interrupted, by its caller or by a deadline, is never used again. Otherwise
//! the late result of that query could be read as the result of the next one.

mod connect;
mod failure;
mod host_records;
mod judgment;
mod pool;
mod session;
mod url;

use std::{pin::Pin, sync::Arc, time::Duration};

use mysql_async::{Conn, consts::StatusFlags, prelude::Queryable};
use tokio::time::{Instant, timeout};

use self::{
    connect::{by, gone, positional},
    pool::Lent,
};
pub(super) use self::{
    failure::Committing,
    pool::HostPool,
    session::Usage,
    url::{check_files, hosts},
};
use super::{
    failure::Failure,
    value::{Param, Row},
};
use crate::{Error, Result};

/// The longest time for closing an abandoned connection.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// The longest time for looking up the outcome of a commit.
const LOOK_UP: Duration = Duration::from_secs(1);

/// A borrowed connection, and the state of its protocol.
pub(super) struct MySqlLink {
    pool: Arc<HostPool>,
    lent: Option<Lent>,
    state: State,
    deadline: Option<Instant>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// No query is in progress, and no transaction is open. Nothing was asked yet, so the connection may be exchanged.
    New,
    /// No query is in progress, and no transaction is open.
    Idle,
    /// A transaction is open.
    InTransaction,
    /// A transaction was open, which a definition has committed.
    Defined,
    /// The end of a transaction was requested.
    Ending,
    /// A query was sent, and its result has not been read completely; or the connection is not fit.
    Unanswered,
}

/// A query in progress. Its type names no closure, because a query may be repeated.
type Asked<'conn, T> = Pin<Box<dyn Future<Output = mysql_async::Result<T>> + Send + 'conn>>;

/// Creates a pool for `url` with at most `connections`. It connects at its first use.
pub(super) fn pool(url: &str, usage: Usage, connections: usize) -> Result<Arc<HostPool>> {
    let hosts = hosts(url)?;
    check_files(url)?;
    Ok(Arc::new(HostPool::new(hosts, usage, connections)))
}

impl MySqlLink {
    /// Returns the first row.
    pub(super) async fn optional<T>(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let params = positional(params);
        let row: Option<mysql_async::Row> = self
            .ask(|conn| {
                let params = params.clone();
                Box::pin(async move { conn.exec_first(sql, params).await })
            })
            .await?;
        row.map(|row| read(&Row::MySql(&row))).transpose()
    }

    /// Returns all rows.
    pub(super) async fn all<T>(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let params = positional(params);
        let rows: Vec<mysql_async::Row> = self
            .ask(|conn| {
                let params = params.clone();
                Box::pin(async move { conn.exec(sql, params).await })
            })
            .await?;
        rows.iter().map(|row| read(&Row::MySql(row))).collect()
    }

    /// Executes a statement, and returns the number of matched rows and the id that it assigned.
    pub(super) async fn execute(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
    ) -> std::result::Result<(u64, Option<u64>), Failure> {
        let params = positional(params);
        self.ask(|conn| {
            let params = params.clone();
            Box::pin(async move {
                conn.exec_drop(sql, params).await?;
                Ok((conn.affected_rows(), conn.last_insert_id()))
            })
        })
        .await
    }

    /// Executes a definition, which ends the transaction.
    pub(super) async fn define(&mut self, sql: &'static str) -> std::result::Result<(), Failure> {
        if self.state == State::InTransaction {
            self.state = State::Defined;
        }
        self.ask(|conn| Box::pin(conn.query_drop(sql))).await
    }

    /// Begins a transaction that may write, whatever the default of the server is.
    pub(super) async fn begin(&mut self) -> std::result::Result<(), Failure> {
        self.ask(|conn| Box::pin(conn.query_drop("START TRANSACTION READ WRITE"))).await?;
        self.state = State::InTransaction;
        // Without a transaction, each statement would be committed alone.
        self.require_transaction(Ok(()))
    }

    /// Rolls the transaction back.
    pub(super) async fn roll_back(&mut self) -> std::result::Result<(), Failure> {
        self.state = State::Ending;
        self.ask(|conn| Box::pin(conn.query_drop("ROLLBACK"))).await?;
        self.state = State::Idle;
        Ok(())
    }

    /// Commits the transaction.
    pub(super) async fn commit(&mut self) -> std::result::Result<(), Committing> {
        self.state = State::Ending;
        match self.ask(|conn| Box::pin(conn.query_drop("COMMIT"))).await {
            Ok(()) => {
                self.state = State::Idle;
                Ok(())
            }
            Err(failure) if failure::is_surely_not_committed(&failure) => Err(Committing::Failed(failure)),
            Err(failure) => {
                // The outcome of the connection's transaction is looked up on another one.
                self.state = State::Unanswered;
                Err(Committing::Unknown(failure))
            }
        }
    }

    /// Returns whether the transaction that inserted a row was committed, after the answer to its commit was lost. `sql`
    /// must be an update of the row that changes nothing, because it waits for the end of the transaction. Returns `None` if the outcome
    /// cannot be known: no server answers in time, or only another one, to which the commit may still be replicated.
    pub(super) async fn look_up(&mut self, sql: &'static str, key: &[u8]) -> Option<bool> {
        // The server ends the session, and with it a transaction that is not committed.
        let origin = self.lent.take()?.origin;
        let end = Instant::now() + LOOK_UP;
        while Instant::now() < end {
            if let Ok(mut link) = Self::from_pool(&self.pool, Some(end)).await
                && let Ok((matched, _)) = link.execute(sql, &[key.into()]).await
            {
                let is_same = link.lent.as_ref().is_some_and(|lent| lent.origin.server == origin.server);
                return (matched > 0 || is_same).then_some(matched > 0);
            }
            tokio::time::sleep(LOOK_UP / 20).await;
        }
        None
    }

    /// Sends one query and reads its whole result before the deadline. The first query of a connection that was idle
    /// is repeated on another one if the server has closed it or is no longer fit, because nothing was done.
    async fn ask<T>(
        &mut self,
        query: impl for<'conn> Fn(&'conn mut Conn) -> Asked<'conn, T>,
    ) -> std::result::Result<T, Failure> {
        let mut attempts = self.pool.attempts();
        loop {
            let before = std::mem::replace(&mut self.state, State::Unanswered);
            let Some(lent) = self.lent.as_mut().filter(|_| before != State::Unanswered) else { return Err(gone()) };
            let result = by(self.deadline, query(&mut lent.conn)).await;
            if let Some(reason) = result.as_ref().err().and_then(failure::lasting) {
                self.pool.note_trouble(reason);
            }
            let Err(Failure::Gone(error)) = result else {
                self.state = if before == State::New { State::Idle } else { before };
                return self.require_transaction(result);
            };
            let is_late = self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
            // One slow answer is no reason to leave the only host.
            if self.pool.has_choice() || !is_late {
                self.pool.leave(&lent.origin);
            }
            attempts = attempts.saturating_sub(1);
            if before != State::New || is_late || attempts == 0 || !lent.is_reused && !self.pool.has_choice() {
                return Err(Failure::Gone(error));
            }
            self.lent = None;
            self.lent = Some(self.pool.borrow(self.deadline).await?);
            self.state = State::New;
        }
    }

    /// Fails if the server reports that the transaction is no longer open. A cluster or a proxy may have ended it, and
    /// a commit would then succeed without it.
    fn require_transaction<T>(&self, result: std::result::Result<T, Failure>) -> std::result::Result<T, Failure> {
        if self.state != State::InTransaction || result.is_err() {
            return result;
        }
        let status = self.lent.as_ref().and_then(|lent| lent.conn.last_ok_packet()).map(|ok| ok.status_flags());
        match status {
            Some(status) if !status.contains(StatusFlags::SERVER_STATUS_IN_TRANS) => {
                Err(Failure::Other(Error::Conflict("the server ended the transaction".to_owned())))
            }
            _ => result,
        }
    }
}

impl Drop for MySqlLink {
    fn drop(&mut self) {
        let Some(lent) = self.lent.take() else { return };
        if matches!(self.state, State::New | State::Idle) {
            self.pool.take_back(lent);
            return;
        }
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let rolls_back = matches!(self.state, State::InTransaction | State::Defined | State::Ending);
        let pool = Arc::clone(&self.pool);
        runtime.spawn(async move {
            let mut lent = lent;
            let close = async {
                if rolls_back && lent.conn.query_drop("ROLLBACK").await.is_ok() {
                    pool.take_back(lent);
                } else {
                    // After the disconnect, the server rolls back an open transaction.
                    lent.close().await;
                }
            };
            drop(timeout(CLOSE_TIMEOUT, close).await);
        });
    }
}
