//! The table `dw_idempotency_keys`: the resource that a request created, by the client's key.
//!
//! Invariant: a key is written in the transaction that creates its resource, so neither exists without the other.

use super::db::{Conn, Inserted, Row, Tx};
use crate::{Error, Result, model::UnixMillis};

/// The use of a key.
pub struct Used {
    /// SHA-256 of the request without its passwords.
    pub request_hash: Vec<u8>,
    /// The created resource: a user's uid, or a role's id.
    pub resource: Vec<u8>,
    pub used_at: UnixMillis,
}

/// Returns the use of the key with this hash.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn find(conn: &mut Conn, key_hash: &[u8; 32]) -> Result<Option<Used>> {
    let sql = "SELECT request_hash, resource, created_at FROM dw_idempotency_keys WHERE key_hash = ?";
    conn.optional(sql, &[key_hash.as_slice().into()], used).await
}

fn used(row: &Row<'_>) -> Result<Used> {
    let bytes = |column| row.bytes(column, |bytes| Ok(bytes.to_vec()));
    Ok(Used { request_hash: bytes(0)?, resource: bytes(1)?, used_at: row.instant(2)? })
}

/// Records the use of a key. Returns false if the key was used before.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn insert(
    tx: &mut Tx,
    key_hash: &[u8; 32],
    request_hash: &[u8; 32],
    resource: &[u8],
    now: UnixMillis,
) -> Result<bool> {
    let params = [key_hash.as_slice().into(), request_hash.as_slice().into(), resource.into(), now.into()];
    let sql = "INSERT INTO dw_idempotency_keys (key_hash, request_hash, resource, created_at) VALUES (?, ?, ?, ?)";
    match tx.insert(sql, &params).await? {
        Inserted::Row(_) => Ok(true),
        Inserted::Duplicate => Ok(false),
        Inserted::Unfit => Err(Error::Corrupt("an idempotency key that does not fit its row")),
    }
}

/// Returns the hashes of up to `limit` keys that were used before `instant`.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn used_before(conn: &mut Conn, instant: UnixMillis, limit: u32) -> Result<Vec<Vec<u8>>> {
    let sql = "SELECT key_hash FROM dw_idempotency_keys WHERE created_at < ? LIMIT ?";
    let params = [instant.into(), i64::from(limit).into()];
    conn.all(sql, &params, |row| row.bytes(0, |bytes| Ok(bytes.to_vec()))).await
}

/// Removes a key if it was used before `instant`. Returns whether it was removed.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn forget_if_used_before(tx: &mut Tx, key_hash: &[u8], instant: UnixMillis) -> Result<bool> {
    let sql = "DELETE FROM dw_idempotency_keys WHERE key_hash = ? AND created_at < ?";
    Ok(tx.execute(sql, &[key_hash.into(), instant.into()]).await? == 1)
}
