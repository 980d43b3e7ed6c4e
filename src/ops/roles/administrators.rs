//! The rule that once there is an administrator, there always is one: somebody enabled whose role holds `roles:write`.
//!
//! Every operation that could break it passes the guard first, so that two that would break it together take turns.

use crate::{
    Error, Result,
    app::App,
    model::{Permission, RoleId, UserId},
    store::{
        Conn, Tx,
        guards::{self, Guard},
        roles, users,
    },
};

/// Nobody has this number.
const NOBODY: UserId = UserId(0);

/// Whether there is an administrator.
///
/// # Errors
/// The database's.
pub async fn exist(app: &App) -> Result<bool> {
    let mut conn = app.db.read().await?;
    are_left_without(&mut conn, NOBODY).await
}

/// Passes the guard: what is read of roles and of who has them is so until the transaction ends.
pub(in crate::ops) async fn take_turns(tx: &mut Tx) -> Result<()> {
    guards::pass(tx, Guard::Administrators).await
}

/// Keeps a role that was read before this transaction from being deleted until its end.
///
/// # Errors
/// [`Error::Conflict`] when it has been deleted since.
pub(in crate::ops) async fn hold_role(tx: &mut Tx, role: RoleId) -> Result<()> {
    if RoleId::BUILT_IN.contains(&role) {
        return Ok(());
    }
    take_turns(tx).await?;
    match roles::by_id(tx, role).await? {
        Some(_) => Ok(()),
        None => Err(Error::Conflict("a role was deleted at the same moment".to_owned())),
    }
}

/// Whether there is an administrator as things stand in this transaction.
pub(in crate::ops) async fn are_left(conn: &mut Conn) -> Result<bool> {
    are_left_without(conn, NOBODY).await
}

/// Passes the guard and tells whether `user` is the only administrator. True until the transaction ends.
pub(in crate::ops) async fn is_last(tx: &mut Tx, user: UserId) -> Result<bool> {
    take_turns(tx).await?;
    let Some(user) = users::by_id(tx, user).await? else { return Ok(false) };
    if user.disabled_at.is_some() || !administrative_roles(tx).await?.contains(&user.role_id) {
        return Ok(false);
    }
    Ok(!are_left_without(tx, user.id).await?)
}

async fn are_left_without(conn: &mut Conn, user: UserId) -> Result<bool> {
    for role in administrative_roles(conn).await? {
        if users::another_has_role(conn, role, user).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn administrative_roles(conn: &mut Conn) -> Result<Vec<RoleId>> {
    let roles = roles::all(conn).await?;
    let administrative = roles.into_iter().filter(|role| role.permissions.contains(Permission::RolesWrite));
    Ok(administrative.map(|role| role.id).collect())
}
