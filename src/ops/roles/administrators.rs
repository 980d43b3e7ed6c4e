//! The rule that an administrator must remain: an enabled user whose role holds `roles:write`.
//!
//! Invariant: every operation that may break the rule passes the guard first, which serialises concurrent ones.

use crate::{
    Error, Result,
    app::App,
    model::{Permission, RoleId, User, UserId},
    store::{
        Conn, Tx,
        guards::{self, Guard},
        roles, users,
    },
};

/// An id that no user has.
const NOBODY: UserId = UserId(0);

/// Returns whether an administrator exists.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn exist(app: &App) -> Result<bool> {
    let mut conn = app.db.read().await?;
    are_left_without(&mut conn, NOBODY).await
}

/// Passes the guard. Roles and their holders that are read afterwards do not change until the transaction ends.
pub(in crate::ops) async fn take_turns(tx: &mut Tx) -> Result<()> {
    guards::pass(tx, Guard::Administrators).await
}

/// Prevents the deletion of a role, which was read earlier, until the transaction ends.
///
/// # Errors
/// Returns [`Error::Conflict`] if it has been deleted since.
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

/// Returns whether an administrator exists, as this transaction sees it.
pub(in crate::ops) async fn are_left(conn: &mut Conn) -> Result<bool> {
    are_left_without(conn, NOBODY).await
}

/// Returns whether `user` is the only administrator. The result stays valid until the transaction ends, if it passed
/// the guard before it read the user.
pub(in crate::ops) async fn is_last(tx: &mut Tx, user: &User) -> Result<bool> {
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
