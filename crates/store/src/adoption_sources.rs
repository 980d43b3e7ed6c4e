//! The table `dw_adoption_sources`: the legacy table from which users are imported, and the state of the import.
//!
//! Invariant: the table has at most one row.

use super::db::{Conn, Inserted, Tx};
use crate::{
    Error, Result,
    model::{Fingerprint, UnixMillis},
};

/// The legacy table from which users are imported.
#[derive(Debug, Clone)]
pub struct AdoptionSource {
    /// The table and its database.
    pub table_name: String,
    /// A value that only the key of the fingerprints can produce.
    pub key_check: Fingerprint,
    pub first_run_at: UnixMillis,
    /// The end of the last complete `adopt run`.
    pub finished_at: Option<UnixMillis>,
}

/// Returns the legacy table; `None` before the first import.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn find(conn: &mut Conn) -> Result<Option<AdoptionSource>> {
    conn.optional(
        "SELECT table_name, key_check, first_run_at, finished_at FROM dw_adoption_sources WHERE id = 1",
        &[],
        |row| {
            Ok(AdoptionSource {
                table_name: row.text(0)?,
                key_check: row.bytes(1, Fingerprint::from_stored)?,
                first_run_at: row.instant(2)?,
                finished_at: row.integer_or_null(3)?.map(UnixMillis),
            })
        },
    )
    .await
}

/// Records the legacy table, unless one is recorded.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn insert(tx: &mut Tx, table_name: &str, key_check: Fingerprint, now: UnixMillis) -> Result<()> {
    let inserted = tx
        .insert(
            "INSERT INTO dw_adoption_sources (id, table_name, key_check, first_run_at) VALUES (1, ?, ?, ?)",
            &[table_name.into(), key_check.as_bytes().into(), now.into()],
        )
        .await?;
    match inserted {
        Inserted::Row(_) | Inserted::Duplicate => Ok(()),
        Inserted::Unfit => Err(Error::Corrupt("the name of a table that does not fit its row")),
    }
}

/// Records that the legacy table has moved.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn set_moved(tx: &mut Tx, table_name: &str) -> Result<()> {
    let sql = "UPDATE dw_adoption_sources SET table_name = ? WHERE id = 1";
    tx.execute(sql, &[table_name.into()]).await.map(drop)
}

/// Records that `adopt run` has finished.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn set_finished(tx: &mut Tx, now: UnixMillis) -> Result<()> {
    tx.execute("UPDATE dw_adoption_sources SET finished_at = ? WHERE id = 1", &[now.into()]).await.map(drop)
}
