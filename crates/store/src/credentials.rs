//! The table `dw_credentials`: the secrets that authenticate users. A password is one kind of credential.
//!
//! `version` counts the changes that invalidate a login in progress, in particular a change of the password. A new hash
//! of the same password does not count. Invariants: a user has at most one password. A transaction that changes or
//! removes a credential first increments the version of the user's row. This serialises it with a login in progress, and
//! shows [`super::logins`] that a credential has changed since the look-up.

use super::{
    db::{Conn, Inserted, Param, Row, Tx},
    roles,
};
use crate::{
    Error, Result,
    model::{NameKey, Party, Permissions, Uid, UnixMillis, UserId},
};

/// A user and the password, if the user has one.
#[derive(Clone)]
pub struct Credential {
    pub user_id: UserId,
    /// The user as named in the audit trail.
    pub party: Party,
    pub password_hash: Option<String>,
    /// The version of the password; 0 without one.
    pub password_version: i64,
    /// The account at the look-up; `None` if this transaction has created or changed the credential.
    pub account: Option<AccountSnapshot>,
}

/// The state of an account when its credential was looked up. The version of the user's row shows whether it still
/// holds, but for the permissions, which belong to the role.
#[derive(Clone)]
pub struct AccountSnapshot {
    pub user_version: i64,
    pub must_change_password: bool,
    pub role_name: String,
    pub permissions: Permissions,
    /// The last recorded use of the password.
    pub password_used_at: Option<UnixMillis>,
}

/// Returns the credential of the user whose name folds to `key`.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn by_key(conn: &mut Conn, key: &NameKey) -> Result<Option<Credential>> {
    let sql = "SELECT u.id, u.uid, u.name, c.secret, c.version, u.version, u.password_change_required_at, r.name,
                   r.permissions, c.last_used_at
               FROM dw_users u JOIN dw_roles r ON r.id = u.role_id
               LEFT JOIN dw_credentials c ON c.user_id = u.id AND c.kind = 'password' AND c.slot = 0
               WHERE u.name_key = ?";
    conn.optional(sql, &[key.as_bytes().into()], credential).await
}

/// Returns the credential of this user.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn by_id(conn: &mut Conn, id: UserId) -> Result<Option<Credential>> {
    let sql = "SELECT u.id, u.uid, u.name, c.secret, c.version, u.version, u.password_change_required_at, r.name,
                   r.permissions, c.last_used_at
               FROM dw_users u JOIN dw_roles r ON r.id = u.role_id
               LEFT JOIN dw_credentials c ON c.user_id = u.id AND c.kind = 'password' AND c.slot = 0
               WHERE u.id = ?";
    conn.optional(sql, &[id.0.into()], credential).await
}

/// Returns the credential of the user whose name folds to `key`, for logins that do not read the legacy table. Also
/// returns whether the legacy password is withdrawn: the row is known to be missing or locked, and no local password
/// was set since.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn by_key_alone(conn: &mut Conn, key: &NameKey) -> Result<Option<(Credential, bool)>> {
    let sql = "SELECT u.id, u.uid, u.name, c.secret, c.version, u.version, u.password_change_required_at, r.name,
                   r.permissions, c.last_used_at,
                   a.gone_at IS NOT NULL AND a.password_set_locally_at IS NULL
               FROM dw_users u JOIN dw_roles r ON r.id = u.role_id
               LEFT JOIN dw_credentials c ON c.user_id = u.id AND c.kind = 'password' AND c.slot = 0
               LEFT JOIN dw_adoptions a ON a.user_id = u.id
               WHERE u.name_key = ?";
    conn.optional(sql, &[key.as_bytes().into()], |row| Ok((credential(row)?, row.integer(10)? != 0))).await
}

fn credential(row: &Row<'_>) -> Result<Credential> {
    Ok(Credential {
        user_id: UserId(row.integer(0)?),
        party: Party { uid: row.bytes(1, Uid::from_stored)?, name: row.text(2)? },
        // SQLite columns hold values of any type. A value that is not text counts as an unreadable hash.
        password_hash: row.text_or_null(3).unwrap_or_else(|_| Some(String::new())),
        password_version: row.integer_or_null(4)?.unwrap_or(0),
        account: Some(AccountSnapshot {
            user_version: row.integer(5)?,
            must_change_password: row.integer_or_null(6)?.is_some(),
            role_name: row.bytes(7, roles::name)?,
            permissions: Permissions::from_stored(row.text(8)?)?,
            password_used_at: row.integer_or_null(9)?.map(UnixMillis),
        }),
    })
}

/// Adds a password for a user who has none.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn insert_password(tx: &mut Tx, id: UserId, password_hash: &str, now: UnixMillis) -> Result<()> {
    let sql = "INSERT INTO dw_credentials (user_id, kind, slot, secret, version, created_at)
               VALUES (?, 'password', 0, ?, 1, ?)";
    match tx.insert(sql, &[id.0.into(), password_hash.into(), now.into()]).await? {
        Inserted::Row(_) => Ok(()),
        Inserted::Duplicate => Err(Error::Corrupt("a second password of a user")),
        Inserted::Unfit => Err(Error::Corrupt("a password hash that does not fit its row")),
    }
}

/// Sets a password. With `change_required_at`, the user must change it. Returns false if the user does not exist.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn set_password(
    tx: &mut Tx,
    id: UserId,
    password_hash: &str,
    change_required_at: Option<UnixMillis>,
    now: UnixMillis,
) -> Result<bool> {
    let sql = "UPDATE dw_users SET password_change_required_at = ?, version = version + 1 WHERE id = ?";
    let is_there = tx.execute(sql, &[change_required_at.into(), id.0.into()]).await? == 1;
    if is_there {
        put_password(tx, id, password_hash, now).await?;
    }
    Ok(is_there)
}

/// Replaces the password with that of the legacy table. A required change stays required, because the legacy
/// application may only have hashed the same password again. Returns false if the user does not exist.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn take_over_password(tx: &mut Tx, id: UserId, password_hash: &str, now: UnixMillis) -> Result<bool> {
    let is_there = change_account(tx, id).await?;
    if is_there {
        put_password(tx, id, password_hash, now).await?;
    }
    Ok(is_there)
}

/// Writes the user's row, before a credential of the user changes. Returns false if the user does not exist.
async fn change_account(tx: &mut Tx, id: UserId) -> Result<bool> {
    Ok(tx.execute("UPDATE dw_users SET version = version + 1 WHERE id = ?", &[id.0.into()]).await? == 1)
}

/// Inserts or replaces the password. This transaction must already have written the user's row.
async fn put_password(tx: &mut Tx, id: UserId, password_hash: &str, now: UnixMillis) -> Result<()> {
    let sql = "UPDATE dw_credentials SET secret = ?, version = version + 1
               WHERE user_id = ? AND kind = 'password' AND slot = 0";
    match tx.execute(sql, &[password_hash.into(), id.0.into()]).await? {
        0 => insert_password(tx, id, password_hash, now).await,
        _ => Ok(()),
    }
}

/// Replaces the password that was verified against `credential`. Returns false if it has changed since, or its user is
/// deleted. The transaction must then be rolled back.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn replace_password(tx: &mut Tx, credential: &Credential, password_hash: &str) -> Result<bool> {
    let id = credential.user_id.0.into();
    let sql = "UPDATE dw_users SET password_change_required_at = NULL, version = version + 1 WHERE id = ?";
    if tx.execute(sql, &[id]).await? != 1 {
        return Ok(false);
    }
    let sql = "UPDATE dw_credentials SET secret = ?, version = version + 1
               WHERE user_id = ? AND kind = 'password' AND slot = 0 AND version = ?";
    Ok(tx.execute(sql, &[password_hash.into(), id, credential.password_version.into()]).await? == 1)
}

/// Returns whether `credential` is still current.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn is_current(conn: &mut Conn, credential: &Credential) -> Result<bool> {
    let Credential { user_id, password_hash, password_version, .. } = credential;
    let params = [user_id.0.into(), (*password_version).into(), password_hash.as_deref().into()];
    let sql = "SELECT 1 FROM dw_credentials
               WHERE user_id = ? AND kind = 'password' AND slot = 0 AND version = ? AND secret = ?";
    Ok(conn.optional(sql, &params, |_| Ok(())).await?.is_some())
}

/// Replaces the hash in `credential` with another hash of the same password. Returns false if it is no longer stored.
/// The version stays the same, because the password has not changed.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn replace_hash(tx: &mut Tx, credential: &Credential, password_hash: &str) -> Result<bool> {
    let Credential { user_id, password_hash: old, password_version, .. } = credential;
    let params: [Param<'_>; 4] =
        [password_hash.into(), user_id.0.into(), (*password_version).into(), old.as_deref().into()];
    let sql = "UPDATE dw_credentials SET secret = ?
               WHERE user_id = ? AND kind = 'password' AND slot = 0 AND version = ? AND secret = ?";
    Ok(tx.execute(sql, &params).await? == 1)
}

/// Invalidates all logins of this user that are in progress.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn outdate(tx: &mut Tx, id: UserId) -> Result<()> {
    change_account(tx, id).await?;
    let sql = "UPDATE dw_credentials SET version = version + 1 WHERE user_id = ?";
    tx.execute(sql, &[id.0.into()]).await.map(drop)
}

/// Deletes all credentials of a user who is deleted in the same transaction.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn delete_all_of(tx: &mut Tx, id: UserId) -> Result<()> {
    tx.execute("DELETE FROM dw_credentials WHERE user_id = ?", &[id.0.into()]).await.map(drop)
}
