//! The table `dw_users`.
//!
//! `password_version` counts what makes a login that is under way void: a change of the password, above all. Hashing the
//! same password anew, at a higher cost, is none.

use super::db::{Conn, Inserted, Param, Row, Tx};
use crate::{
    Error, Result,
    model::{Name, NameKey, RoleId, Uid, UnixMillis, User, UserId},
};

/// What a new row needs.
pub struct NewUser<'a> {
    pub uid: Uid,
    pub name: &'a Name,
    pub role_id: RoleId,
    pub password_hash: &'a str,
    pub created_at: UnixMillis,
}

impl NewUser<'_> {
    fn values(&self) -> [Param<'_>; 6] {
        [
            self.uid.as_bytes().into(),
            self.name.as_typed().into(),
            self.name.key().as_bytes().into(),
            self.role_id.0.into(),
            self.password_hash.into(),
            self.created_at.into(),
        ]
    }
}

/// What a password is checked against.
#[derive(Clone)]
pub struct Credential {
    pub user_id: UserId,
    pub password_hash: String,
    pub password_version: i64,
}

fn user(row: &Row<'_>) -> Result<User> {
    Ok(User {
        id: UserId(row.integer(0)?),
        uid: row.bytes(1, Uid::from_stored)?,
        name: row.text(2)?,
        role_id: RoleId(row.integer(3)?),
        created_at: row.instant(4)?,
        last_login_at: row.integer_or_null(5)?.map(UnixMillis),
        disabled_at: row.integer_or_null(6)?.map(UnixMillis),
    })
}

/// Adds a user; `None` when the name is taken.
///
/// # Errors
/// The database's.
pub async fn insert(tx: &mut Tx, new: &NewUser<'_>) -> Result<Option<UserId>> {
    let inserted = tx
        .insert(
            "INSERT INTO dw_users (uid, name, name_key, role_id, password_hash, password_version, created_at)
             VALUES (?, ?, ?, ?, ?, 1, ?)",
            &new.values(),
        )
        .await?;
    match inserted {
        Inserted::Row(id) => Ok(Some(UserId(id))),
        Inserted::Duplicate => Ok(None),
        Inserted::Unfit => Err(Error::Corrupt("a user who does not fit the row")),
    }
}

/// Adds a user under a number that was given out elsewhere; false when the number, the name or the uid is taken.
///
/// # Errors
/// The database's.
pub async fn insert_numbered(tx: &mut Tx, id: UserId, new: &NewUser<'_>) -> Result<bool> {
    let [uid, name, name_key, role_id, password_hash, created_at] = new.values();
    let params = [id.0.into(), uid, name, name_key, role_id, password_hash, created_at];
    let inserted = tx
        .insert(
            "INSERT INTO dw_users (id, uid, name, name_key, role_id, password_hash, password_version, created_at)
             VALUES (?, ?, ?, ?, ?, ?, 1, ?)",
            &params,
        )
        .await?;
    match inserted {
        Inserted::Row(_) => Ok(true),
        Inserted::Duplicate => Ok(false),
        Inserted::Unfit => Err(Error::Corrupt("a user who does not fit the row")),
    }
}

/// The user with this number.
///
/// # Errors
/// The database's.
pub async fn by_id(conn: &mut Conn, id: UserId) -> Result<Option<User>> {
    conn.optional(
        "SELECT id, uid, name, role_id, created_at, last_login_at, disabled_at FROM dw_users WHERE id = ?",
        &[id.0.into()],
        user,
    )
    .await
}

/// The user whose name folds to `key`.
///
/// # Errors
/// The database's.
pub async fn by_key(conn: &mut Conn, key: &NameKey) -> Result<Option<User>> {
    conn.optional(
        "SELECT id, uid, name, role_id, created_at, last_login_at, disabled_at FROM dw_users WHERE name_key = ?",
        &[key.as_bytes().into()],
        user,
    )
    .await
}

/// The name, as typed, of the user with this number.
///
/// # Errors
/// The database's.
pub async fn name_by_id(conn: &mut Conn, id: UserId) -> Result<Option<String>> {
    conn.optional("SELECT name FROM dw_users WHERE id = ?", &[id.0.into()], |row| row.text(0)).await
}

/// What the password of the user whose name folds to `key` is checked against.
///
/// # Errors
/// The database's.
pub async fn credential(conn: &mut Conn, key: &NameKey) -> Result<Option<Credential>> {
    let sql = "SELECT id, password_hash, password_version FROM dw_users WHERE name_key = ?";
    conn.optional(sql, &[key.as_bytes().into()], read_credential).await
}

/// The same, where the old application is not asked: `None` also for a user who is known to be gone from there or locked
/// there, unless the password is one that was set here since.
///
/// # Errors
/// The database's.
pub async fn credential_by_itself(conn: &mut Conn, key: &NameKey) -> Result<Option<Credential>> {
    let sql = "SELECT u.id, u.password_hash, u.password_version
               FROM dw_users u LEFT JOIN dw_adoptions a ON a.user_id = u.id
               WHERE u.name_key = ? AND (a.gone_at IS NULL OR a.password_set_here_at IS NOT NULL)";
    conn.optional(sql, &[key.as_bytes().into()], read_credential).await
}

fn read_credential(row: &Row<'_>) -> Result<Credential> {
    Ok(Credential {
        user_id: UserId(row.integer(0)?),
        // SQLite keeps whatever somebody else put there: what is not even text is no hash, as other garbage is.
        password_hash: row.text(1).unwrap_or_default(),
        password_version: row.integer(2)?,
    })
}

/// Up to `limit` users with numbers above `after`, in their order.
///
/// # Errors
/// The database's.
pub async fn page(conn: &mut Conn, after: UserId, limit: u32) -> Result<Vec<User>> {
    conn.all(
        "SELECT id, uid, name, role_id, created_at, last_login_at, disabled_at FROM dw_users
         WHERE id > ? ORDER BY id LIMIT ?",
        &[after.0.into(), i64::from(limit).into()],
        user,
    )
    .await
}

/// Whether an enabled user other than `except` has this role.
///
/// # Errors
/// The database's.
pub async fn another_has_role(conn: &mut Conn, role: RoleId, except: UserId) -> Result<bool> {
    let found = conn
        .optional(
            "SELECT 1 FROM dw_users WHERE role_id = ? AND id <> ? AND disabled_at IS NULL LIMIT 1",
            &[role.0.into(), except.0.into()],
            |_| Ok(()),
        )
        .await?;
    Ok(found.is_some())
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

/// Replaces a password; false when there is no such user.
///
/// # Errors
/// The database's.
pub async fn set_password(tx: &mut Tx, id: UserId, password_hash: &str) -> Result<bool> {
    let matched = tx
        .execute(
            "UPDATE dw_users SET password_hash = ?, password_version = password_version + 1 WHERE id = ?",
            &[password_hash.into(), id.0.into()],
        )
        .await?;
    Ok(matched == 1)
}

/// Whether this is still what that user's password is checked against.
///
/// # Errors
/// The database's.
pub async fn is_current(conn: &mut Conn, credential: &Credential) -> Result<bool> {
    let Credential { user_id, password_hash, password_version } = credential;
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
    let Credential { user_id, password_hash: old, password_version } = credential;
    let params = [password_hash.into(), user_id.0.into(), old.as_str().into(), (*password_version).into()];
    let sql = "UPDATE dw_users SET password_hash = ? WHERE id = ? AND password_hash = ? AND password_version = ?";
    Ok(tx.execute(sql, &params).await? == 1)
}

/// Outdates what a login that is under way has read: it will start no session.
///
/// # Errors
/// The database's.
pub async fn outdate_credential(tx: &mut Tx, id: UserId) -> Result<()> {
    let sql = "UPDATE dw_users SET password_version = password_version + 1 WHERE id = ?";
    tx.execute(sql, &[id.0.into()]).await.map(drop)
}

/// Gives a role; false when there is no such user.
///
/// # Errors
/// The database's.
pub async fn set_role(tx: &mut Tx, id: UserId, role: RoleId) -> Result<bool> {
    Ok(tx.execute("UPDATE dw_users SET role_id = ? WHERE id = ?", &[role.0.into(), id.0.into()]).await? == 1)
}

/// Disables since `now`, or leaves the instant since when it is disabled; false when there is no such user.
///
/// # Errors
/// The database's.
pub async fn disable(tx: &mut Tx, id: UserId, now: UnixMillis) -> Result<bool> {
    let params = [now.into(), id.0.into()];
    Ok(tx.execute("UPDATE dw_users SET disabled_at = COALESCE(disabled_at, ?) WHERE id = ?", &params).await? == 1)
}

/// Enables; false when there is no such user.
///
/// # Errors
/// The database's.
pub async fn enable(tx: &mut Tx, id: UserId) -> Result<bool> {
    Ok(tx.execute("UPDATE dw_users SET disabled_at = NULL WHERE id = ?", &[id.0.into()]).await? == 1)
}

/// Deletes; false when there is no such user.
///
/// # Errors
/// The database's.
pub async fn delete(tx: &mut Tx, id: UserId) -> Result<bool> {
    Ok(tx.execute("DELETE FROM dw_users WHERE id = ?", &[id.0.into()]).await? == 1)
}
