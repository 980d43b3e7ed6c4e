//! The table `dw_sessions`. [`super::session_ends`] ends sessions.
//!
//! Invariant: a row is found by the hash of its token or by its uid, and the token itself is not stored.

use super::{
    db::{Conn, Db, Inserted, Row, Tx},
    roles,
};
use crate::{
    Error, Result,
    model::{AuthMethods, Party, Permissions, Session, Source, TokenHash, Uid, UnixMillis, UserId},
};

/// A session with the current state of its user.
#[derive(Debug, Clone)]
pub struct Found {
    pub session: Session,
    pub user: Party,
    /// Whether the user must first change the password.
    pub must_change_password: bool,
    pub role_name: String,
    pub permissions: Permissions,
}

/// A session in the list that its user sees.
pub struct Device {
    pub session: Session,
    /// The address of the client at login.
    pub address: Option<String>,
    /// The client's self-description at login.
    pub client: Option<String>,
}

/// Reads a session from the first columns of a row, which are the same in every statement on sessions.
fn session(row: &Row<'_>) -> Result<Session> {
    Ok(Session {
        uid: row.bytes(0, Uid::from_stored)?,
        user_id: UserId(row.integer(1)?),
        created_at: row.instant(2)?,
        last_used_at: row.instant(3)?,
        authenticated_at: row.instant(4)?,
    })
}

/// Reads a session and the state of its user.
pub(super) fn found(row: &Row<'_>) -> Result<Found> {
    Ok(Found {
        session: session(row)?,
        user: Party { uid: row.bytes(5, Uid::from_stored)?, name: row.text(6)? },
        must_change_password: row.integer_or_null(7)?.is_some(),
        role_name: row.bytes(8, roles::name)?,
        permissions: Permissions::from_stored(row.text(9)?)?,
    })
}

/// Adds a session with this token.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn insert(
    tx: &mut Tx,
    token: &TokenHash,
    session: &Session,
    methods: &AuthMethods,
    source: &Source,
) -> Result<()> {
    let stored_methods = methods.to_stored();
    let address = source.address.map(|address| address.to_string());
    let params = [
        token.as_bytes().into(),
        session.uid.as_bytes().into(),
        session.user_id.0.into(),
        session.created_at.into(),
        session.last_used_at.into(),
        session.authenticated_at.into(),
        stored_methods.as_str().into(),
        methods.level().number().into(),
        address.as_deref().into(),
        source.client.as_deref().into(),
    ];
    let inserted = tx
        .insert(
            "INSERT INTO dw_sessions
                 (token_hash, uid, user_id, created_at, last_used_at, authenticated_at, methods, level, address, client)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            &params,
        )
        .await?;
    match inserted {
        Inserted::Row(_) => Ok(()),
        Inserted::Duplicate => Err(Error::Corrupt("a session token that is already in use")),
        Inserted::Unfit => Err(Error::Corrupt("a session that does not fit its row")),
    }
}

/// Returns the session with this token if its user exists and is enabled. The caller must check whether it has expired.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn by_token(conn: &mut Conn, token: &TokenHash) -> Result<Option<Found>> {
    conn.optional(
        "SELECT s.uid, s.user_id, s.created_at, s.last_used_at, s.authenticated_at,
                u.uid, u.name, u.password_change_required_at, r.name, r.permissions
         FROM dw_sessions s JOIN dw_users u ON u.id = s.user_id JOIN dw_roles r ON r.id = u.role_id
         WHERE s.token_hash = ? AND u.disabled_at IS NULL",
        &[token.as_bytes().into()],
        found,
    )
    .await
}

/// Returns the session with this uid, also of a disabled user. The caller must check whether it has expired.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn by_uid(conn: &mut Conn, uid: Uid) -> Result<Option<Found>> {
    conn.optional(
        "SELECT s.uid, s.user_id, s.created_at, s.last_used_at, s.authenticated_at,
                u.uid, u.name, u.password_change_required_at, r.name, r.permissions
         FROM dw_sessions s JOIN dw_users u ON u.id = s.user_id JOIN dw_roles r ON r.id = u.role_id
         WHERE s.uid = ?",
        &[uid.as_bytes().into()],
        found,
    )
    .await
}

/// Returns the session as [`by_token`] does, and the name of the user `other`. One statement reads both.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn by_token_beside(
    conn: &mut Conn,
    token: &TokenHash,
    other: UserId,
) -> Result<Option<(Found, Option<String>)>> {
    conn.optional(
        "SELECT s.uid, s.user_id, s.created_at, s.last_used_at, s.authenticated_at,
                u.uid, u.name, u.password_change_required_at, r.name, r.permissions, o.name
         FROM dw_sessions s JOIN dw_users u ON u.id = s.user_id JOIN dw_roles r ON r.id = u.role_id
         LEFT JOIN dw_users o ON o.id = ?
         WHERE s.token_hash = ? AND u.disabled_at IS NULL",
        &[other.0.into(), token.as_bytes().into()],
        |row| Ok((found(row)?, row.text_or_null(10)?)),
    )
    .await
}

/// Returns up to `limit` sessions after `after`, oldest first; with `of`, those of one user.
///
/// [`super::user_search`] explains the hints. Without them, MySQL starts with the roles and sorts all sessions for each
/// page.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn page(conn: &mut Conn, after: Option<Uid>, of: Option<UserId>, limit: u32) -> Result<Vec<Found>> {
    let from: &[u8] = after.as_ref().map_or(&[], Uid::as_bytes);
    let limit = i64::from(limit);
    match of {
        None => {
            conn.all(
                "SELECT /*! STRAIGHT_JOIN */ s.uid, s.user_id, s.created_at, s.last_used_at, s.authenticated_at,
                        u.uid, u.name, u.password_change_required_at, r.name, r.permissions
                 FROM dw_sessions s /*! FORCE INDEX (dw_sessions_uid) */
                 JOIN dw_users u ON u.id = s.user_id
                 JOIN dw_roles r /*! FORCE INDEX (PRIMARY) */ ON r.id = u.role_id
                 WHERE s.uid > ? ORDER BY s.uid LIMIT ?",
                &[from.into(), limit.into()],
                found,
            )
            .await
        }
        Some(user) => {
            conn.all(
                "SELECT /*! STRAIGHT_JOIN */ s.uid, s.user_id, s.created_at, s.last_used_at, s.authenticated_at,
                        u.uid, u.name, u.password_change_required_at, r.name, r.permissions
                 FROM dw_sessions s /*! FORCE INDEX (dw_sessions_of_user) */
                 JOIN dw_users u ON u.id = s.user_id
                 JOIN dw_roles r /*! FORCE INDEX (PRIMARY) */ ON r.id = u.role_id
                 WHERE s.user_id = ? AND s.uid > ? ORDER BY s.uid LIMIT ?",
                &[user.0.into(), from.into(), limit.into()],
                found,
            )
            .await
        }
    }
}

/// Records a use, unless a later one is recorded, in a transaction of its own.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn touch(db: &Db, uid: Uid, now: UnixMillis) -> Result<()> {
    let params = [now.into(), uid.as_bytes().into(), now.into()];
    let sql = "UPDATE dw_sessions SET last_used_at = ? WHERE uid = ? AND last_used_at < ?";
    db.execute_alone(sql, &params).await.map(drop)
}

/// Returns up to `limit` sessions of one user after `after`, oldest first.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn devices_of(conn: &mut Conn, user: UserId, after: Option<Uid>, limit: u32) -> Result<Vec<Device>> {
    let from: &[u8] = after.as_ref().map_or(&[], Uid::as_bytes);
    conn.all(
        "SELECT uid, user_id, created_at, last_used_at, authenticated_at, address, client
         FROM dw_sessions /*! FORCE INDEX (dw_sessions_of_user) */
         WHERE user_id = ? AND uid > ? ORDER BY uid LIMIT ?",
        &[user.0.into(), from.into(), i64::from(limit).into()],
        |row| Ok(Device { session: session(row)?, address: row.text_or_null(5)?, client: row.text_or_null(6)? }),
    )
    .await
}

/// Replaces the token of a session, and records that its user has entered the password. The previous token is then
/// invalid. Returns false if the session has ended.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn renew(tx: &mut Tx, old: &TokenHash, new: &TokenHash, now: UnixMillis) -> Result<bool> {
    let params = [new.as_bytes().into(), now.into(), now.into(), old.as_bytes().into()];
    let sql = "UPDATE dw_sessions SET token_hash = ?, authenticated_at = ?, last_used_at = ? WHERE token_hash = ?";
    Ok(tx.execute(sql, &params).await? == 1)
}
