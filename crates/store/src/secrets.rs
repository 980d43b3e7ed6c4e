//! The table `dw_secrets`: which versions of each secret are in use, and a check value of each.
//!
//! It holds no key. Reads and writes go before the schema is declared ready, since a node must not serve before its
//! secrets are known to be the right ones.

use std::time::Duration;

use super::db::{Conn, Db, Inserted, Tx};
use crate::{Error, Result, model::UnixMillis};

/// A version that is or was in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownSecret {
    /// Its purpose and number, as in `throttle.1`.
    pub name: String,
    /// Made with its key.
    pub check: [u8; 32],
    pub is_retired: bool,
}

/// How long a look may take.
const LIMIT: Duration = Duration::from_secs(5);

/// All of them.
///
/// # Errors
/// The database's.
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

/// What came of writing down a use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    First,
    Known,
    /// It is written down with another key.
    Other,
}

/// Writes down that a version is in use.
///
/// # Errors
/// The database's.
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
            // Locked, so that it is what was written last and not what this transaction saw at first.
            let same = "UPDATE dw_secrets SET first_used_at = first_used_at WHERE name = ? AND check_tag = ?";
            let is_same = tx.execute(same, &[name.into(), check.as_slice().into()]).await? > 0;
            Ok(if is_same { Use::Known } else { Use::Other })
        }
        Inserted::Unfit => Err(Error::Corrupt("a secret that does not fit its row")),
    }
}

/// Writes down that a version is not honoured any more.
///
/// # Errors
/// The database's.
pub async fn note_retired(tx: &mut Tx, name: &str, now: UnixMillis) -> Result<()> {
    let sql = "UPDATE dw_secrets SET retired_at = ? WHERE name = ? AND retired_at IS NULL";
    tx.execute(sql, &[now.into(), name.into()]).await.map(drop)
}

/// How many password hashes were made with the pepper of this version. Reads them all.
///
/// # Errors
/// The database's.
pub async fn with_pepper(conn: &mut Conn, version: u32) -> Result<i64> {
    let beginning = format!("$dw-pepper$v={version}$%");
    let sql = "SELECT COUNT(*) FROM dw_credentials WHERE kind = 'password' AND secret LIKE ?";
    Ok(conn.optional(sql, &[beginning.as_str().into()], |row| row.integer(0)).await?.unwrap_or(0))
}
