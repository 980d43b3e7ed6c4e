//! The retries of a transaction: after a conflict, and on another server.
//!
//! Invariant: a transaction whose commit was sent is not run again, unless it certainly failed.

use std::time::Duration;

use tokio::time::Instant;

use crate::{Error, Result, model::Rng};

/// The maximum number of retries of a transaction.
const MOST: u32 = 3;

/// The retries of one transaction.
pub(super) struct Retries {
    pub deadline: Option<Instant>,
    /// Whether the database has several servers.
    has_choice: bool,
    made: u32,
    /// The last conflict.
    conflict: Option<Error>,
}

impl Retries {
    pub(super) fn new(deadline: Option<Instant>, has_choice: bool) -> Self {
        Self { deadline, has_choice, made: 0, conflict: None }
    }

    /// Waits before the next attempt.
    ///
    /// # Errors
    /// Returns the error of the transaction if it must not run again.
    pub(super) async fn prepare(&mut self, error: Error, is_committing: bool, rng: &Rng) -> Result<()> {
        let are_left = self.made < MOST && self.deadline.is_none_or(|end| Instant::now() < end);
        match error {
            error @ Error::Conflict(_) if are_left => {
                self.made += 1;
                self.conflict = Some(error);
                pause(self.made, rng).await
            }
            // Nothing was committed, and another server may do.
            error if error.is_outage() && self.has_choice && !is_committing && are_left => {
                self.made += 1;
                Ok(())
            }
            // The deadline ended a retry, so the cause is the conflict and not an unavailable database. This does not
            // apply to the commit, which may have succeeded.
            Error::Unavailable(reason) if !is_committing => {
                Err(self.conflict.take().unwrap_or(Error::Unavailable(reason)))
            }
            error => Err(error),
        }
    }
}

/// Waits for some milliseconds: longer at each retry, and random, so that two nodes do not collide again.
async fn pause(tries: u32, rng: &Rng) -> Result<()> {
    let [random] = rng.bytes()?;
    tokio::time::sleep(Duration::from_millis(u64::from(random % 8 + 1) * 2_u64.pow(tries))).await;
    Ok(())
}
