//! The end of a transaction, and the outcome of a commit whose answer was lost.

use std::time::Duration;

use mysql_async::prelude::Queryable;
use tokio::time::Instant;

use super::{super::failure::Failure, MySqlLink, State, failure};

/// The longest time for looking up the outcome of a commit.
const LOOK_UP: Duration = Duration::from_secs(1);

/// The failure of a commit.
pub(in crate::db) enum Committing {
    /// The transaction was not committed.
    Failed(Failure),
    /// It may have been committed.
    Unknown(Failure),
}

impl MySqlLink {
    /// Rolls the transaction back.
    pub(in crate::db) async fn roll_back(&mut self) -> Result<(), Failure> {
        self.state = State::Ending;
        self.ask(|conn| Box::pin(conn.query_drop("ROLLBACK"))).await?;
        self.state = State::Idle;
        Ok(())
    }

    /// Commits the transaction.
    pub(in crate::db) async fn commit(&mut self) -> Result<(), Committing> {
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
    pub(in crate::db) async fn look_up(&mut self, sql: &'static str, key: &[u8]) -> Option<bool> {
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
}
