//! Deletes a user, with their sessions. The number is never given out again.

use super::{
    administrators,
    authority::{Can, UsersWrite},
};
use crate::{
    Result,
    app::App,
    model::UserId,
    store::{Tx, sessions, users},
};

/// What a deletion came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeleteUser {
    Done,
    NoSuchUser,
    /// An administrator asked to delete their own account.
    OwnAccount,
    /// There would be no administrator left.
    LastAdministrator,
    /// The session that asked has ended meanwhile, or its user has lost the permission.
    AuthorityLost,
}

/// Deletes another user, for the holder of `users:write`.
///
/// # Errors
/// The database's.
pub async fn as_administrator(app: &App, authority: &Can<UsersWrite>, id: UserId) -> Result<DeleteUser> {
    if authority.holder().user_id() == id {
        return Ok(DeleteUser::OwnAccount);
    }
    delete(app, Some(authority), id).await
}

/// Deletes any user, for the operator.
///
/// # Errors
/// The database's.
pub async fn as_operator(app: &App, id: UserId) -> Result<DeleteUser> {
    delete(app, None, id).await
}

async fn delete(app: &App, authority: Option<&Can<UsersWrite>>, id: UserId) -> Result<DeleteUser> {
    app.db
        .write(async |mut tx: Tx| {
            let is_last = administrators::is_last(&mut tx, id).await?;
            // Behind the guard: two administrators who delete each other at once are not both still there.
            if let Some(authority) = authority
                && !authority.still_holds(&mut tx).await?
            {
                return tx.roll_back(DeleteUser::AuthorityLost).await;
            }
            if is_last {
                return tx.roll_back(DeleteUser::LastAdministrator).await;
            }
            if !users::delete(&mut tx, id).await? {
                return tx.roll_back(DeleteUser::NoSuchUser).await;
            }
            sessions::end_all_of(&mut tx, id).await?;
            tx.commit(DeleteUser::Done).await
        })
        .await
}
