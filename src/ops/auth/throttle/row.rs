//! The row of a failure key, and its conditional replacement.

use crate::{
    Result,
    app::App,
    model::{FailureKey, Failures, UserId},
    store::{Tx, login_failures},
};

/// How often a count is tried when other requests count at the same moment. Each time one of them has succeeded, and after a
/// few of those all have to wait. More tries are needed only when a user logs in over and over.
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
