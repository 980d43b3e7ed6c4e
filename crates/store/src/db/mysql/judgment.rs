//! When the server of an existing connection is judged again.
//!
//! A server may become a secondary, leave its cluster or change its settings while connections to it are idle. Invariant:
//! a connection that was used before is lent only if its server was judged within the last second.

use std::sync::Arc;

use tokio::time::Instant;

use super::{
    MySqlLink, State,
    connect::{by_failure, gone},
    pool::HostPool,
    session,
};
use crate::{Error, Remedy, Result};

impl MySqlLink {
    /// Borrows a connection from `pool` before `deadline`. Once a second it is judged again.
    pub(in crate::db) async fn from_pool(pool: &Arc<HostPool>, deadline: Option<Instant>) -> Result<Self> {
        loop {
            let (mut link, is_reused) = Self::borrow(pool, deadline).await?;
            // After a failure the connections to this server are discarded, so the next one is new.
            if !is_reused || !link.must_be_judged() || link.judge_once().await.is_ok() {
                return Ok(link);
            }
        }
    }

    async fn borrow(pool: &Arc<HostPool>, deadline: Option<Instant>) -> Result<(Self, bool)> {
        let lent = pool.borrow(deadline).await?;
        let is_reused = lent.is_reused;
        Ok((Self { pool: Arc::clone(pool), lent: Some(lent), state: State::New, deadline }, is_reused))
    }

    fn must_be_judged(&self) -> bool {
        self.lent.as_ref().is_some_and(|lent| self.pool.claim_judgment(&lent.origin))
    }

    /// Judges the server of a connection from `pool` again. A connection that the server has closed is replaced.
    pub(in crate::db) async fn judge(pool: &Arc<HostPool>, deadline: Option<Instant>) -> Result<()> {
        if let Some(reason) = pool.trouble() {
            return Err(Error::unusable(Remedy::Operator, reason));
        }
        loop {
            let (mut link, is_reused) = Self::borrow(pool, deadline).await?;
            match link.judge_once().await {
                Err(_) if is_reused && deadline.is_none_or(|end| Instant::now() < end) => {}
                judged => return judged,
            }
        }
    }

    async fn judge_once(&mut self) -> Result<()> {
        let usage = self.pool.usage();
        let Some(lent) = self.lent.as_mut() else { return Err(gone().into()) };
        let before = std::mem::replace(&mut self.state, State::Unanswered);
        let judged = by_failure(self.deadline, session::judge_again(&mut lent.conn, usage)).await;
        if judged.is_ok() {
            self.state = before;
        } else {
            self.pool.leave(&lent.origin);
        }
        Ok(judged?)
    }
}
