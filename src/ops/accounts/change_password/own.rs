//! Changes a user's own password, by the legacy contract or after a confirmation of the current password.
//!
//! Invariant: a password that must be changed is not replaced by itself. The comparison of the two passwords is
//! throttled as a login is.

use doorward_password::Password;

use super::prepare::{PreparedChange, prepare};
use crate::{
    app::App,
    model::{
        DeviceToken, Event, PasswordPolicy, PasswordProblem, PlainToken, Precondition, Reason, TokenHash, UnixMillis,
    },
    ops::{
        audit::{self, AuditEntry},
        auth::{
            check_password::{Compared, compare_new},
            hash_password::NotHashed,
            reauthenticate::PasswordConfirmed,
            throttle::{self, Cleared, ThrottleTicket},
        },
        legacy::{shut_out, write_back::change},
        outcome::{Limited, OpResult},
        signed_in::SignedIn,
        steps::{self, Steps, Stop},
    },
    store::{
        Tx,
        credentials::{self, Credential},
        session_ends, sessions, users,
    },
};

/// A changed password. The session is found only by its new token.
#[derive(Debug)]
pub struct PasswordChanged {
    pub token: PlainToken,
    /// The new cookie of the device, if the device was known.
    pub device: Option<DeviceToken>,
    /// The session at that moment, which may have ended since.
    pub signed_in: SignedIn,
}

/// The reason why a user's own password is not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangePasswordRefused {
    /// The session has ended, or the current password is no longer the one that was confirmed.
    SessionEnded,
    PasswordRejected(PasswordProblem),
    Limited(Limited),
}

/// The reason why the password of a user who confirmed the current one is not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeConfirmedRefused {
    Change(ChangePasswordRefused),
    /// The account has another version than the one that the client read.
    Outdated,
}

/// Changes the password of the user of this session, which continues under a new token (ASVS 7.2.4). The legacy
/// contract does not require the current password.
///
/// # Errors
/// Returns an error if the database or the system fails.
pub async fn own(
    app: &App,
    signed_in: &SignedIn,
    password: Password,
    policy: PasswordPolicy,
) -> OpResult<PasswordChanged, ChangePasswordRefused> {
    let (prepared, ticket) = match prepare_own(app, signed_in, None, password, policy).await? {
        Ok(prepared) => prepared,
        Err(refused) => return Ok(Err(refused)),
    };
    let change = OwnChange::new(app, signed_in, prepared)?;
    let ended = app
        .db
        .write(async |mut tx: Tx| {
            let steps = change.unconfirmed(app, &mut tx).await;
            steps::end(tx, steps).await
        })
        .await?;
    let changed = steps::conclude(app, &signed_in.audit_context(), ended).await?;
    Ok(changed.map(|written| change.done(app, ticket, written)))
}

/// Changes the password of a user who confirmed the current one; the session continues under a new token (ASVS 7.2.4).
///
/// # Errors
/// Returns an error if the database or the system fails.
pub async fn own_confirmed(
    app: &App,
    confirmed: &PasswordConfirmed,
    password: Password,
    precondition: &Precondition,
) -> OpResult<PasswordChanged, ChangeConfirmedRefused> {
    let signed_in = confirmed.signed_in();
    let policy = app.config.password.clone();
    let (prepared, ticket) = match prepare_own(app, signed_in, Some(confirmed), password, policy).await? {
        Ok(prepared) => prepared,
        Err(refused) => return Ok(Err(ChangeConfirmedRefused::Change(refused))),
    };
    let change = OwnChange::new(app, signed_in, prepared)?;
    let ended = app
        .db
        .write(async |mut tx: Tx| {
            let steps = change.confirmed(app, &mut tx, confirmed.credential(), precondition).await;
            steps::end(tx, steps).await
        })
        .await?;
    let changed = steps::conclude(app, &signed_in.audit_context(), ended).await?;
    Ok(changed.map(|written| change.done(app, ticket, written)))
}

/// A user's own change of password, with the random values that are drawn before the transaction.
struct OwnChange<'a> {
    signed_in: &'a SignedIn,
    prepared: PreparedChange<'a>,
    token: PlainToken,
    token_hash: TokenHash,
    now: UnixMillis,
}

/// The values that the transaction of a change has written.
struct Written {
    credential: Option<Credential>,
    found: sessions::Found,
    cleared: Cleared,
}

impl<'a> OwnChange<'a> {
    fn new(app: &App, signed_in: &'a SignedIn, prepared: PreparedChange<'a>) -> crate::Result<Self> {
        let token = PlainToken::new(&app.rng)?;
        let token_hash = token.hash();
        Ok(Self { signed_in, prepared, token, token_hash, now: app.clock.now() })
    }

    async fn unconfirmed(&self, app: &App, tx: &mut Tx) -> Steps<Written, ChangePasswordRefused> {
        self.require_not_flagged(tx).await?;
        if !credentials::set_password(tx, self.signed_in.user_id(), &self.prepared.hash, None, self.now).await? {
            return Err(Stop::refused(ChangePasswordRefused::SessionEnded));
        }
        self.finish(app, tx).await
    }

    async fn confirmed(
        &self,
        app: &App,
        tx: &mut Tx,
        current: &Credential,
        precondition: &Precondition,
    ) -> Steps<Written, ChangeConfirmedRefused> {
        self.require_not_flagged(tx).await.map_err(|stop| stop.map(ChangeConfirmedRefused::Change))?;
        if !credentials::replace_password(tx, current, &self.prepared.hash).await? {
            return Err(Stop::refused(ChangeConfirmedRefused::Change(ChangePasswordRefused::SessionEnded)));
        }
        let user = users::by_id(tx, self.signed_in.user_id()).await?;
        // The statement above increased the version and locked the row.
        if user.is_some_and(|user| !precondition.admits(user.version - 1)) {
            return Err(Stop::refused(ChangeConfirmedRefused::Outdated));
        }
        self.finish(app, tx).await.map_err(|stop| stop.map(ChangeConfirmedRefused::Change))
    }

    /// Stops if a change of the password was demanded since the session was read, because the new password may be the
    /// one that must be changed.
    async fn require_not_flagged(&self, tx: &mut Tx) -> Steps<(), ChangePasswordRefused> {
        let user = users::by_id(tx, self.signed_in.user_id()).await?;
        let is_flagged = user.is_some_and(|user| user.password_change_required_at.is_some());
        if is_flagged && !self.signed_in.must_change_password() {
            return Err(Stop::refused(ChangePasswordRefused::SessionEnded));
        }
        Ok(())
    }

    /// Ends the other sessions and renews this one.
    async fn finish(&self, app: &App, tx: &mut Tx) -> Steps<Written, ChangePasswordRefused> {
        let (signed_in, id) = (self.signed_in, self.signed_in.user_id());
        let ended = || Stop::refused(ChangePasswordRefused::SessionEnded);
        if !signed_in.still_holds(tx).await? {
            return Err(ended());
        }
        let sessions_ended = session_ends::end_others_of(tx, id, signed_in.session().uid).await?;
        if !sessions::renew(tx, signed_in.token(), &self.token_hash, self.now).await? {
            return Err(ended());
        }
        let found = sessions::by_token(tx, &self.token_hash).await?.ok_or_else(ended)?;
        let cleared = throttle::clear_all_of(tx, id).await?;
        let entry =
            AuditEntry::done(Event::PasswordChange).on(signed_in.user().clone()).with("sessions_ended", sessions_ended);
        audit::record(app, tx, &signed_in.audit_context(), entry).await?;
        self.prepared.legacy.perform(app, tx, id, self.now).await?;
        let credential = credentials::by_id(tx, id).await?;
        Ok(Written { credential, found, cleared })
    }

    /// Completes a change that is committed.
    fn done(self, app: &App, ticket: Option<ThrottleTicket>, written: Written) -> PasswordChanged {
        let Written { credential, found, cleared } = written;
        if let Some(ticket) = ticket {
            ticket.pass(app, cleared);
        }
        let device = credential.and_then(|changed| throttle::after_change(app, self.signed_in.source(), &changed));
        PasswordChanged { token: self.token, device, signed_in: self.signed_in.renewed(self.token_hash, found) }
    }
}

/// Checks and hashes the new password. The ticket belongs to the comparison with the current password, which stays a
/// failure if no change follows.
async fn prepare_own<'a>(
    app: &'a App,
    signed_in: &SignedIn,
    confirmed: Option<&PasswordConfirmed>,
    password: Password,
    policy: PasswordPolicy,
) -> OpResult<(PreparedChange<'a>, Option<ThrottleTicket>), ChangePasswordRefused> {
    let (id, name) = (signed_in.user_id(), signed_in.user().name.as_str());
    // This check precedes the comparison, which would otherwise answer a client that only guesses.
    if let Err(problem) = policy.check(&password, name) {
        return Ok(Err(ChangePasswordRefused::PasswordRejected(problem)));
    }
    let ticket = match require_different(app, signed_in, confirmed, &password).await? {
        Ok(ticket) => ticket,
        Err(refused) => return Ok(Err(refused)),
    };
    let legacy = match change::by_owner(app, id, name).await? {
        Ok(legacy) => legacy,
        Err(adoption) => {
            shut_out::shut_out_now(app, &adoption).await?;
            return Ok(Err(ChangePasswordRefused::SessionEnded));
        }
    };
    Ok(match prepare(app, legacy, name, password, policy).await? {
        Ok(prepared) => Ok((prepared, ticket)),
        Err(NotHashed::Rejected(problem)) => Err(ChangePasswordRefused::PasswordRejected(problem)),
        Err(NotHashed::Limited(limited)) => Err(ChangePasswordRefused::Limited(limited)),
    })
}

/// Requires that a password which must be changed is replaced by another.
async fn require_different(
    app: &App,
    signed_in: &SignedIn,
    confirmed: Option<&PasswordConfirmed>,
    password: &Password,
) -> OpResult<Option<ThrottleTicket>, ChangePasswordRefused> {
    if !signed_in.must_change_password() {
        return Ok(Ok(None));
    }
    let by = signed_in.audit_context();
    // The confirmed password may differ from the local one, if it was changed in the legacy application.
    let compared = match confirmed.is_some_and(|confirmed| confirmed.is_current(password)) {
        true => Compared::Same,
        false => compare_new(app, &by, signed_in.user_id(), password).await?,
    };
    match compared {
        Compared::Differs(ticket) => Ok(Ok(ticket)),
        Compared::Same => {
            let entry = AuditEntry::refused(Event::PasswordChangeFail, Reason::PasswordUnchanged);
            audit::record_refusal(app, &by, entry.on(signed_in.user().clone())).await?;
            Ok(Err(ChangePasswordRefused::PasswordRejected(PasswordProblem::IsCurrent)))
        }
        Compared::Limited(limited) => Ok(Err(ChangePasswordRefused::Limited(limited))),
    }
}
