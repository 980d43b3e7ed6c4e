//! The table `dw_roles`.
//!
//! Invariant: a change or deletion names the version that its caller read, and does nothing for another version.

use super::db::{Conn, Inserted, Row, Tx};
use crate::{
    Error, Result,
    model::{Permissions, Role, RoleId, RoleName, UnixMillis},
};

/// The maximum number of roles that may exist, and that a list contains.
pub const ROLES: u32 = 1000;

fn role(row: &Row<'_>) -> Result<Role> {
    Ok(Role {
        id: RoleId(row.integer(0)?),
        name: row.bytes(1, name)?,
        permissions: Permissions::from_stored(row.text(2)?)?,
        version: row.integer(3)?,
        created_at: row.instant(4)?,
    })
}

/// Reads a role's name from the database's bytes.
pub(super) fn name(bytes: &[u8]) -> Result<String> {
    String::from_utf8(bytes.to_vec()).map_err(|_| Error::Corrupt("a role's name that is not UTF-8"))
}

/// Returns the role called `name`.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn by_name(conn: &mut Conn, name: &str) -> Result<Option<Role>> {
    conn.optional(
        "SELECT id, name, permissions, version, created_at FROM dw_roles WHERE name = ?",
        &[name.as_bytes().into()],
        role,
    )
    .await
}

/// Returns the role with this id.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn by_id(conn: &mut Conn, id: RoleId) -> Result<Option<Role>> {
    conn.optional("SELECT id, name, permissions, version, created_at FROM dw_roles WHERE id = ?", &[id.0.into()], role)
        .await
}

/// Returns all roles, ordered by name.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn all(conn: &mut Conn) -> Result<Vec<Role>> {
    conn.all(
        "SELECT id, name, permissions, version, created_at FROM dw_roles ORDER BY name LIMIT ?",
        &[i64::from(ROLES).into()],
        role,
    )
    .await
}

/// Adds a role. Returns false if the name or the id is taken.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn insert(
    tx: &mut Tx,
    id: RoleId,
    name: &RoleName,
    permissions: &Permissions,
    now: UnixMillis,
) -> Result<bool> {
    let params = [id.0.into(), name.as_text().as_bytes().into(), permissions.as_text().into(), now.into()];
    let sql = "INSERT INTO dw_roles (id, name, permissions, created_at) VALUES (?, ?, ?, ?)";
    match tx.insert(sql, &params).await? {
        Inserted::Row(_) => Ok(true),
        Inserted::Duplicate => Ok(false),
        Inserted::Unfit => Err(Error::Corrupt("a role that does not fit its row")),
    }
}

/// Replaces the permissions of the role. Returns false if its version is no longer `version`, or it is deleted.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn set_permissions(tx: &mut Tx, id: RoleId, version: i64, permissions: &Permissions) -> Result<bool> {
    let params = [permissions.as_text().into(), id.0.into(), version.into()];
    let sql = "UPDATE dw_roles SET permissions = ?, version = version + 1 WHERE id = ? AND version = ?";
    Ok(tx.execute(sql, &params).await? == 1)
}

/// Returns whether any user, enabled or disabled, has this role.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn is_in_use(conn: &mut Conn, id: RoleId) -> Result<bool> {
    let sql = "SELECT 1 FROM dw_users WHERE role_id = ? LIMIT 1";
    Ok(conn.optional(sql, &[id.0.into()], |_| Ok(())).await?.is_some())
}

/// Deletes the role. Returns false if its version is no longer `version`, or it is already deleted.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn delete(tx: &mut Tx, id: RoleId, version: i64) -> Result<bool> {
    let sql = "DELETE FROM dw_roles WHERE id = ? AND version = ?";
    Ok(tx.execute(sql, &[id.0.into(), version.into()]).await? == 1)
}
