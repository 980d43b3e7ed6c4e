//! The lease that serialises migrating nodes on an engine that has no lock for it.
//!
//! Invariant: one node holds the lease until it returns it, or until the lease expires.

use std::time::Duration;

use crate::{
    Error, Result,
    db::{Db, Inserted, Tx},
    model::UnixMillis,
};

/// The longest wait of other nodes after the holder dies. The holder renews the lease before each statement.
const LEASE: Duration = Duration::from_secs(5);

/// Takes or renews the lease. Returns false while another node holds it.
pub(super) async fn take(db: &Db, owner: i64, now: UnixMillis) -> Result<bool> {
    let expires_at = now.plus(LEASE);
    db.write_unhurried(async |mut tx: Tx| {
        let inserted = tx
            .insert(
                "INSERT INTO dw_migration_lease (id, owner, expires_at) VALUES (1, ?, ?)",
                &[owner.into(), expires_at.into()],
            )
            .await?;
        let is_taken = inserted != Inserted::Duplicate
            || tx
                .execute(
                    "UPDATE dw_migration_lease SET owner = ?, expires_at = ?
                     WHERE id = 1 AND (owner = ? OR expires_at < ?)",
                    &[owner.into(), expires_at.into(), owner.into(), now.into()],
                )
                .await?
                == 1;
        tx.commit(is_taken).await
    })
    .await
}

/// Inserts, changes and deletes a row, and commits, so that nothing remains. Each of it needs its right.
pub(super) async fn try_to_write(db: &Db, id: i64, limit: Duration) -> Result<()> {
    let tried = db
        .write_within(Some(limit), async |mut tx: Tx| {
            tx.insert("INSERT INTO dw_migration_lease (id, owner, expires_at) VALUES (?, 0, 0)", &[id.into()]).await?;
            tx.execute("UPDATE dw_migration_lease SET owner = 1 WHERE id = ?", &[id.into()]).await?;
            tx.execute("DELETE FROM dw_migration_lease WHERE id = ?", &[id.into()]).await?;
            tx.commit(()).await
        })
        .await;
    match tried {
        // Another transaction was in the way, and a later one will succeed.
        Err(Error::Conflict(_)) => Ok(()),
        tried => tried,
    }
}

/// Returns the lease, if this node still holds it.
pub(super) async fn give_back(db: &Db, owner: i64) -> Result<()> {
    db.write_unhurried(async |mut tx: Tx| {
        tx.execute("DELETE FROM dw_migration_lease WHERE id = 1 AND owner = ?", &[owner.into()]).await?;
        tx.commit(()).await
    })
    .await
}
