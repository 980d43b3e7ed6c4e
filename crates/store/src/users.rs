//! The table `dw_users`, but for the credentials in it ([`super::credentials`]) and what is changed of an account that is
//! there ([`super::user_edits`]).

use super::db::{Conn, Inserted, Param, Row, Tx};
use crate::{
    Error, Result,
    model::{Attributes, Name, NameKey, RoleId, Uid, UnixMillis, User, UserAttributes, UserId},
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

/// A user from the columns that every statement on users begins with.
pub(super) fn user(row: &Row<'_>) -> Result<User> {
    Ok(User {
        id: UserId(row.integer(0)?),
        uid: row.bytes(1, Uid::from_stored)?,
        name: row.text(2)?,
        role_id: RoleId(row.integer(3)?),
        created_at: row.instant(4)?,
        last_login_at: row.integer_or_null(5)?.map(UnixMillis),
        disabled_at: row.integer_or_null(6)?.map(UnixMillis),
        password_change_required_at: row.integer_or_null(7)?.map(UnixMillis),
        version: row.integer(8)?,
    })
}

/// The names of up to `limit` users who have this role.
///
/// # Errors
/// The database's.
pub async fn names_with_role(conn: &mut Conn, role: RoleId, limit: u32) -> Result<Vec<(UserId, String)>> {
    conn.all(
        "SELECT id, name FROM dw_users WHERE role_id = ? ORDER BY name_key LIMIT ?",
        &[role.0.into(), i64::from(limit).into()],
        |row| Ok((UserId(row.integer(0)?), row.text(1)?)),
    )
    .await
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

/// Completes a row that was made in the same transaction.
///
/// # Errors
/// The database's.
pub async fn complete(
    tx: &mut Tx,
    id: UserId,
    password_change_required_at: Option<UnixMillis>,
    attributes: &UserAttributes,
) -> Result<()> {
    let (own, admin) = (attributes.own.stored(), attributes.admin.stored());
    let sql = "UPDATE dw_users SET password_change_required_at = ?, attributes = ?, admin_attributes = ? WHERE id = ?";
    let params = [password_change_required_at.into(), own.as_deref().into(), admin.as_deref().into(), id.0.into()];
    tx.execute(sql, &params).await.map(drop)
}

/// The user with this number.
///
/// # Errors
/// The database's.
pub async fn by_id(conn: &mut Conn, id: UserId) -> Result<Option<User>> {
    conn.optional(
        "SELECT id, uid, name, role_id, created_at, last_login_at, disabled_at,
                password_change_required_at, version
         FROM dw_users WHERE id = ?",
        &[id.0.into()],
        user,
    )
    .await
}

/// The user with this public identifier.
///
/// # Errors
/// The database's.
pub async fn by_uid(conn: &mut Conn, uid: Uid) -> Result<Option<User>> {
    conn.optional(
        "SELECT id, uid, name, role_id, created_at, last_login_at, disabled_at,
                password_change_required_at, version
         FROM dw_users WHERE uid = ?",
        &[uid.as_bytes().into()],
        user,
    )
    .await
}

/// What the application keeps of this user; `None` when there is no such user.
///
/// # Errors
/// The database's.
pub async fn attributes(conn: &mut Conn, id: UserId) -> Result<Option<UserAttributes>> {
    conn.optional("SELECT attributes, admin_attributes FROM dw_users WHERE id = ?", &[id.0.into()], |row| {
        Ok(UserAttributes {
            own: Attributes::from_stored(row.text_or_null(0)?.as_deref())?,
            admin: Attributes::from_stored(row.text_or_null(1)?.as_deref())?,
        })
    })
    .await
}

/// The user whose name folds to `key`.
///
/// # Errors
/// The database's.
pub async fn by_key(conn: &mut Conn, key: &NameKey) -> Result<Option<User>> {
    conn.optional(
        "SELECT id, uid, name, role_id, created_at, last_login_at, disabled_at,
                password_change_required_at, version
         FROM dw_users WHERE name_key = ?",
        &[key.as_bytes().into()],
        user,
    )
    .await
}

/// Up to `limit` users with numbers above `after`, in their order.
///
/// # Errors
/// The database's.
pub async fn page(conn: &mut Conn, after: UserId, limit: u32) -> Result<Vec<User>> {
    conn.all(
        "SELECT id, uid, name, role_id, created_at, last_login_at, disabled_at,
                password_change_required_at, version
         FROM dw_users
         WHERE id > ? ORDER BY id LIMIT ?",
        &[after.0.into(), i64::from(limit).into()],
        user,
    )
    .await
}

/// Whether an enabled user other than `except` has this role and can log in, which nobody can by a password that the old
/// application has taken away.
///
/// # Errors
/// The database's.
pub async fn another_has_role(conn: &mut Conn, role: RoleId, except: UserId) -> Result<bool> {
    let found = conn
        .optional(
            "SELECT 1 FROM dw_users u LEFT JOIN dw_adoptions a ON a.user_id = u.id
             WHERE u.role_id = ? AND u.is_disabled = 0 AND u.id <> ?
               AND (a.gone_at IS NULL OR a.password_set_locally_at IS NOT NULL)
             LIMIT 1",
            &[role.0.into(), except.0.into()],
            |_| Ok(()),
        )
        .await?;
    Ok(found.is_some())
}

/// Holds the account until the transaction ends, as it is; false when there is no such user. Whoever gives one of its
/// sessions a new token holds it too. Without this an end of sessions on InnoDB could pass by a session whose row, found by
/// its token, is moved in the same moment.
///
/// # Errors
/// The database's.
pub async fn hold(tx: &mut Tx, id: UserId) -> Result<bool> {
    Ok(tx.execute("UPDATE dw_users SET version = version WHERE id = ?", &[id.0.into()]).await? == 1)
}

/// Takes back a row that was inserted in this transaction.
///
/// # Errors
/// The database's.
pub async fn delete(tx: &mut Tx, id: UserId) -> Result<bool> {
    Ok(tx.execute("DELETE FROM dw_users WHERE id = ?", &[id.0.into()]).await? == 1)
}
