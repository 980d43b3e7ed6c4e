//! The lease that serialises migrating nodes on an engine that has no lock for it.
//!
//! Invariant: one node holds the lease until it returns it, or until the lease expires.

use std::time::Duration;

use crate::{
    Result,
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

/// Returns the lease, if this node still holds it.
pub(super) async fn give_back(db: &Db, owner: i64) -> Result<()> {
    db.write_unhurried(async |mut tx: Tx| {
        tx.execute("DELETE FROM dw_migration_lease WHERE id = 1 AND owner = ?", &[owner.into()]).await?;
        tx.commit(()).await
    })
    .await
}
