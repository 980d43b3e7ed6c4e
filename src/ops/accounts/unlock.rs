//! Reopens password login after guesses: removes all failures of the account.
//!
//! Invariant: no administrator unlocks their own account. Otherwise the holder of a stolen session could guess the
//! password without limit.

use crate::{
    app::App,
    model::{Event, UserId},
    ops::{
        audit::{self, AuditEntry},
        authority::{Can, UsersWrite},
        outcome::{Denied, OpResult},
        principal::Principal,
        steps::{self, Steps, Stop},
    },
    store::{
        Tx,
        accounts::{self, AccountKey},
        login_failures, users,
    },
};

/// The reason why an account is not unlocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnlockRefused {
    NoSuchUser,
    /// Another administrator must unlock it.
    OwnAccount,
    Denied(Denied),
}

/// Unlocks the account, for the holder of `users:write`. Returns whether it had failures.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn as_administrator(
    app: &App,
    authority: &Can<UsersWrite>,
    key: impl Into<AccountKey>,
) -> OpResult<bool, UnlockRefused> {
    let (key, by) = (key.into(), authority.audit_context());
    let ended = app
        .db
        .write(async |mut tx: Tx| {
            let steps = unlock_other(app, &mut tx, authority, key).await;
            steps::end(tx, steps).await
        })
        .await?;
    steps::conclude(app, &by, ended).await
}

/// Unlocks the account, for the operator. Returns whether it had failures; `None` if no such user exists.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn as_operator(app: &App, id: UserId) -> crate::Result<Option<bool>> {
    app.db
        .write(async |mut tx: Tx| {
            let Some(user) = users::by_id(&mut tx, id).await? else { return tx.roll_back(None).await };
            let had_failures = login_failures::forget_all_of(&mut tx, id).await? > 0;
            if had_failures {
                let entry = AuditEntry::done(Event::UserUpdated).with("password_login", "opened").on(user.party());
                audit::record(app, &mut tx, &Principal::Operator.audit_context(), entry).await?;
            }
            tx.commit(Some(had_failures)).await
        })
        .await
}

async fn unlock_other(
    app: &App,
    tx: &mut Tx,
    authority: &Can<UsersWrite>,
    key: AccountKey,
) -> Steps<bool, UnlockRefused> {
    let found = accounts::find(tx, key).await?;
    let account = found.ok_or_else(|| Stop::refused(UnlockRefused::NoSuchUser))?;
    if authority.holder().user_id() == Some(account.user.id) {
        return Err(Stop::refused(UnlockRefused::OwnAccount));
    }
    let judged = authority.judge(tx, &account.role.permissions).await?;
    judged.map_err(|denied| {
        Stop::denied(denied, |reason| {
            let entry = AuditEntry::refused(Event::UserUpdated, reason).with("password_login", "opened");
            entry.on(account.user.party())
        })
    })?;
    let had_failures = login_failures::forget_all_of(tx, account.user.id).await? > 0;
    if had_failures {
        let entry = AuditEntry::done(Event::UserUpdated).with("password_login", "opened").on(account.user.party());
        audit::record(app, tx, &authority.audit_context(), entry).await?;
    }
    Ok(had_failures)
}

impl From<Denied> for UnlockRefused {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}
