//! Transactions of one statement, which a server commits by itself.

use tokio::time::Instant;

use super::{Db, Engine, Tx, failure::Failure, link, link::Updated, mysql::MySqlLink, retry::Retries, value::Param};
use crate::Result;

impl Db {
    /// Executes one statement as a transaction of its own. On MySQL, this saves the round trips of the begin and the
    /// commit.
    ///
    /// `sql` must be safe to execute twice, which happens after the loss of a connection: a conditional update, or an
    /// insert of a unique key. No client must be told its outcome, because it may have been executed even if this fails.
    ///
    /// # Errors
    /// Returns the errors of [`Db::write`].
    pub(crate) async fn execute_alone(&self, sql: &'static str, params: &[Param<'_>]) -> Result<Updated> {
        let Engine::MySql(pool) = &self.engine else {
            return self
                .write(async |mut tx: Tx| {
                    let updated = tx.update(sql, params).await?;
                    tx.commit(updated).await
                })
                .await;
        };
        self.require_schema()?;
        let mut retries = Retries::new(Some(Instant::now() + self.timeout), self.has_choice());
        loop {
            link::trace(sql);
            let attempt = async {
                let mut lent = MySqlLink::from_pool(pool, retries.deadline).await.map_err(Failure::Other)?;
                lent.execute(sql, params).await
            };
            match attempt.await {
                Ok((matched, _)) => return Ok(Updated::Rows(matched)),
                Err(Failure::Duplicate(_)) => return Ok(Updated::Duplicate),
                Err(failure) => retries.prepare(failure.into(), false, &self.rng).await?,
            }
        }
    }
}
