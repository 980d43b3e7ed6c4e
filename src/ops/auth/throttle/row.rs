//! The row of a failure key, and its conditional replacement.

use crate::{
    Result,
    app::App,
    model::{FailureKey, Failures, UserId},
    store::{Tx, login_failures},
};

/// The maximum number of tries to count an attempt while other requests count at the same moment. One of them succeeds
/// each time, and after a few failures all must wait. Only frequent logins of one user need more tries.
pub(super) const TRIES: usize = 12;

/// Replaces the row if it is still `old`. Returns false if another request was faster.
pub(super) async fn replace(
    app: &App,
    key: (&FailureKey, Option<UserId>),
    old: Option<&Failures>,
    new: &Failures,
) -> Result<bool> {
    app.db
        .write(async |mut tx: Tx| {
            let is_replaced = login_failures::replace(&mut tx, key, old, new).await?;
            tx.commit(is_replaced).await
        })
        .await
}
