//! Sets the password of another user, for an administrator or the operator. All sessions of that user end.

use doorward_password::Password;

use super::prepare::{PreparedChange, prepare};
use crate::{
    app::App,
    model::{Event, PasswordPolicy, PasswordProblem, Precondition, Reason, UnixMillis, UserId},
    ops::{
        audit::{self, AuditContext, AuditEntry},
        auth::hash_password::NotHashed,
        authority::{Can, UsersWrite},
        legacy::write_back::change,
        outcome::{Denied, Limited, OpResult},
        principal::Principal,
        steps::{self, Steps, Stop},
    },
    store::{
        Tx,
        accounts::{self, Account, AccountKey},
        credentials, login_failures, session_ends,
    },
};

/// A password that is set for another user.
pub struct NewPassword {
    pub password: Password,
    pub policy: PasswordPolicy,
    /// Whether the user must first change it.
    pub must_change: bool,
}

impl NewPassword {
    /// Returns any password, as the operator may set it, without a change by the user.
    #[must_use]
    pub fn of_operator(password: Password) -> Self {
        Self { password, policy: PasswordPolicy::Accept, must_change: false }
    }
}

/// The reason why another user's password is not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetPasswordRefused {
    NoSuchUser,
    /// Administrators must change their own passwords by [`super::own_confirmed`], which requires the current one.
    OwnAccount,
    /// The account has another version than the one that the client read.
    Outdated,
    PasswordRejected(PasswordProblem),
    Limited(Limited),
    Denied(Denied),
}

/// The reason why the operator cannot set a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperatorSetPasswordRefused {
    NoSuchUser,
    PasswordRejected(PasswordProblem),
    Limited(Limited),
}

/// Sets another user's password, for the holder of `users:write`.
///
/// # Errors
/// Returns an error if the database or the system fails.
pub async fn of_other(
    app: &App,
    authority: &Can<UsersWrite>,
    key: impl Into<AccountKey>,
    new: NewPassword,
    precondition: &Precondition,
) -> OpResult<Account, SetPasswordRefused> {
    let by = authority.audit_context();
    let account = {
        let mut conn = app.db.read().await?;
        match accounts::find(&mut conn, key.into()).await? {
            None => return Ok(Err(SetPasswordRefused::NoSuchUser)),
            Some(account) if authority.holder().user_id() == Some(account.user.id) => {
                return Ok(Err(SetPasswordRefused::OwnAccount));
            }
            Some(account) => {
                // This check only saves a hash. The transaction checks again.
                let judged = authority.judge(&mut conn, &account.role.permissions).await?;
                drop(conn);
                if let Err(denied) = judged {
                    let stop: Stop<SetPasswordRefused> = Stop::denied(denied, |reason| not_set(&account, reason));
                    return steps::refuse(app, &by, stop).await;
                }
                account
            }
        }
    };
    let legacy = change::by_another(app, account.user.id, &account.user.name).await?;
    let prepared = match prepare(app, legacy, &account.user.name, new.password, new.policy).await? {
        Ok(prepared) => prepared,
        Err(NotHashed::Rejected(problem)) => return Ok(Err(SetPasswordRefused::PasswordRejected(problem))),
        Err(NotHashed::Limited(limited)) => return Ok(Err(SetPasswordRefused::Limited(limited))),
    };
    let set = SetPassword { id: account.user.id, prepared, must_change: new.must_change, now: app.clock.now() };
    let ended = app
        .db
        .write(async |mut tx: Tx| {
            let steps = set.for_administrator(app, &mut tx, authority, precondition).await;
            steps::end(tx, steps).await
        })
        .await?;
    steps::conclude(app, &by, ended).await
}

/// Sets any user's password, for the operator. Returns the number of sessions that ended.
///
/// # Errors
/// Returns an error if the database or the system fails.
pub async fn as_operator(app: &App, id: UserId, new: NewPassword) -> OpResult<u64, OperatorSetPasswordRefused> {
    let by = Principal::Operator.audit_context();
    let account = accounts::find(&mut app.db.read().await?, id.into()).await?;
    let Some(account) = account else { return Ok(Err(OperatorSetPasswordRefused::NoSuchUser)) };
    let legacy = change::by_another(app, id, &account.user.name).await?;
    let prepared = match prepare(app, legacy, &account.user.name, new.password, new.policy).await? {
        Ok(prepared) => prepared,
        Err(NotHashed::Rejected(problem)) => return Ok(Err(OperatorSetPasswordRefused::PasswordRejected(problem))),
        Err(NotHashed::Limited(limited)) => return Ok(Err(OperatorSetPasswordRefused::Limited(limited))),
    };
    let set = SetPassword { id, prepared, must_change: new.must_change, now: app.clock.now() };
    let ended = app
        .db
        .write(async |mut tx: Tx| {
            let steps = set.for_operator(app, &mut tx, &by).await;
            steps::end(tx, steps).await
        })
        .await?;
    steps::conclude(app, &by, ended).await
}

/// A password that is to be set.
struct SetPassword<'a> {
    id: UserId,
    prepared: PreparedChange<'a>,
    must_change: bool,
    now: UnixMillis,
}

impl SetPassword<'_> {
    async fn for_administrator(
        &self,
        app: &App,
        tx: &mut Tx,
        authority: &Can<UsersWrite>,
        precondition: &Precondition,
    ) -> Steps<Account, SetPasswordRefused> {
        let written = self.write(tx).await?;
        let account = written.ok_or_else(|| Stop::refused(SetPasswordRefused::NoSuchUser))?;
        let judged = authority.judge(tx, &account.role.permissions).await?;
        judged.map_err(|denied| Stop::denied(denied, |reason| not_set(&account, reason)))?;
        // The statement above increased the version and locked the row.
        if !precondition.admits(account.user.version - 1) {
            return Err(Stop::refused(SetPasswordRefused::Outdated));
        }
        self.finish(app, tx, &authority.audit_context(), &account).await?;
        Ok(account)
    }

    async fn for_operator(&self, app: &App, tx: &mut Tx, by: &AuditContext) -> Steps<u64, OperatorSetPasswordRefused> {
        let written = self.write(tx).await?;
        let account = written.ok_or_else(|| Stop::refused(OperatorSetPasswordRefused::NoSuchUser))?;
        Ok(self.finish(app, tx, by, &account).await?)
    }

    /// Writes the password first, so the account that is read afterwards does not change until the end.
    async fn write(&self, tx: &mut Tx) -> crate::Result<Option<Account>> {
        let change_required_at = self.must_change.then_some(self.now);
        if !credentials::set_password(tx, self.id, &self.prepared.hash, change_required_at, self.now).await? {
            return Ok(None);
        }
        accounts::find(tx, self.id.into()).await
    }

    async fn finish(&self, app: &App, tx: &mut Tx, by: &AuditContext, account: &Account) -> crate::Result<u64> {
        let sessions_ended = session_ends::end_all_of(tx, self.id).await?;
        // Failures with the previous password do not count for this one.
        login_failures::forget_all_of(tx, self.id).await?;
        let entry = AuditEntry::done(Event::PasswordChange)
            .on(account.user.party())
            .with("sessions_ended", sessions_ended)
            .with("must_change_password", self.must_change);
        audit::record(app, tx, by, entry).await?;
        self.prepared.legacy.perform(app, tx, self.id, self.now).await?;
        Ok(sessions_ended)
    }
}

fn not_set(account: &Account, reason: Reason) -> AuditEntry {
    AuditEntry::refused(Event::PasswordChangeFail, reason).on(account.user.party())
}

impl From<Denied> for SetPasswordRefused {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}
