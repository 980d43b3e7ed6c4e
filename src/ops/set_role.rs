//! Gives a user another role. What the new role allows and forbids holds from the next request on, in sessions that are
//! already there too.

use super::administrators;
use crate::{
    Result,
    app::App,
    model::UserId,
    store::{Tx, roles, users},
};

/// What it came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetRole {
    Done,
    NoSuchUser,
    NoSuchRole,
    /// There would be no administrator left.
    LastAdministrator,
}

/// Gives the role called `role`, for the operator.
///
/// # Errors
/// The database's.
pub async fn as_operator(app: &App, id: UserId, role: &str) -> Result<SetRole> {
    app.db
        .write(async |mut tx: Tx| {
            let is_last = administrators::is_last(&mut tx, id).await?;
            let Some(role) = roles::by_name(&mut tx, role).await? else {
                return tx.roll_back(SetRole::NoSuchRole).await;
            };
            if is_last && !role.permissions.contains(crate::model::Permission::RolesWrite) {
                return tx.roll_back(SetRole::LastAdministrator).await;
            }
            if !users::set_role(&mut tx, id, role.id).await? {
                return tx.roll_back(SetRole::NoSuchUser).await;
            }
            tx.commit(SetRole::Done).await
        })
        .await
}
