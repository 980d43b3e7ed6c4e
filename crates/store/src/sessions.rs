//! The table `dw_sessions`. A session that has ended is a row that is gone.

use super::{
    db::{Conn, Inserted, Row, Tx},
    roles,
};
use crate::{
    Error, Result,
    model::{AuthMethods, Party, Permissions, Session, Source, TokenHash, Uid, UnixMillis, UserId},
};

/// A session, with its user as they are now.
#[derive(Debug, Clone)]
pub struct Found {
    pub session: Session,
    pub user: Party,
    /// Whether the user must choose another password before anything else.
    pub must_change_password: bool,
    pub role_name: String,
    pub permissions: Permissions,
}

/// A session as its user is shown it among others.
pub struct Device {
    pub session: Session,
    /// Where the login came from.
    pub address: Option<String>,
    /// What the client called itself then.
    pub client: Option<String>,
}

/// From the columns that every statement on sessions begins with.
fn session(row: &Row<'_>) -> Result<Session> {
    Ok(Session {
        uid: row.bytes(0, Uid::from_stored)?,
        user_id: UserId(row.integer(1)?),
        created_at: row.instant(2)?,
        last_used_at: row.instant(3)?,
        authenticated_at: row.instant(4)?,
    })
}

fn found(row: &Row<'_>) -> Result<Found> {
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
/// The database's.
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
        "SELECT s.uid, s.user_id, s.created_at, s.last_used_at, s.authenticated_at,
                u.uid, u.name, u.password_change_required_at, r.name, r.permissions
         FROM dw_sessions s JOIN dw_users u ON u.id = s.user_id JOIN dw_roles r ON r.id = u.role_id
         WHERE s.token_hash = ? AND u.disabled_at IS NULL",
        &[token.as_bytes().into()],
        found,
    )
    .await
}

/// The session that is listed by `uid`, as [`by_token`] gives it.
///
/// # Errors
/// The database's.
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

/// Up to `limit` sessions that sort behind `after`, oldest first; of one user, when `of` is given. For the
/// hints see [`super::user_search`]; MySQL would begin with the roles, and sort all sessions for each page.
///
/// # Errors
/// The database's.
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

/// Writes down a use, unless a later one was written down already.
///
/// # Errors
/// The database's.
pub async fn touch(tx: &mut Tx, uid: Uid, now: UnixMillis) -> Result<()> {
    let params = [now.into(), uid.as_bytes().into(), now.into()];
    tx.execute("UPDATE dw_sessions SET last_used_at = ? WHERE uid = ? AND last_used_at < ?", &params).await.map(drop)
}

/// Up to `limit` sessions of one user that sort behind `after`, oldest first.
///
/// # Errors
/// The database's.
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

/// Gives the session another token, by which alone it is found from now on, and writes down that its user has shown the
/// password; false when it has ended.
///
/// # Errors
/// The database's.
pub async fn renew(tx: &mut Tx, old: &TokenHash, new: &TokenHash, now: UnixMillis) -> Result<bool> {
    let params = [new.as_bytes().into(), now.into(), now.into(), old.as_bytes().into()];
    let sql = "UPDATE dw_sessions SET token_hash = ?, authenticated_at = ?, last_used_at = ? WHERE token_hash = ?";
    Ok(tx.execute(sql, &params).await? == 1)
}
