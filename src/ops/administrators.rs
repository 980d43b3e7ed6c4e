//! The rule that once there is an administrator, there always is one: somebody enabled whose role holds `roles:write`.
//!
//! Every operation that could break it passes the guard first, so that two that would break it together take turns.

use crate::{
    Result,
    app::App,
    model::{Permission, RoleId, UserId},
    store::{
        Conn, Tx,
        guards::{self, Guard},
        roles, users,
    },
};

/// Whether there is an administrator.
///
/// # Errors
/// The database's.
pub async fn exist(app: &App) -> Result<bool> {
    let mut conn = app.db.read().await?;
    let nobody = UserId(0);
    for role in administrative_roles(&mut conn).await? {
        if users::another_has_role(&mut conn, role, nobody).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Passes the guard and tells whether `user` is the only administrator. True until the transaction ends.
pub(super) async fn is_last(tx: &mut Tx, user: UserId) -> Result<bool> {
    guards::pass(tx, Guard::Administrators).await?;
    let Some(user) = users::by_id(tx, user).await? else { return Ok(false) };
    let administrative = administrative_roles(tx).await?;
    if user.disabled_at.is_some() || !administrative.contains(&user.role_id) {
        return Ok(false);
    }
    for role in administrative {
        if users::another_has_role(tx, role, user.id).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn administrative_roles(conn: &mut Conn) -> Result<Vec<RoleId>> {
    let roles = roles::all(conn).await?;
    let administrative = roles.into_iter().filter(|role| role.permissions.contains(Permission::RolesWrite));
    Ok(administrative.map(|role| role.id).collect())
}
