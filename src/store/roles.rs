//! The table `dw_roles`.

use super::db::{Conn, Row};
use crate::{
    Error, Result,
    model::{Permissions, Role, RoleId},
};

fn role(row: &Row<'_>) -> Result<Role> {
    let name = row.bytes(1, |bytes| {
        String::from_utf8(bytes.to_vec()).map_err(|_| Error::Corrupt("a role's name that is not UTF-8"))
    })?;
    Ok(Role { id: RoleId(row.integer(0)?), name, permissions: Permissions::from_stored(row.text(2)?)? })
}

/// The role called `name`.
///
/// # Errors
/// The database's.
pub async fn by_name(conn: &mut Conn, name: &str) -> Result<Option<Role>> {
    conn.optional("SELECT id, name, permissions FROM dw_roles WHERE name = ?", &[name.as_bytes().into()], role).await
}

/// All roles, by name.
///
/// # Errors
/// The database's.
pub async fn all(conn: &mut Conn) -> Result<Vec<Role>> {
    conn.all("SELECT id, name, permissions FROM dw_roles ORDER BY name LIMIT 1000", &[], role).await
}
