//! The table `dw_roles`.

use super::db::{Conn, Inserted, Row, Tx};
use crate::{
    Error, Result,
    model::{Permissions, Role, RoleId, RoleName, UnixMillis},
};

/// Most roles that are listed, and so that may be made.
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

/// A role's name from the database's bytes.
pub(super) fn name(bytes: &[u8]) -> Result<String> {
    String::from_utf8(bytes.to_vec()).map_err(|_| Error::Corrupt("a role's name that is not UTF-8"))
}

/// The role called `name`.
///
/// # Errors
/// The database's.
pub async fn by_name(conn: &mut Conn, name: &str) -> Result<Option<Role>> {
    conn.optional(
        "SELECT id, name, permissions, version, created_at FROM dw_roles WHERE name = ?",
        &[name.as_bytes().into()],
        role,
    )
    .await
}

/// The role with this number.
///
/// # Errors
/// The database's.
pub async fn by_id(conn: &mut Conn, id: RoleId) -> Result<Option<Role>> {
    conn.optional("SELECT id, name, permissions, version, created_at FROM dw_roles WHERE id = ?", &[id.0.into()], role)
        .await
}

/// All roles, by name.
///
/// # Errors
/// The database's.
pub async fn all(conn: &mut Conn) -> Result<Vec<Role>> {
    conn.all(
        "SELECT id, name, permissions, version, created_at FROM dw_roles ORDER BY name LIMIT ?",
        &[i64::from(ROLES).into()],
        role,
    )
    .await
}

/// Adds a role; false when the name is taken.
///
/// # Errors
/// The database's.
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

/// Replaces the permissions of the role as it was in `version`; false when it is not of that version any more, or gone.
///
/// # Errors
/// The database's.
pub async fn set_permissions(tx: &mut Tx, id: RoleId, version: i64, permissions: &Permissions) -> Result<bool> {
    let params = [permissions.as_text().into(), id.0.into(), version.into()];
    let sql = "UPDATE dw_roles SET permissions = ?, version = version + 1 WHERE id = ? AND version = ?";
    Ok(tx.execute(sql, &params).await? == 1)
}

/// Whether any user, enabled or not, has this role.
///
/// # Errors
/// The database's.
pub async fn is_in_use(conn: &mut Conn, id: RoleId) -> Result<bool> {
    let sql = "SELECT 1 FROM dw_users WHERE role_id = ? LIMIT 1";
    Ok(conn.optional(sql, &[id.0.into()], |_| Ok(())).await?.is_some())
}

/// Deletes the role as it was in `version`; false when it is not of that version any more, or gone.
///
/// # Errors
/// The database's.
pub async fn delete(tx: &mut Tx, id: RoleId, version: i64) -> Result<bool> {
    let sql = "DELETE FROM dw_roles WHERE id = ? AND version = ?";
    Ok(tx.execute(sql, &[id.0.into(), version.into()]).await? == 1)
}
