//! Removes failures that no longer count. The table therefore contains at most the failures of one day, even if clients
//! try many names.

use crate::{
    Result,
    app::App,
    model::FORGOTTEN,
    store::{Tx, login_failures},
};

/// The number of rows that one transaction removes.
const BATCH: u32 = 500;

/// Removes the failures of keys without a failure for a day, in small transactions, and returns their number. Several
/// nodes may do this at the same time.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn forget_old(app: &App) -> Result<u64> {
    let limit = app.clock.now().minus(FORGOTTEN);
    let mut forgotten = 0;
    loop {
        let batch = {
            let mut conn = app.db.read().await?;
            login_failures::failed_before(&mut conn, limit, BATCH).await?
        };
        if batch.is_empty() {
            return Ok(forgotten);
        }
        forgotten += app
            .db
            .write(async |mut tx: Tx| {
                let mut deleted = 0;
                for failure_key in &batch {
                    deleted += u64::from(login_failures::forget_if_failed_before(&mut tx, failure_key, limit).await?);
                }
                tx.commit(deleted).await
            })
            .await?;
    }
}
