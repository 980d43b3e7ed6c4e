//! Closes an account and opens it again. Closing ends its sessions in the same transaction; opening revives none.

use super::administrators;
use crate::{
    Result,
    app::App,
    model::UserId,
    store::{Tx, sessions, users},
};

/// What it came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisableUser {
    /// Done, and so many sessions were ended.
    Done {
        sessions_ended: u64,
    },
    NoSuchUser,
    /// There would be no administrator left.
    LastAdministrator,
}

/// Closes the account, for the operator.
///
/// # Errors
/// The database's.
pub async fn disable_as_operator(app: &App, id: UserId) -> Result<DisableUser> {
    let now = app.clock.now();
    app.db
        .write(async |mut tx: Tx| {
            if administrators::is_last(&mut tx, id).await? {
                return tx.roll_back(DisableUser::LastAdministrator).await;
            }
            if !users::disable(&mut tx, id, now).await? {
                return tx.roll_back(DisableUser::NoSuchUser).await;
            }
            let sessions_ended = sessions::end_all_of(&mut tx, id).await?;
            tx.commit(DisableUser::Done { sessions_ended }).await
        })
        .await
}

/// Opens the account; false when there is no such user.
///
/// # Errors
/// The database's.
pub async fn enable_as_operator(app: &App, id: UserId) -> Result<bool> {
    app.db
        .write(async |mut tx: Tx| {
            let found = users::enable(&mut tx, id).await?;
            tx.commit(found).await
        })
        .await
}
