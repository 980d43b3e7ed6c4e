//! The ticket of a counted attempt, by which the caller ends the attempt.
//!
//! Invariant: an attempt stays counted as a failure until [`ThrottleTicket::pass`], [`ThrottleTicket::pass_at_once`] or
//! [`ThrottleTicket::refund`] consumes its ticket. A ticket that is dropped by an error, a cancelled request or a
//! mistake therefore counts as a failure.

use crate::{
    Result,
    app::{Admission, App},
    model::{FailureKey, UnixMillis, UserId},
    store::{Tx, login_failures},
};

/// The maximum number of tries to count an attempt while other requests count at the same moment. One of them succeeds
/// each time, and after a few failures all must wait. Only frequent logins of one user need more tries.
pub(super) const TRIES: usize = 12;

/// An attempt that is counted as a failure until its ticket passes or is refunded.
#[must_use = "a ticket that is dropped stays a failure"]
pub(in crate::ops) struct ThrottleTicket {
    admission: Admission,
    /// The counted row; `None` while throttling is off.
    count: Option<Count>,
}

/// The committed row in which an attempt is counted.
pub(super) struct Count {
    pub failure_key: FailureKey,
    pub user: Option<UserId>,
    pub at: UnixMillis,
}

/// The proof that a transaction has removed the failures that a right password invalidates.
#[must_use]
pub(in crate::ops) struct Cleared(());

/// Removes all failures of a user whose password changes, because they do not count for the new password.
pub(in crate::ops) async fn clear_all_of(tx: &mut Tx, user: UserId) -> Result<Cleared> {
    login_failures::forget_all_of(tx, user).await?;
    Ok(Cleared(()))
}

impl ThrottleTicket {
    pub(super) fn new(admission: Admission, count: Option<Count>) -> Self {
        Self { admission, count }
    }

    /// Removes the failures of this attempt's failure key, in the transaction after the right password.
    pub(in crate::ops) async fn clear(&self, tx: &mut Tx) -> Result<Cleared> {
        if let Some(count) = &self.count {
            login_failures::forget(tx, &count.failure_key).await?;
        }
        Ok(Cleared(()))
    }

    /// Ends an attempt whose password was right, once the transaction that cleared its failures is committed.
    pub(in crate::ops) fn pass(self, app: &App, _: Cleared) {
        app.rate_limits.give_back(self.admission);
    }

    /// Ends an attempt whose password was right and that writes nothing else.
    pub(in crate::ops) async fn pass_at_once(self, app: &App) -> Result<()> {
        let cleared = match &self.count {
            None => Cleared(()),
            Some(_) => {
                app.db
                    .write(async |mut tx: Tx| {
                        let cleared = self.clear(&mut tx).await?;
                        tx.commit(cleared).await
                    })
                    .await?
            }
        };
        self.pass(app, cleared);
        Ok(())
    }

    /// Ends an attempt that counts as a failure. The count is already committed, so nothing is written.
    pub(in crate::ops) fn fail(self) {}

    /// Ends an attempt that tested nothing. A count that cannot be removed stays a failure.
    pub(in crate::ops) async fn refund(self, app: &App) {
        app.rate_limits.give_back(self.admission);
        let Some(count) = self.count else { return };
        if let Err(error) = count.take_back(app).await {
            tracing::warn!(%error, "an attempt that tested no password still counts as a failed login");
        }
    }
}

impl Count {
    async fn take_back(&self, app: &App) -> Result<()> {
        for _ in 0..TRIES {
            let stored = login_failures::find(&mut app.db.read().await?, &self.failure_key).await?;
            // A right password has removed all failures meanwhile.
            let Some(stored) = stored else { return Ok(()) };
            let is_done = match stored.clone().without(self.at) {
                Some(left) if left == stored => return Ok(()),
                Some(left) => {
                    login_failures::replace_alone(&app.db, (&self.failure_key, self.user), Some(&stored), &left).await?
                }
                None => login_failures::forget_alone(&app.db, &self.failure_key, &stored).await?,
            };
            if is_done {
                return Ok(());
            }
        }
        Ok(())
    }
}
