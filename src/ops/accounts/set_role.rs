//! Gives a user another role, on the command line. What the new role allows and forbids holds from the next request on,
//! in sessions that are already there too.

use crate::{
    Error, Result,
    app::App,
    model::UserId,
    ops::accounts::edit::{self, EditUser},
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
    match edit::set_role_as_operator(app, id, role).await? {
        EditUser::Done => Ok(SetRole::Done),
        EditUser::NoSuchUser => Ok(SetRole::NoSuchUser),
        EditUser::NoSuchRole => Ok(SetRole::NoSuchRole),
        EditUser::LastAdministrator => Ok(SetRole::LastAdministrator),
        _ => Err(Error::Corrupt("an operator's change of role that was refused")),
    }
}
