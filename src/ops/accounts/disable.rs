//! Disables and enables accounts. Invariant: disabling ends the sessions in the same transaction, and enabling restores
//! none.

use crate::{
    Error,
    app::App,
    model::{Event, Precondition, Reason, UserId},
    ops::{
        audit::{self, AuditContext, AuditEntry},
        authority::{Can, UsersWrite},
        outcome::{Denied, OpResult},
        principal::Principal,
        roles::administrators,
        steps::{self, Steps, Stop},
    },
    store::{
        Tx,
        accounts::{self, Account, AccountKey},
        session_ends, user_edits,
    },
};

/// The reason why an account is not disabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisableRefused {
    NoSuchUser,
    /// Administrators cannot disable their own accounts, because that would require no reauthentication.
    OwnAccount,
    /// The account has another version than the one that the client read.
    Outdated,
    /// No administrator would remain.
    LastAdministrator,
    Denied(Denied),
}

/// The reason why an account is not enabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnableRefused {
    NoSuchUser,
    /// The account has another version than the one that the client read.
    Outdated,
    Denied(Denied),
}

/// The reason why the operator cannot disable an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperatorDisableRefused {
    NoSuchUser,
    /// No administrator would remain.
    LastAdministrator,
}

/// Disables the account, for the holder of `users:write`.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn disable_as_administrator(
    app: &App,
    authority: &Can<UsersWrite>,
    key: impl Into<AccountKey>,
    precondition: &Precondition,
) -> OpResult<Account, DisableRefused> {
    let (key, by) = (key.into(), authority.audit_context());
    let ended = app
        .db
        .write(async |mut tx: Tx| {
            let steps = disable_other(app, &mut tx, authority, key, precondition).await;
            steps::end(tx, steps).await
        })
        .await?;
    steps::conclude(app, &by, ended).await
}

/// Enables the account, for the holder of `users:write`.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn enable_as_administrator(
    app: &App,
    authority: &Can<UsersWrite>,
    key: impl Into<AccountKey>,
    precondition: &Precondition,
) -> OpResult<Account, EnableRefused> {
    let (key, by) = (key.into(), authority.audit_context());
    let ended = app
        .db
        .write(async |mut tx: Tx| {
            let steps = enable_other(app, &mut tx, authority, key, precondition).await;
            steps::end(tx, steps).await
        })
        .await?;
    steps::conclude(app, &by, ended).await
}

/// Disables the account, for the operator. Returns the number of sessions that ended.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn disable_as_operator(app: &App, id: UserId) -> OpResult<u64, OperatorDisableRefused> {
    let by = Principal::Operator.audit_context();
    let ended = app
        .db
        .write(async |mut tx: Tx| {
            let steps = disable_any(app, &mut tx, &by, id).await;
            steps::end(tx, steps).await
        })
        .await?;
    steps::conclude(app, &by, ended).await
}

/// Enables the account, for the operator. Returns false if no such user exists.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn enable_as_operator(app: &App, id: UserId) -> crate::Result<bool> {
    app.db
        .write(async |mut tx: Tx| {
            let Some(mut account) = accounts::find(&mut tx, id.into()).await? else { return tx.roll_back(false).await };
            enable(app, &mut tx, &Principal::Operator.audit_context(), &mut account).await?;
            tx.commit(true).await
        })
        .await
}

async fn disable_other(
    app: &App,
    tx: &mut Tx,
    authority: &Can<UsersWrite>,
    key: AccountKey,
    precondition: &Precondition,
) -> Steps<Account, DisableRefused> {
    administrators::take_turns(tx).await?;
    let found = accounts::find(tx, key).await?;
    let mut account = found.ok_or_else(|| Stop::refused(DisableRefused::NoSuchUser))?;
    if authority.holder().user_id() == Some(account.user.id) {
        return Err(Stop::refused(DisableRefused::OwnAccount));
    }
    let judged = authority.judge(tx, &account.role.permissions).await?;
    judged.map_err(|denied| Stop::denied(denied, |reason| not_disabled(&account, reason)))?;
    if !precondition.admits(account.user.version) {
        return Err(Stop::refused(DisableRefused::Outdated));
    }
    disable(app, tx, &authority.audit_context(), &mut account, DisableRefused::LastAdministrator).await?;
    Ok(account)
}

async fn disable_any(app: &App, tx: &mut Tx, by: &AuditContext, id: UserId) -> Steps<u64, OperatorDisableRefused> {
    administrators::take_turns(tx).await?;
    let found = accounts::find(tx, id.into()).await?;
    let mut account = found.ok_or_else(|| Stop::refused(OperatorDisableRefused::NoSuchUser))?;
    disable(app, tx, by, &mut account, OperatorDisableRefused::LastAdministrator).await
}

async fn enable_other(
    app: &App,
    tx: &mut Tx,
    authority: &Can<UsersWrite>,
    key: AccountKey,
    precondition: &Precondition,
) -> Steps<Account, EnableRefused> {
    let found = accounts::find(tx, key).await?;
    let mut account = found.ok_or_else(|| Stop::refused(EnableRefused::NoSuchUser))?;
    let judged = authority.judge(tx, &account.role.permissions).await?;
    judged.map_err(|denied| {
        Stop::denied(denied, |reason| {
            let entry = AuditEntry::refused(Event::UserUpdated, reason).with("state", "enabled");
            entry.on(account.user.party())
        })
    })?;
    if !precondition.admits(account.user.version) {
        return Err(Stop::refused(EnableRefused::Outdated));
    }
    enable(app, tx, &authority.audit_context(), &mut account).await?;
    Ok(account)
}

/// Disables the account, unless it is that of the last administrator, and returns the number of sessions that ended. The
/// transaction has passed the guard.
async fn disable<R>(
    app: &App,
    tx: &mut Tx,
    by: &AuditContext,
    account: &mut Account,
    last_administrator: R,
) -> Steps<u64, R> {
    if administrators::is_last(tx, &account.user).await? {
        return Err(Stop::recorded(last_administrator, not_disabled(account, Reason::LastAdministrator)));
    }
    let user = &mut account.user;
    if user.disabled_at.is_some() {
        return Ok(0);
    }
    let now = app.clock.now();
    if !user_edits::disable(tx, user.id, user.version, now).await? {
        return Err(conflict().into());
    }
    let sessions_ended = session_ends::end_all_of(tx, user.id).await?;
    let entry = AuditEntry::done(Event::UserArchived).with("sessions_ended", sessions_ended).on(user.party());
    audit::record(app, tx, by, entry).await?;
    user.disabled_at = Some(now);
    user.version += 1;
    Ok(sessions_ended)
}

async fn enable(app: &App, tx: &mut Tx, by: &AuditContext, account: &mut Account) -> crate::Result<()> {
    let user = &mut account.user;
    if user.disabled_at.is_none() {
        return Ok(());
    }
    if !user_edits::enable(tx, user.id, user.version).await? {
        return Err(conflict());
    }
    session_ends::end_all_of(tx, user.id).await?;
    let entry = AuditEntry::done(Event::UserUpdated).with("state", "enabled").on(user.party());
    audit::record(app, tx, by, entry).await?;
    user.disabled_at = None;
    user.version += 1;
    Ok(())
}

fn not_disabled(account: &Account, reason: Reason) -> AuditEntry {
    AuditEntry::refused(Event::UserArchived, reason).on(account.user.party())
}

fn conflict() -> Error {
    Error::Conflict("the account changed at the same moment".to_owned())
}

impl From<Denied> for DisableRefused {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl From<Denied> for EnableRefused {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}
