//! The credentials in the table `dw_users`: what a password is checked against, and its replacement.
//!
//! `password_version` counts what makes a login that is under way void: a change of the password, above all. Hashing the
//! same password anew, at a higher cost, is none.

use super::db::{Conn, Param, Row, Tx};
use crate::{
    Result,
    model::{NameKey, Party, Uid, UnixMillis, UserId},
};

/// What a password is checked against.
#[derive(Clone)]
pub struct Credential {
    pub user_id: UserId,
    /// The user as the audit trail names them.
    pub party: Party,
    pub password_hash: String,
    pub password_version: i64,
}

/// What the password of the user whose name folds to `key` is checked against.
///
/// # Errors
/// The database's.
pub async fn by_key(conn: &mut Conn, key: &NameKey) -> Result<Option<Credential>> {
    let sql = "SELECT id, password_hash, password_version, uid, name FROM dw_users WHERE name_key = ?";
    conn.optional(sql, &[key.as_bytes().into()], read_credential).await
}

/// What the password of this user is checked against.
///
/// # Errors
/// The database's.
pub async fn by_id(conn: &mut Conn, id: UserId) -> Result<Option<Credential>> {
    let sql = "SELECT id, password_hash, password_version, uid, name FROM dw_users WHERE id = ?";
    conn.optional(sql, &[id.0.into()], read_credential).await
}

/// As [`by_key`], where the old application is not asked; and whether the user is known to be gone from there or locked
/// there, so that no password fits, unless it is one that was set here since.
///
/// # Errors
/// The database's.
pub async fn by_key_alone(conn: &mut Conn, key: &NameKey) -> Result<Option<(Credential, bool)>> {
    let sql = "SELECT u.id, u.password_hash, u.password_version, u.uid, u.name,
                   a.gone_at IS NOT NULL AND a.password_set_locally_at IS NULL
               FROM dw_users u LEFT JOIN dw_adoptions a ON a.user_id = u.id
               WHERE u.name_key = ?";
    conn.optional(sql, &[key.as_bytes().into()], |row| Ok((read_credential(row)?, row.integer(5)? != 0))).await
}

fn read_credential(row: &Row<'_>) -> Result<Credential> {
    Ok(Credential {
        user_id: UserId(row.integer(0)?),
        // SQLite keeps whatever somebody else put there: what is not even text is no hash, as other garbage is.
        password_hash: row.text(1).unwrap_or_default(),
        password_version: row.integer(2)?,
        party: Party { uid: row.bytes(3, Uid::from_stored)?, name: row.text(4)? },
    })
}

/// Writes down a login, provided that the account is open and its password still the one that was checked. Whoever
/// changes either holds this row until their commit, so one of the two goes first.
///
/// # Errors
/// The database's.
pub async fn record_login(tx: &mut Tx, credential: &Credential, now: UnixMillis) -> Result<bool> {
    let params = [now.into(), credential.user_id.0.into(), credential.password_version.into()];
    let matched = tx
        .execute(
            "UPDATE dw_users SET last_login_at = ? WHERE id = ? AND password_version = ? AND disabled_at IS NULL",
            &params,
        )
        .await?;
    Ok(matched == 1)
}

/// Replaces a password, which its user must change if `change_required_at` says since when; false when there is no such
/// user.
///
/// # Errors
/// The database's.
pub async fn set_password(
    tx: &mut Tx,
    id: UserId,
    password_hash: &str,
    change_required_at: Option<UnixMillis>,
) -> Result<bool> {
    let sql = "UPDATE dw_users SET password_hash = ?, password_version = password_version + 1,
                   password_change_required_at = ?, version = version + 1
               WHERE id = ?";
    Ok(tx.execute(sql, &[password_hash.into(), change_required_at.into(), id.0.into()]).await? == 1)
}

/// Puts the password that the old application's table holds in the place of the one here. Whether it must be changed stays
/// as it is: the old application also writes the same password anew.
///
/// # Errors
/// The database's.
pub async fn take_over_password(tx: &mut Tx, id: UserId, password_hash: &str) -> Result<bool> {
    let sql = "UPDATE dw_users SET password_hash = ?, password_version = password_version + 1 WHERE id = ?";
    Ok(tx.execute(sql, &[password_hash.into(), id.0.into()]).await? == 1)
}

/// Replaces the password that was checked against `credential`; false when it has been changed since, or its user is gone.
///
/// # Errors
/// The database's.
pub async fn replace_password(tx: &mut Tx, credential: &Credential, password_hash: &str) -> Result<bool> {
    let params: [Param<'_>; 3] =
        [password_hash.into(), credential.user_id.0.into(), credential.password_version.into()];
    let sql = "UPDATE dw_users SET password_hash = ?, password_version = password_version + 1,
                   password_change_required_at = NULL, version = version + 1
               WHERE id = ? AND password_version = ?";
    Ok(tx.execute(sql, &params).await? == 1)
}

/// Whether this is still what that user's password is checked against.
///
/// # Errors
/// The database's.
pub async fn is_current(conn: &mut Conn, credential: &Credential) -> Result<bool> {
    let Credential { user_id, password_hash, password_version, .. } = credential;
    let params = [user_id.0.into(), password_hash.as_str().into(), (*password_version).into()];
    let sql = "SELECT 1 FROM dw_users WHERE id = ? AND password_hash = ? AND password_version = ?";
    Ok(conn.optional(sql, &params, |_| Ok(())).await?.is_some())
}

/// Puts another hash of the same password in the place of the one in `credential`, if that is still there. The version
/// stays: the password has not changed.
///
/// # Errors
/// The database's.
pub async fn replace_hash(tx: &mut Tx, credential: &Credential, password_hash: &str) -> Result<bool> {
    let Credential { user_id, password_hash: old, password_version, .. } = credential;
    let params = [password_hash.into(), user_id.0.into(), old.as_str().into(), (*password_version).into()];
    let sql = "UPDATE dw_users SET password_hash = ? WHERE id = ? AND password_hash = ? AND password_version = ?";
    Ok(tx.execute(sql, &params).await? == 1)
}

/// Outdates what a login that is under way has read: it will start no session.
///
/// # Errors
/// The database's.
pub async fn outdate(tx: &mut Tx, id: UserId) -> Result<()> {
    let sql = "UPDATE dw_users SET password_version = password_version + 1 WHERE id = ?";
    tx.execute(sql, &[id.0.into()]).await.map(drop)
}
