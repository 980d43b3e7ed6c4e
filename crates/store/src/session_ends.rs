//! The ends of sessions in the table `dw_sessions`.
//!
//! Invariant: the row of an ended session is deleted.

use super::db::{Conn, Tx};
use crate::{
    Result,
    model::{TokenHash, Uid, UnixMillis, UserId},
};

/// Ends the session with this token. Returns false if it does not exist.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn end_by_token(tx: &mut Tx, token: &TokenHash) -> Result<bool> {
    Ok(tx.execute("DELETE FROM dw_sessions WHERE token_hash = ?", &[token.as_bytes().into()]).await? == 1)
}

/// Ends one session of this user. Returns false if the user does not have this session.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn end_of(tx: &mut Tx, user: UserId, uid: Uid) -> Result<bool> {
    let params = [uid.as_bytes().into(), user.0.into()];
    Ok(tx.execute("DELETE FROM dw_sessions WHERE uid = ? AND user_id = ?", &params).await? == 1)
}

/// Ends all sessions of a user. Returns the number of ended sessions.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn end_all_of(tx: &mut Tx, user: UserId) -> Result<u64> {
    tx.execute("DELETE FROM dw_sessions WHERE user_id = ?", &[user.0.into()]).await
}

/// Ends all sessions of a user except one. Returns the number of ended sessions.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn end_others_of(tx: &mut Tx, user: UserId, except: Uid) -> Result<u64> {
    let params = [user.0.into(), except.as_bytes().into()];
    tx.execute("DELETE FROM dw_sessions WHERE user_id = ? AND uid <> ?", &params).await
}

/// Ends all sessions of all users. Returns the number of ended sessions.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn end_all(tx: &mut Tx) -> Result<u64> {
    tx.execute("DELETE FROM dw_sessions", &[]).await
}

/// Returns up to `limit` sessions that were last used before `instant`.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn unused_since(conn: &mut Conn, instant: UnixMillis, limit: u32) -> Result<Vec<Uid>> {
    conn.all(
        "SELECT uid FROM dw_sessions WHERE last_used_at < ? LIMIT ?",
        &[instant.into(), i64::from(limit).into()],
        |row| row.bytes(0, Uid::from_stored),
    )
    .await
}

/// Ends one session if it was last used before `instant`. Returns whether it was ended.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn end_if_unused_since(tx: &mut Tx, uid: Uid, instant: UnixMillis) -> Result<bool> {
    let params = [uid.as_bytes().into(), instant.into()];
    Ok(tx.execute("DELETE FROM dw_sessions WHERE uid = ? AND last_used_at < ?", &params).await? == 1)
}
