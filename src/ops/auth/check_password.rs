//! Tests a password: the one place that does, for logins and for whoever confirms that it is them.
//!
//! Unknown name, wrong password and disabled account take the same time and the same way, so that nothing tells them
//! apart; the true reason of a refusal goes into the audit trail alone. Invariant: no password is tested that was not
//! counted by [`throttle`] before.

use std::time::Duration;

use doorward_password::{HashPoolError, Password, Verification};

use crate::{
    Result,
    app::App,
    model::{Actor, Event, NameKey, Party, PasswordPolicy, Reason, UserId},
    ops::{
        audit::{AuditContext, Entry, record_refusal},
        auth::{
            hash_password::{Overloaded, overloaded},
            throttle::{self, ThrottleSubject, ThrottleTicket},
        },
        legacy::sync::{self, Account},
    },
    store::credentials::{self, Credential},
};

/// A name and a password, as somebody presents them.
pub(in crate::ops) struct Presented<'a> {
    /// The name as it was typed, and its key.
    pub typed: &'a str,
    pub name: &'a NameKey,
    pub password: &'a Password,
    /// Whose it must be, where that is known: another account of the name counts as none.
    pub of: Option<UserId>,
}

/// What a test came to.
pub(in crate::ops) enum Checked {
    /// The password is right.
    Right(Right),
    /// It is not, which has been written down.
    Wrong,
    /// It was not tested: too many were wrong before, so the next may come after this time.
    Throttled(Duration),
    Overloaded(Overloaded),
}

/// A right password.
pub(in crate::ops) struct Right {
    pub account: Box<Account>,
    /// The hash that it fits.
    pub password_hash: String,
    /// The attempt, still counted as a failure. The caller ends the ticket.
    pub ticket: ThrottleTicket,
}

/// What a new password is, compared with the one there is.
pub(in crate::ops) enum Compared {
    /// Another password. The test is counted as a failure until the change is made; `None` if nothing was tested.
    Differs(Option<ThrottleTicket>),
    Same,
    /// It was not tested: too many were wrong before, so the next may come after this time.
    Throttled(Duration),
    Overloaded(Overloaded),
}

/// The account that a name is known by here.
struct Known {
    credential: Credential,
    /// Whether it is known to be closed in the old application, so that no password fits.
    is_shut_out: bool,
}

/// Tests a password; a wrong one is written down as `event`.
pub(in crate::ops) async fn check(
    app: &App,
    by: &AuditContext,
    presented: &Presented<'_>,
    event: Event,
) -> Result<Checked> {
    if !PasswordPolicy::could_be_set(presented.password) {
        return match by.actor {
            // Not written down: it costs the sender nothing, and would cost a transaction.
            Actor::Anonymous => Ok(Checked::Wrong),
            _ => {
                let known = known(app, presented).await?;
                let party = known.as_ref().map(|known| &known.credential.party);
                refuse(app, by, (event, Reason::WrongPassword), party).await
            }
        };
    }
    if let Some(full) = app.hasher.is_full() {
        return overloaded(HashPoolError::Overloaded(full)).map(Checked::Overloaded);
    }
    let known = known(app, presented).await?;
    let credential = known.as_ref().map(|known| &known.credential);
    let subject = ThrottleSubject::new(app, &by.source, presented.name, presented.of, credential);
    let ticket = match throttle::enter(app, by, &subject).await? {
        Ok(ticket) => ticket,
        Err(after) => return Ok(Checked::Throttled(after)),
    };
    let party = credential.map(|credential| credential.party.clone());
    match test(app, presented, known).await {
        Ok((account, Verified::Fits(password_hash))) => {
            Ok(Checked::Right(Right { account: Box::new(account), password_hash, ticket }))
        }
        Ok((account, Verified::Differs(reason))) => {
            ticket.fail();
            let reason = match (account.party(), &party, reason) {
                (None, Some(_), Reason::UnknownName) => Reason::ChangedInOldApplication,
                _ => reason,
            };
            refuse(app, by, (event, reason), account.party().or(party.as_ref())).await
        }
        Ok((_, Verified::Overloaded(full))) => {
            ticket.refund(app).await;
            Ok(Checked::Overloaded(full))
        }
        Err(error) => {
            ticket.refund(app).await;
            Err(error)
        }
    }
}

/// Compares a new password with the one that this user has, which must be changed to another. Whoever asks may be guessing,
/// and learns as much by it as by a login, so it is counted as a failure like any test, and stays one until the change is
/// made: of changes that fail afterwards, or meet each other, no more are heard than of logins.
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
        return overloaded(HashPoolError::Overloaded(full)).map(Compared::Overloaded);
    }
    let credential = credentials::by_id(&mut app.db.read().await?, user).await?;
    let Some(credential) = credential else { return Ok(Compared::Differs(None)) };
    let subject = ThrottleSubject::of_user(app, &by.source, user, Some(&credential));
    let ticket = match throttle::enter(app, by, &subject).await? {
        Ok(ticket) => ticket,
        Err(after) => return Ok(Compared::Throttled(after)),
    };
    match app.hasher.verify(Some(credential.password_hash.as_str()), password.clone()).await {
        Ok(Verification::Fits) => {
            ticket.fail();
            Ok(Compared::Same)
        }
        Ok(_) => Ok(Compared::Differs(Some(ticket))),
        Err(error) => {
            ticket.refund(app).await;
            overloaded(error).map(Compared::Overloaded)
        }
    }
}

/// Writes the refusal down. Whoever is known here, and may not log in by what is known, is named.
async fn refuse(
    app: &App,
    by: &AuditContext,
    (event, reason): (Event, Reason),
    party: Option<&Party>,
) -> Result<Checked> {
    let mut entry = Entry::refused(event, reason);
    if let Some(party) = party {
        entry = entry.on(party.clone());
    }
    record_refusal(app, by, entry).await?;
    Ok(Checked::Wrong)
}

/// The account that the name is known by here, unless it must be another's.
async fn known(app: &App, presented: &Presented<'_>) -> Result<Option<Known>> {
    let mut conn = app.db.read().await?;
    let known = match &app.legacy {
        None => credentials::by_key_alone(&mut conn, presented.name).await?,
        // That application is about to be asked itself.
        Some(_) => credentials::by_key(&mut conn, presented.name).await?.map(|credential| (credential, false)),
    };
    let known = known.map(|(credential, is_shut_out)| Known { credential, is_shut_out });
    Ok(known.filter(|known| presented.of.is_none_or(|user| user == known.credential.user_id)))
}

/// Whose password is in force, and whether it is this one.
async fn test(app: &App, presented: &Presented<'_>, known: Option<Known>) -> Result<(Account, Verified)> {
    let account = match (&app.legacy, known) {
        (Some(old), known) => {
            sync::look(app, old, (presented.typed, presented.name), known.map(|known| known.credential)).await?
        }
        (None, Some(Known { credential, is_shut_out: false })) => Account::Here(credential),
        (None, _) => Account::Nobody,
    };
    // The account may have been deleted, and its name given to somebody else, since it was known whose it is.
    let account = match presented.of {
        Some(user) if account.user_id() != Some(user) => Account::Nobody,
        _ => account,
    };
    let verified = verify(app, &account, presented.password).await?;
    if let (Verified::Fits(_), Account::There(there), Some(old)) = (&verified, &account, &app.legacy)
        && !there.is_first(app, old).await?
    {
        tracing::warn!(
            legacy_id = there.candidate.legacy_id.0,
            "a login by a name that is also that of an earlier row"
        );
        return Ok((account, Verified::Differs(Reason::NotAdoptable)));
    }
    Ok((account, verified))
}

enum Verified {
    /// The password is right; this is the hash that it fits.
    Fits(String),
    Differs(Reason),
    Overloaded(Overloaded),
}

/// Verifies the password at the cost of one hash, whatever the account.
async fn verify(app: &App, account: &Account, password: &Password) -> Result<Verified> {
    let stored = match account {
        Account::Nobody | Account::Closed(_) => None,
        Account::Here(credential) => Some(credential.password_hash.as_str()),
        Account::Changed(changed) => Some(changed.stored.as_str()),
        Account::There(there) => there.candidate.credential.hash(),
    };
    let without_hash = match account {
        Account::Closed(reason) => *reason,
        _ => Reason::UnknownName,
    };
    match app.hasher.verify(stored, password.clone()).await {
        Ok(Verification::Fits) => Ok(Verified::Fits(stored.unwrap_or_default().to_owned())),
        Ok(Verification::Differs) if stored.is_none() => Ok(Verified::Differs(without_hash)),
        Ok(Verification::Differs) => Ok(Verified::Differs(Reason::WrongPassword)),
        Ok(Verification::Unreadable(why)) => {
            if let Account::Here(credential) = account {
                tracing::error!(user_id = credential.user_id.0, %why, "a stored password hash cannot be checked");
            }
            Ok(Verified::Differs(Reason::UnreadableHash))
        }
        Err(error) => overloaded(error).map(Verified::Overloaded),
    }
}
