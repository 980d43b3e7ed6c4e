//! Logs a user in: starts a session for whoever shows the right password.
//!
//! Invariant: a session starts only if, at that moment, the account is open and its password is still the one that was
//! checked.

use std::time::Duration;

use doorward_password::Password;

use crate::{
    Error, Result,
    app::App,
    model::{DeviceToken, Event, NameKey, PlainToken, Reason, Session, Source, TokenHash, Uid, UnixMillis},
    ops::{
        audit::{self, AuditContext, Entry},
        auth::{
            check_password::{Checked, Presented, Right, check},
            hash_password::Overloaded,
            throttle::{self, Cleared, ThrottleTicket},
            upgrade_hash,
        },
        legacy::{LeftBehind, sync::Account},
    },
    store::{
        Tx,
        credentials::{self, Credential},
        session_ends, sessions, users,
    },
};

/// How often a login looks again when another has adopted the same user, or taken over the same change, meanwhile.
const TRIES: usize = 3;

/// A try to log in.
pub struct Attempt {
    /// The name as it was typed, and its key.
    pub typed: String,
    pub name: NameKey,
    pub password: Password,
    /// The token of the session that the client has, if it has one: a login ends it (ASVS 7.2.4).
    pub replaces: Option<TokenHash>,
    /// Where it comes from.
    pub source: Source,
}

/// What a try came to.
#[derive(Debug)]
pub enum LogIn {
    /// Right: the session's token, and the cookie of the device unless the client has a good one.
    Done(PlainToken, Option<DeviceToken>),
    /// Unknown name, wrong password or disabled account.
    Refused,
    /// Too many passwords were wrong before; the next try may come after this time.
    Throttled(Duration),
    Overloaded(Overloaded),
}

/// Checks a name and a password, and starts a session if they are right.
///
/// # Errors
/// The databases', or the machine's.
pub async fn with_password(app: &App, attempt: Attempt) -> Result<LogIn> {
    let by = AuditContext::anonymous(attempt.source.clone());
    let presented = Presented { typed: &attempt.typed, name: &attempt.name, password: &attempt.password, of: None };
    let mut earlier: Option<ThrottleTicket> = None;
    for _ in 0..TRIES {
        if let Some(earlier) = earlier.take() {
            earlier.refund(app).await;
        }
        let right = match check(app, &by, &presented, Event::LoginFail).await? {
            Checked::Right(right) => right,
            Checked::Wrong => return Ok(LogIn::Refused),
            Checked::Throttled(after) => return Ok(LogIn::Throttled(after)),
            Checked::Overloaded(full) => return Ok(LogIn::Overloaded(full)),
        };
        let started = match start_session(app, &by, &right, attempt.replaces.as_ref()).await {
            Ok(started) => started,
            Err(error) => {
                right.ticket.refund(app).await;
                return Err(error);
            }
        };
        match started {
            Started::Done(token, credential, cleared) => {
                // The session has begun, so this is no failure of the login any more.
                let device = throttle::after_login(app, &by.source, &credential).unwrap_or_else(|error| {
                    tracing::warn!(%error, "a device stays unknown");
                    None
                });
                right.ticket.pass(app, cleared);
                upgrade_hash::offer(app, credential, attempt.password);
                return Ok(LogIn::Done(token, device));
            }
            Started::Refused(credential) => {
                // A refund would show that the password was right.
                right.ticket.fail();
                refuse(app, &by, &credential).await?;
                return Ok(LogIn::Refused);
            }
            Started::Overtaken(why) => {
                if let Some(why) = why {
                    tracing::warn!(%why, "a user of the old table could not be adopted");
                }
                earlier = Some(right.ticket);
            }
        }
    }
    audit::record_refusal(app, &by, Entry::refused(Event::LoginFail, Reason::NotAdoptable)).await?;
    Ok(LogIn::Refused)
}

/// Writes down why a right password started no session.
async fn refuse(app: &App, by: &AuditContext, credential: &Credential) -> Result<()> {
    let user = {
        let mut conn = app.db.read().await?;
        users::by_id(&mut conn, credential.user_id).await?
    };
    let is_disabled = user.is_some_and(|user| user.disabled_at.is_some());
    let reason = if is_disabled { Reason::AccountDisabled } else { Reason::Overtaken };
    audit::record_refusal(app, by, Entry::refused(Event::LoginFail, reason).on(credential.party.clone())).await
}

/// What became of a login whose password was right.
enum Started {
    Done(PlainToken, Credential, Cleared),
    /// The account is disabled, or its password is another by now.
    Refused(Credential),
    /// Something else has happened to the account since it was looked at: what was in the way, if that is known.
    Overtaken(Option<LeftBehind>),
}

async fn start_session(
    app: &App,
    by: &AuditContext,
    Right { account, password_hash, ticket }: &Right,
    replaces: Option<&TokenHash>,
) -> Result<Started> {
    let now = app.clock.now();
    let (session_uid, user_uid) = (Uid::new(now, &app.rng)?, Uid::new(now, &app.rng)?);
    let token = PlainToken::new(&app.rng)?;
    let hash = token.hash();
    let started = app
        .db
        .write(async |mut tx: Tx| {
            let credential = match &**account {
                Account::Nobody | Account::Closed(_) => return Err(Error::Corrupt("a password that fits nobody")),
                Account::Here(credential) => credential.clone(),
                Account::There(there) => match there.adopt(app, &mut tx, user_uid, password_hash, now).await? {
                    Ok(credential) => credential,
                    Err(why) => return tx.roll_back(Err(Some(why))).await,
                },
                Account::Changed(changed) => match changed.take_over(app, &mut tx, password_hash).await? {
                    Some(credential) => credential,
                    None => return tx.roll_back(Err(None)).await,
                },
            };
            if !credentials::record_login(&mut tx, &credential, now).await? {
                return tx.roll_back(Ok((None, credential))).await;
            }
            let entry =
                Entry::done(Event::LoginSuccess).on(credential.party.clone()).with("session", session_uid.to_string());
            if let Some(old) = replaces {
                end_replaced(app, &mut tx, (by, now), old).await?;
            }
            let session = Session {
                uid: session_uid,
                user_id: credential.user_id,
                created_at: now,
                authenticated_at: now,
                last_used_at: now,
            };
            sessions::insert(&mut tx, &hash, &session, &by.source).await?;
            audit::record(app, &mut tx, &by.known_as(credential.party.clone()), entry).await?;
            let cleared = ticket.clear(&mut tx).await?;
            tx.commit(Ok((Some(cleared), credential))).await
        })
        .await?;
    Ok(match started {
        Ok((Some(cleared), credential)) => Started::Done(token, credential, cleared),
        Ok((None, credential)) => Started::Refused(credential),
        Err(why) => Started::Overtaken(why),
    })
}

/// Ends the session that the client had, whoever's it was. One that had reached its limit has not ended by this.
async fn end_replaced(app: &App, tx: &mut Tx, (by, now): (&AuditContext, UnixMillis), token: &TokenHash) -> Result<()> {
    let found = sessions::by_token(tx, token).await?;
    if session_ends::end_by_token(tx, token).await?
        && let Some(found) = found
    {
        let has_expired = app.config.session.for_holder_of(&found.permissions).have_ended(&found.session, now);
        let (reason, by) = match has_expired {
            true => (Reason::Expired, AuditContext::system()),
            false => (Reason::Replaced, by.known_as(found.user.clone())),
        };
        let entry = Entry::done(Event::SessionEnd)
            .on(found.user)
            .because(reason)
            .with("session", found.session.uid.to_string());
        audit::record(app, tx, &by, entry).await?;
    }
    Ok(())
}
