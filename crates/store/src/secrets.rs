//! The table `dw_secrets`: the versions of each secret that are or were in use, with their check values.
//!
//! Reads and writes also work before the schema is declared ready, because a node must check its secrets before it
//! serves requests. Invariant: the table contains no key.

use std::time::Duration;

use super::db::{Conn, Db, Inserted, Tx};
use crate::{Error, Result, model::UnixMillis};

/// A version of a secret that is or was in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownSecret {
    /// The purpose and the version, as in `throttle.1`.
    pub name: String,
    /// The check value of its key.
    pub check: [u8; 32],
    pub is_retired: bool,
}

/// The longest wait for a connection.
const LIMIT: Duration = Duration::from_secs(5);

/// Returns all versions of all secrets.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn all(db: &Db) -> Result<Vec<KnownSecret>> {
    let mut conn = db.connect(Some(LIMIT)).await?;
    conn.all("SELECT name, check_tag, retired_at FROM dw_secrets ORDER BY name LIMIT 10000", &[], |row| {
        let check =
            |bytes: &[u8]| bytes.try_into().map_err(|_| Error::Corrupt("a check value that is not 32 bytes long"));
        Ok(KnownSecret {
            name: row.text(0)?,
            check: row.bytes(1, check)?,
            is_retired: row.integer_or_null(2)?.is_some(),
        })
    })
    .await
}

/// The outcome of recording a use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    First,
    Known,
    /// The version is recorded with another key.
    Other,
}

/// Records that a version is in use.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn note_use(tx: &mut Tx, name: &str, check: &[u8; 32], now: UnixMillis) -> Result<Use> {
    let inserted = tx
        .insert(
            "INSERT INTO dw_secrets (name, check_tag, first_used_at) VALUES (?, ?, ?)",
            &[name.into(), check.as_slice().into(), now.into()],
        )
        .await?;
    match inserted {
        Inserted::Row(_) => Ok(Use::First),
        Inserted::Duplicate => {
            // An update reads the latest committed row, and not the snapshot of this transaction.
            let same = "UPDATE dw_secrets SET first_used_at = first_used_at WHERE name = ? AND check_tag = ?";
            let is_same = tx.execute(same, &[name.into(), check.as_slice().into()]).await? > 0;
            Ok(if is_same { Use::Known } else { Use::Other })
        }
        Inserted::Unfit => Err(Error::Corrupt("a secret that does not fit its row")),
    }
}

/// Records that a version is retired.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn note_retired(tx: &mut Tx, name: &str, now: UnixMillis) -> Result<()> {
    let sql = "UPDATE dw_secrets SET retired_at = ? WHERE name = ? AND retired_at IS NULL";
    tx.execute(sql, &[now.into(), name.into()]).await.map(drop)
}

/// Returns the number of password hashes that need the legacy application's pepper with this check value. Reads the whole
/// table.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn with_legacy_pepper(db: &Db, check: &str) -> Result<i64> {
    let mut conn = db.connect(Some(LIMIT)).await?;
    let [form, pre_hash] = ["form", "pre"].map(|kind| format!("$dw-{kind}$v=1,pepper={check}$%"));
    let sql = "SELECT COUNT(*) FROM dw_credentials WHERE kind = 'password' AND (secret LIKE ? OR secret LIKE ?)";
    let params = [form.as_str().into(), pre_hash.as_str().into()];
    Ok(conn.optional(sql, &params, |row| row.integer(0)).await?.unwrap_or(0))
}

/// Returns the number of password hashes with the pepper of this version. Reads the whole table.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn with_pepper(conn: &mut Conn, version: u32) -> Result<i64> {
    let beginning = format!("$dw-pepper$v={version}$%");
    let sql = "SELECT COUNT(*) FROM dw_credentials WHERE kind = 'password' AND secret LIKE ?";
    Ok(conn.optional(sql, &[beginning.as_str().into()], |row| row.integer(0)).await?.unwrap_or(0))
}
