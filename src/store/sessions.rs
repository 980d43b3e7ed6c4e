//! The table `dw_sessions`. A session that has ended is a row that is gone.

use super::db::{Conn, Inserted, Row, Tx};
use crate::{
    Error, Result,
    model::{Permissions, Session, TokenHash, Uid, UnixMillis, UserId},
};

/// A session, with what its user may do now.
pub struct Found {
    pub session: Session,
    /// The user's name as typed.
    pub user_name: String,
    pub permissions: Permissions,
}

fn found(row: &Row<'_>) -> Result<Found> {
    let session = Session {
        uid: row.bytes(0, Uid::from_stored)?,
        user_id: UserId(row.integer(1)?),
        created_at: row.instant(2)?,
        last_used_at: row.instant(3)?,
    };
    Ok(Found { session, user_name: row.text(4)?, permissions: Permissions::from_stored(row.text(5)?)? })
}

/// Adds a session, found by `token`.
///
/// # Errors
/// The database's.
pub async fn insert(tx: &mut Tx, token: &TokenHash, session: &Session) -> Result<()> {
    let params = [
        token.as_bytes().into(),
        session.uid.as_bytes().into(),
        session.user_id.0.into(),
        session.created_at.into(),
        session.last_used_at.into(),
    ];
    let inserted = tx
        .insert(
            "INSERT INTO dw_sessions (token_hash, uid, user_id, created_at, last_used_at) VALUES (?, ?, ?, ?, ?)",
            &params,
        )
        .await?;
    match inserted {
        Inserted::Row(_) => Ok(()),
        Inserted::Duplicate => Err(Error::Corrupt("a session token that was given out before")),
        Inserted::Unfit => Err(Error::Corrupt("a session that does not fit its row")),
    }
}

/// The session of this token, provided that its user exists and is not disabled. Whether it has expired is for the
/// caller to say.
///
/// # Errors
/// The database's.
pub async fn by_token(conn: &mut Conn, token: &TokenHash) -> Result<Option<Found>> {
    conn.optional(
        "SELECT s.uid, s.user_id, s.created_at, s.last_used_at, u.name, r.permissions
         FROM dw_sessions s JOIN dw_users u ON u.id = s.user_id JOIN dw_roles r ON r.id = u.role_id
         WHERE s.token_hash = ? AND u.disabled_at IS NULL",
        &[token.as_bytes().into()],
        found,
    )
    .await
}

/// As [`by_token`], and beside it the name, as typed, of the user `other`: two answers for the price of one question.
///
/// # Errors
/// The database's.
pub async fn by_token_beside(
    conn: &mut Conn,
    token: &TokenHash,
    other: UserId,
) -> Result<Option<(Found, Option<String>)>> {
    conn.optional(
        "SELECT s.uid, s.user_id, s.created_at, s.last_used_at, u.name, r.permissions, o.name
         FROM dw_sessions s JOIN dw_users u ON u.id = s.user_id JOIN dw_roles r ON r.id = u.role_id
         LEFT JOIN dw_users o ON o.id = ?
         WHERE s.token_hash = ? AND u.disabled_at IS NULL",
        &[other.0.into(), token.as_bytes().into()],
        |row| Ok((found(row)?, row.text_or_null(6)?)),
    )
    .await
}

/// Up to `limit` sessions that sort behind `after`, oldest first; of one user, when `of` is given.
///
/// # Errors
/// The database's.
pub async fn page(conn: &mut Conn, after: Option<Uid>, of: Option<UserId>, limit: u32) -> Result<Vec<Found>> {
    let from: &[u8] = after.as_ref().map_or(&[], Uid::as_bytes);
    let limit = i64::from(limit);
    match of {
        None => {
            conn.all(
                "SELECT s.uid, s.user_id, s.created_at, s.last_used_at, u.name, r.permissions
                 FROM dw_sessions s JOIN dw_users u ON u.id = s.user_id JOIN dw_roles r ON r.id = u.role_id
                 WHERE s.uid > ? ORDER BY s.uid LIMIT ?",
                &[from.into(), limit.into()],
                found,
            )
            .await
        }
        Some(user) => {
            conn.all(
                "SELECT s.uid, s.user_id, s.created_at, s.last_used_at, u.name, r.permissions
                 FROM dw_sessions s JOIN dw_users u ON u.id = s.user_id JOIN dw_roles r ON r.id = u.role_id
                 WHERE s.user_id = ? AND s.uid > ? ORDER BY s.uid LIMIT ?",
                &[user.0.into(), from.into(), limit.into()],
                found,
            )
            .await
        }
    }
}

/// Writes down a use, unless a later one was written down already.
///
/// # Errors
/// The database's.
pub async fn touch(tx: &mut Tx, uid: Uid, now: UnixMillis) -> Result<()> {
    let params = [now.into(), uid.as_bytes().into(), now.into()];
    tx.execute("UPDATE dw_sessions SET last_used_at = ? WHERE uid = ? AND last_used_at < ?", &params).await.map(drop)
}

/// Ends the session of this token, if there is one.
///
/// # Errors
/// The database's.
pub async fn end_by_token(tx: &mut Tx, token: &TokenHash) -> Result<()> {
    tx.execute("DELETE FROM dw_sessions WHERE token_hash = ?", &[token.as_bytes().into()]).await.map(drop)
}

/// Ends one session; false when there is no such.
///
/// # Errors
/// The database's.
pub async fn end(tx: &mut Tx, uid: Uid) -> Result<bool> {
    Ok(tx.execute("DELETE FROM dw_sessions WHERE uid = ?", &[uid.as_bytes().into()]).await? == 1)
}

/// Ends all of a user's sessions and tells how many there were.
///
/// # Errors
/// The database's.
pub async fn end_all_of(tx: &mut Tx, user: UserId) -> Result<u64> {
    tx.execute("DELETE FROM dw_sessions WHERE user_id = ?", &[user.0.into()]).await
}

/// Ends all of a user's sessions but one and tells how many there were.
///
/// # Errors
/// The database's.
pub async fn end_others_of(tx: &mut Tx, user: UserId, except: Uid) -> Result<u64> {
    let params = [user.0.into(), except.as_bytes().into()];
    tx.execute("DELETE FROM dw_sessions WHERE user_id = ? AND uid <> ?", &params).await
}

/// Ends every session there is and tells how many there were.
///
/// # Errors
/// The database's.
pub async fn end_all(tx: &mut Tx) -> Result<u64> {
    tx.execute("DELETE FROM dw_sessions", &[]).await
}

/// Up to `limit` sessions that were last used before `instant`.
///
/// # Errors
/// The database's.
pub async fn unused_since(conn: &mut Conn, instant: UnixMillis, limit: u32) -> Result<Vec<Uid>> {
    conn.all(
        "SELECT uid FROM dw_sessions WHERE last_used_at < ? LIMIT ?",
        &[instant.into(), i64::from(limit).into()],
        |row| row.bytes(0, Uid::from_stored),
    )
    .await
}

/// Ends one session, provided that it was not used since `instant`.
///
/// # Errors
/// The database's.
pub async fn end_if_unused_since(tx: &mut Tx, uid: Uid, instant: UnixMillis) -> Result<bool> {
    let params = [uid.as_bytes().into(), instant.into()];
    Ok(tx.execute("DELETE FROM dw_sessions WHERE uid = ? AND last_used_at < ?", &params).await? == 1)
}
