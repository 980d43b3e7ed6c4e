//! Ends sessions: those that an operator names, and those that have expired.

use crate::{
    Result,
    app::App,
    model::{Uid, UserId},
    store::{Tx, sessions},
};

/// Expired sessions that are removed in one transaction.
const BATCH: u32 = 500;

/// Ends one session; false when there is no such.
///
/// # Errors
/// The database's.
pub async fn one(app: &App, uid: Uid) -> Result<bool> {
    app.db
        .write(async |mut tx: Tx| {
            let found = sessions::end(&mut tx, uid).await?;
            tx.commit(found).await
        })
        .await
}

/// Ends all sessions of a user and tells how many there were.
///
/// # Errors
/// The database's.
pub async fn all_of(app: &App, user: UserId) -> Result<u64> {
    app.db
        .write(async |mut tx: Tx| {
            let ended = sessions::end_all_of(&mut tx, user).await?;
            tx.commit(ended).await
        })
        .await
}

/// Ends every session there is and tells how many there were.
///
/// # Errors
/// The database's.
pub async fn all(app: &App) -> Result<u64> {
    app.db
        .write(async |mut tx: Tx| {
            let ended = sessions::end_all(&mut tx).await?;
            tx.commit(ended).await
        })
        .await
}

/// Removes what has been idle for longer than any session may be, in small transactions, and tells how much it was. Any
/// number of nodes may do this at once.
///
/// # Errors
/// The database's.
pub async fn expired(app: &App) -> Result<u64> {
    let mut removed = 0;
    loop {
        let limit = app.config.session.oldest_live_use(app.clock.now());
        let batch = {
            let mut conn = app.db.read().await?;
            sessions::unused_since(&mut conn, limit, BATCH).await?
        };
        if batch.is_empty() {
            return Ok(removed);
        }
        removed += app
            .db
            .write(async |mut tx: Tx| {
                let mut ended = 0;
                for uid in &batch {
                    ended += u64::from(sessions::end_if_unused_since(&mut tx, *uid, limit).await?);
                }
                tx.commit(ended).await
            })
            .await?;
    }
}
