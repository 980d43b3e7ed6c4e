//! Reads of the table `dw_users`. [`super::new_users`] adds users, and [`super::user_edits`] changes them.
//!
//! Invariant: each statement reads the columns of a user in the same order.

use super::db::{Conn, Row, Tx};
use crate::{
    Result,
    model::{Attributes, NameKey, RoleId, Uid, UnixMillis, User, UserAttributes, UserId},
};

/// Reads a user from the first columns of a row, which are the same in every statement on users.
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

/// Returns the names of up to `limit` users who have this role.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn names_with_role(conn: &mut Conn, role: RoleId, limit: u32) -> Result<Vec<(UserId, String)>> {
    conn.all(
        "SELECT id, name FROM dw_users WHERE role_id = ? ORDER BY name_key LIMIT ?",
        &[role.0.into(), i64::from(limit).into()],
        |row| Ok((UserId(row.integer(0)?), row.text(1)?)),
    )
    .await
}

/// Returns the user with this id.
///
/// # Errors
/// Returns an error if the database fails.
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

/// Returns the user with this public identifier.
///
/// # Errors
/// Returns an error if the database fails.
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

/// Returns the application's data about this user; `None` if the user does not exist.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn attributes(conn: &mut Conn, id: UserId) -> Result<Option<UserAttributes>> {
    conn.optional("SELECT attributes, admin_attributes FROM dw_users WHERE id = ?", &[id.0.into()], |row| {
        Ok(UserAttributes {
            own: Attributes::from_stored(row.text_or_null(0)?.as_deref())?,
            admin: Attributes::from_stored(row.text_or_null(1)?.as_deref())?,
        })
    })
    .await
}

/// Returns the user whose name folds to `key`.
///
/// # Errors
/// Returns an error if the database fails.
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

/// Returns up to `limit` users with ids above `after`, in order.
///
/// # Errors
/// Returns an error if the database fails.
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

/// Returns whether an enabled user other than `except` has this role and can log in. A user without a credential cannot
/// log in. Nor can a user whose row in the legacy table is missing or locked, unless a local password was set since.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn another_has_role(conn: &mut Conn, role: RoleId, except: UserId) -> Result<bool> {
    let found = conn
        .optional(
            "SELECT 1 FROM dw_users u JOIN dw_credentials c ON c.user_id = u.id
             LEFT JOIN dw_adoptions a ON a.user_id = u.id
             WHERE u.role_id = ? AND u.is_disabled = 0 AND u.id <> ?
               AND (a.gone_at IS NULL OR a.password_set_locally_at IS NOT NULL)
             LIMIT 1",
            &[role.0.into(), except.0.into()],
            |_| Ok(()),
        )
        .await?;
    Ok(found.is_some())
}

/// Locks the account until the transaction ends, without a change. Returns false if the user does not exist.
///
/// A transaction that replaces the token of a session must also lock its user. Otherwise the statement that ends all
/// sessions of a user could miss, on InnoDB, the row that is moving to its new token.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn hold(tx: &mut Tx, id: UserId) -> Result<bool> {
    Ok(tx.execute("UPDATE dw_users SET version = version WHERE id = ?", &[id.0.into()]).await? == 1)
}
