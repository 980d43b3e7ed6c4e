//! Deletes a user with all sessions. Invariant: the id is never reused.

use crate::{
    Error,
    app::App,
    model::{Event, Precondition, Reason, UserId},
    ops::{
        audit::{self, AuditContext, AuditEntry},
        auth::reauthenticate::RecentlyAuthenticated,
        authority::{Can, UsersWrite},
        outcome::{Denied, OpResult},
        principal::Principal,
        roles::administrators,
        steps::{self, Steps, Stop},
    },
    store::{
        Tx,
        accounts::{self, Account, AccountKey},
        login_failures, session_ends, user_edits,
    },
};

/// The reason why another user is not deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeleteUserRefused {
    NoSuchUser,
    /// Administrators must delete their own accounts by [`own`].
    OwnAccount,
    /// The account has another version than the one that the client read.
    Outdated,
    /// No administrator would remain.
    LastAdministrator,
    Denied(Denied),
}

/// The reason why a user's own account is not deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeleteOwnRefused {
    /// The account has another version than the one that the client read.
    Outdated,
    /// No administrator would remain.
    LastAdministrator,
    SessionEnded,
}

/// The reason why the operator cannot delete a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperatorDeleteRefused {
    NoSuchUser,
    /// No administrator would remain.
    LastAdministrator,
}

/// Deletes another user, for the holder of `users:write`.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn as_administrator(
    app: &App,
    authority: &Can<UsersWrite>,
    key: impl Into<AccountKey>,
    precondition: &Precondition,
) -> OpResult<(), DeleteUserRefused> {
    let (key, by) = (key.into(), authority.audit_context());
    let ended = app
        .db
        .write(async |mut tx: Tx| {
            let steps = delete_other(app, &mut tx, authority, key, precondition).await;
            steps::end(tx, steps).await
        })
        .await?;
    steps::conclude(app, &by, ended).await
}

/// Deletes any user, for the operator.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn as_operator(app: &App, id: UserId) -> OpResult<(), OperatorDeleteRefused> {
    let by = Principal::Operator.audit_context();
    let ended = app
        .db
        .write(async |mut tx: Tx| {
            let steps = delete_any(app, &mut tx, &by, id).await;
            steps::end(tx, steps).await
        })
        .await?;
    steps::conclude(app, &by, ended).await
}

/// Deletes the user's own account.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn own(
    app: &App,
    recent: &RecentlyAuthenticated,
    precondition: &Precondition,
) -> OpResult<(), DeleteOwnRefused> {
    let by = recent.signed_in().audit_context();
    let ended = app
        .db
        .write(async |mut tx: Tx| {
            let steps = delete_own(app, &mut tx, recent, precondition).await;
            steps::end(tx, steps).await
        })
        .await?;
    steps::conclude(app, &by, ended).await
}

async fn delete_other(
    app: &App,
    tx: &mut Tx,
    authority: &Can<UsersWrite>,
    key: AccountKey,
    precondition: &Precondition,
) -> Steps<(), DeleteUserRefused> {
    // The guard is first, so one of two administrators who delete each other at the same time remains.
    administrators::take_turns(tx).await?;
    let found = accounts::find(tx, key).await?;
    let account = found.ok_or_else(|| Stop::refused(DeleteUserRefused::NoSuchUser))?;
    if authority.holder().user_id() == Some(account.user.id) {
        return Err(Stop::refused(DeleteUserRefused::OwnAccount));
    }
    let judged = authority.judge(tx, &account.role.permissions).await?;
    judged.map_err(|denied| Stop::denied(denied, |reason| refused(&account, reason)))?;
    if !precondition.admits(account.user.version) {
        return Err(Stop::refused(DeleteUserRefused::Outdated));
    }
    delete(app, tx, &authority.audit_context(), &account, DeleteUserRefused::LastAdministrator).await
}

async fn delete_any(app: &App, tx: &mut Tx, by: &AuditContext, id: UserId) -> Steps<(), OperatorDeleteRefused> {
    administrators::take_turns(tx).await?;
    let found = accounts::find(tx, id.into()).await?;
    let account = found.ok_or_else(|| Stop::refused(OperatorDeleteRefused::NoSuchUser))?;
    delete(app, tx, by, &account, OperatorDeleteRefused::LastAdministrator).await
}

async fn delete_own(
    app: &App,
    tx: &mut Tx,
    recent: &RecentlyAuthenticated,
    precondition: &Precondition,
) -> Steps<(), DeleteOwnRefused> {
    let signed_in = recent.signed_in();
    administrators::take_turns(tx).await?;
    let found = accounts::find(tx, signed_in.user_id().into()).await?;
    let account = found.ok_or_else(|| Stop::refused(DeleteOwnRefused::SessionEnded))?;
    if !signed_in.still_holds(tx).await? {
        return Err(Stop::refused(DeleteOwnRefused::SessionEnded));
    }
    if !precondition.admits(account.user.version) {
        return Err(Stop::refused(DeleteOwnRefused::Outdated));
    }
    delete(app, tx, &signed_in.audit_context(), &account, DeleteOwnRefused::LastAdministrator).await
}

/// Deletes the account, unless it is that of the last administrator. The transaction has passed the guard.
async fn delete<R>(
    app: &App,
    tx: &mut Tx,
    by: &AuditContext,
    account: &Account,
    last_administrator: R,
) -> Steps<(), R> {
    let user = &account.user;
    if administrators::is_last(tx, user).await? {
        return Err(Stop::recorded(last_administrator, refused(account, Reason::LastAdministrator)));
    }
    if !user_edits::delete(tx, user.id, user.version).await? {
        return Err(Error::Conflict("the account changed at the same moment".to_owned()).into());
    }
    let sessions_ended = session_ends::end_all_of(tx, user.id).await?;
    login_failures::forget_all_of(tx, user.id).await?;
    let entry = AuditEntry::done(Event::UserDeleted).on(user.party()).with("sessions_ended", sessions_ended);
    Ok(audit::record(app, tx, by, entry).await?)
}

fn refused(account: &Account, reason: Reason) -> AuditEntry {
    AuditEntry::refused(Event::UserDeleted, reason).on(account.user.party())
}

impl From<Denied> for DeleteUserRefused {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}
