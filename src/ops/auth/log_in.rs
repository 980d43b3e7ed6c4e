//! Logs a user in: opens a session for a client that presents the right password.

use doorward_password::Password;

use crate::{
    Result,
    app::{App, LoginOutcome},
    model::{DeviceToken, Event, NameKey, PlainToken, Reason, Source, TokenHash, Uid},
    ops::{
        audit::{self, AuditContext, AuditEntry},
        auth::{
            check_password::{Checked, PresentedPassword, RightPassword, check},
            open_session::NewSession,
            throttle::{self, Cleared, ThrottleTicket},
            upgrade_hash,
        },
        legacy::password_source::{Overtaken, PasswordSource},
        outcome::{Limited, OpResult},
        signed_in::SignedIn,
    },
    store::{Tx, credentials::Credential, users},
};

/// The maximum number of look-ups of the account by a login. A look-up is repeated if another request has adopted the
/// same user, or taken over the same changed password.
const TRIES: usize = 3;

/// An attempt to log in.
pub struct LogInAttempt {
    /// The name as it was typed, and its key.
    pub typed: String,
    pub name: NameKey,
    pub password: Password,
    /// The token of the client's current session, which the login ends (ASVS 7.2.4).
    pub replaces: Option<TokenHash>,
    /// The origin of the attempt.
    pub source: Source,
}

/// The reason why a login fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogInRefused {
    /// Unknown name, wrong password or disabled account.
    WrongCredentials,
    Limited(Limited),
}

/// A session that a login has opened.
#[derive(Debug)]
pub struct LoggedIn {
    pub token: PlainToken,
    /// The session at that moment, which may have ended since.
    pub signed_in: SignedIn,
    /// The cookie of the device; `None` if the client has a valid one.
    pub device: Option<DeviceToken>,
}

/// Checks a name and a password, and opens a session if they are right.
///
/// # Errors
/// Returns an error if a database or the system fails.
pub async fn with_password(app: &App, attempt: LogInAttempt) -> OpResult<LoggedIn, LogInRefused> {
    let outcome = attempt_once(app, attempt).await;
    app.metrics.count_login(match &outcome {
        Ok(Ok(_)) => LoginOutcome::Success,
        Ok(Err(LogInRefused::WrongCredentials)) => LoginOutcome::WrongCredentials,
        Ok(Err(LogInRefused::Limited(Limited::Throttled(_)))) => LoginOutcome::Throttled,
        Ok(Err(LogInRefused::Limited(Limited::Overloaded(_)))) => LoginOutcome::Overloaded,
        Err(_) => LoginOutcome::Failed,
    });
    if matches!(outcome, Ok(Ok(_))) {
        app.metrics.count_session();
    }
    outcome
}

async fn attempt_once(app: &App, attempt: LogInAttempt) -> OpResult<LoggedIn, LogInRefused> {
    let by = AuditContext::anonymous(attempt.source.clone());
    let presented =
        PresentedPassword { typed: &attempt.typed, name: &attempt.name, password: &attempt.password, user: None };
    let mut earlier: Option<ThrottleTicket> = None;
    for _ in 0..TRIES {
        if let Some(earlier) = earlier.take() {
            earlier.refund(app).await;
        }
        let RightPassword { source, ticket } = match check(app, &by, &presented, Event::LoginFail).await? {
            Checked::Right(right) => *right,
            Checked::Wrong => return Ok(Err(LogInRefused::WrongCredentials)),
            Checked::Limited(limited) => return Ok(Err(LogInRefused::Limited(limited))),
        };
        match open(app, &by, (&source, &ticket), attempt.replaces.as_ref()).await {
            Ok(Opened::Done(opened)) => {
                return Ok(Ok(logged_in(app, *opened, ticket, attempt.password)));
            }
            Ok(Opened::Refused(credential)) => {
                // A refund would show that the password was right.
                ticket.fail();
                record_refusal(app, &by, &credential).await?;
                return Ok(Err(LogInRefused::WrongCredentials));
            }
            Ok(Opened::Overtaken(overtaken)) => {
                overtaken.log();
                earlier = Some(ticket);
            }
            Err(error) => {
                ticket.refund(app).await;
                return Err(error);
            }
        }
    }
    audit::record_refusal(app, &by, AuditEntry::refused(Event::LoginFail, Reason::NotAdoptable)).await?;
    Ok(Err(LogInRefused::WrongCredentials))
}

/// The result of the transaction after a right password.
enum Opened {
    Done(Box<OpenedSession>),
    /// The account is disabled, or its password changed since the test.
    Refused(Credential),
    Overtaken(Overtaken),
}

struct OpenedSession {
    token: PlainToken,
    signed_in: SignedIn,
    credential: Credential,
    cleared: Cleared,
}

async fn open(
    app: &App,
    by: &AuditContext,
    (source, ticket): (&PasswordSource, &ThrottleTicket),
    replaces: Option<&TokenHash>,
) -> Result<Opened> {
    let new_session = NewSession::draw(app)?;
    let new_uid = Uid::new(new_session.now, &app.rng)?;
    let opened = app
        .db
        .write(async |mut tx: Tx| {
            let credential = match source.commit(app, &mut tx, new_uid, new_session.now).await? {
                Ok(credential) => credential,
                Err(overtaken) => return tx.roll_back(Err(Opened::Overtaken(overtaken))).await,
            };
            match new_session.open(app, &mut tx, by, (&credential, replaces)).await? {
                Some(signed_in) => {
                    let cleared = ticket.clear(&mut tx).await?;
                    tx.commit(Ok((signed_in, credential, cleared))).await
                }
                None => tx.roll_back(Err(Opened::Refused(credential))).await,
            }
        })
        .await?;
    Ok(match opened {
        Ok((signed_in, credential, cleared)) => {
            Opened::Done(Box::new(OpenedSession { token: new_session.token, signed_in, credential, cleared }))
        }
        Err(not_opened) => not_opened,
    })
}

/// Completes a login after the commit of its session. It cannot fail.
fn logged_in(app: &App, opened: OpenedSession, ticket: ThrottleTicket, password: Password) -> LoggedIn {
    let OpenedSession { token, signed_in, credential, cleared } = opened;
    ticket.pass(app, cleared);
    let device = throttle::after_login(app, &signed_in.audit_context().source, &credential).unwrap_or_else(|error| {
        tracing::warn!(%error, "a device stays unknown");
        None
    });
    upgrade_hash::offer(app, credential, password);
    LoggedIn { token, signed_in, device }
}

/// Records why a right password opened no session.
async fn record_refusal(app: &App, by: &AuditContext, credential: &Credential) -> Result<()> {
    let user = {
        let mut conn = app.db.read().await?;
        users::by_id(&mut conn, credential.user_id).await?
    };
    let is_disabled = user.is_some_and(|user| user.disabled_at.is_some());
    let reason = if is_disabled { Reason::AccountDisabled } else { Reason::Overtaken };
    audit::record_refusal(app, by, AuditEntry::refused(Event::LoginFail, reason).on(credential.party.clone())).await
}
