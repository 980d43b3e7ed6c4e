//! Tests passwords, for logins and for reauthentication. No other code tests passwords.
//!
//! An unknown name, a wrong password and a disabled account take the same time and the same statements, so a client
//! cannot distinguish them. Only the audit trail gets the true reason of a refusal. Invariant: [`throttle`] counts each
//! attempt before its password is tested.

use doorward_password::{HashPoolError, Password, Verification};

use crate::{
    Result,
    app::App,
    model::{Actor, Event, NameKey, Party, PasswordPolicy, Reason, UserId},
    ops::{
        audit::{AuditContext, AuditEntry, record_refusal},
        auth::{
            failure_alert,
            hash_password::overloaded,
            throttle::{self, ThrottleSubject, ThrottleTicket},
        },
        legacy::{KnownUser, look_up, password_source::PasswordSource},
        outcome::Limited,
    },
    store::credentials,
};

/// A password that a client presents for an account.
pub(in crate::ops) struct PresentedPassword<'a> {
    /// The name as it was typed, and its key.
    pub typed: &'a str,
    pub name: &'a NameKey,
    pub password: &'a Password,
    /// The only user to whom the password may belong, if given. Another account with the name counts as unknown.
    pub user: Option<UserId>,
}

/// The result of a check.
pub(in crate::ops) enum Checked {
    /// The password is right.
    Right(Box<RightPassword>),
    /// The password is wrong, which is recorded.
    Wrong,
    /// Not tested.
    Limited(Limited),
}

/// A password that is right.
pub(in crate::ops) struct RightPassword {
    pub source: PasswordSource,
    /// The attempt, which still counts as a failure. The caller must end the ticket.
    pub ticket: ThrottleTicket,
}

/// The result of comparing a new password with the current one.
pub(in crate::ops) enum Compared {
    /// Another password. The test counts as a failure until the change is made; `None` if nothing was tested.
    Differs(Option<ThrottleTicket>),
    Same,
    /// Not tested.
    Limited(Limited),
}

/// Tests a password. A wrong one is recorded as `event`.
pub(in crate::ops) async fn check(
    app: &App,
    by: &AuditContext,
    presented: &PresentedPassword<'_>,
    event: Event,
) -> Result<Checked> {
    if !PasswordPolicy::could_be_set(presented.password) {
        return match by.actor {
            // Anonymous attempts are not recorded, because the request costs its sender nothing, and a record would
            // cost a transaction.
            Actor::Anonymous => Ok(Checked::Wrong),
            _ => {
                let known = find_known(app, presented).await?;
                let party = known.map(|known| known.credential.party);
                refuse(app, by, (event, Reason::WrongPassword), party).await
            }
        };
    }
    if let Some(full) = app.hasher.is_full() {
        return overloaded(HashPoolError::Overloaded(full)).map(Checked::Limited);
    }
    let known = find_known(app, presented).await?;
    let credential = known.as_ref().map(|known| &known.credential);
    let subject = ThrottleSubject::new(app, &by.source, presented.name, presented.user, credential);
    let ticket = match throttle::enter(app, by, &subject).await? {
        Ok(ticket) => ticket,
        Err(after) => {
            failure_alert::note(app);
            return Ok(Checked::Limited(Limited::Throttled(after)));
        }
    };
    let party = credential.map(|credential| credential.party.clone());
    match test(app, presented, known).await {
        Ok(Tested::Fits(source)) => Ok(Checked::Right(Box::new(RightPassword { source, ticket }))),
        Ok(Tested::Differs(reason, of_source)) => {
            ticket.fail();
            let reason = match (&of_source, &party, reason) {
                (None, Some(_), Reason::UnknownName) => Reason::ChangedInOldApplication,
                _ => reason,
            };
            refuse(app, by, (event, reason), of_source.or(party)).await
        }
        Ok(Tested::Limited(limited)) => {
            ticket.refund(app).await;
            Ok(Checked::Limited(limited))
        }
        Err(error) => {
            ticket.refund(app).await;
            Err(error)
        }
    }
}

/// Compares a new password with the current one, which must be replaced by another. The result tells a client as much
/// as a login, so the comparison counts as a failure until the change is made.
pub(in crate::ops) async fn compare_new(
    app: &App,
    by: &AuditContext,
    user: UserId,
    password: &Password,
) -> Result<Compared> {
    if !PasswordPolicy::could_be_set(password) {
        return Ok(Compared::Differs(None));
    }
    if let Some(full) = app.hasher.is_full() {
        return overloaded(HashPoolError::Overloaded(full)).map(Compared::Limited);
    }
    let credential = credentials::by_id(&mut app.db.read().await?, user).await?;
    let Some(credential) = credential else { return Ok(Compared::Differs(None)) };
    let subject = ThrottleSubject::of_user(app, &by.source, user, Some(&credential));
    let ticket = match throttle::enter(app, by, &subject).await? {
        Ok(ticket) => ticket,
        Err(after) => return Ok(Compared::Limited(Limited::Throttled(after))),
    };
    match app.hasher.verify(credential.password_hash.as_deref(), password.clone()).await {
        Ok(Verification::Fits) => {
            ticket.fail();
            Ok(Compared::Same)
        }
        Ok(_) => Ok(Compared::Differs(Some(ticket))),
        Err(error) => {
            ticket.refund(app).await;
            overloaded(error).map(Compared::Limited)
        }
    }
}

/// Records the refusal. A local account is named, even if its password would be refused.
async fn refuse(
    app: &App,
    by: &AuditContext,
    (event, reason): (Event, Reason),
    party: Option<Party>,
) -> Result<Checked> {
    failure_alert::note(app);
    let mut entry = AuditEntry::refused(event, reason);
    if let Some(party) = party {
        entry = entry.on(party);
    }
    record_refusal(app, by, entry).await?;
    Ok(Checked::Wrong)
}

/// Finds the local account of the name, unless the password must belong to another user.
async fn find_known(app: &App, presented: &PresentedPassword<'_>) -> Result<Option<KnownUser>> {
    let known = KnownUser::find(app, presented.name).await?;
    Ok(known.filter(|known| presented.user.is_none_or(|user| user == known.credential.user_id)))
}

/// Looks up the valid password, or the reason why none is valid.
async fn find_source(
    app: &App,
    presented: &PresentedPassword<'_>,
    known: Option<KnownUser>,
) -> Result<std::result::Result<PasswordSource, Reason>> {
    let source = look_up(app, (presented.typed, presented.name), known).await?;
    // The account may have been deleted, and its name given to another user, since the request was authenticated.
    Ok(match presented.user {
        Some(user) => source.ok().filter(|source| source.is_of(user)).ok_or(Reason::UnknownName),
        None => source,
    })
}

/// The result of a test, with the local account if it exists.
enum Tested {
    Fits(PasswordSource),
    Differs(Reason, Option<Party>),
    Limited(Limited),
}

/// Tests the password at the cost of one hash, whether the account has a password or not.
async fn test(app: &App, presented: &PresentedPassword<'_>, known: Option<KnownUser>) -> Result<Tested> {
    let source = find_source(app, presented, known).await?;
    let stored = source.as_ref().ok().and_then(PasswordSource::hash);
    let verification = match app.hasher.verify(stored, presented.password.clone()).await {
        Ok(verification) => verification,
        Err(error) => return overloaded(error).map(Tested::Limited),
    };
    let source = match source {
        Ok(source) => source,
        Err(reason) => return Ok(Tested::Differs(reason, None)),
    };
    let reason = match verification {
        Verification::Fits if source.is_first_of_name(app).await? => return Ok(Tested::Fits(source)),
        Verification::Fits => Reason::NotAdoptable,
        Verification::Differs => Reason::WrongPassword,
        Verification::Unreadable(why) => {
            source.log_unreadable(why);
            Reason::UnreadableHash
        }
    };
    Ok(Tested::Differs(reason, source.party().cloned()))
}
