//! Ends sessions: one's own, another user's, those that an operator names, and those that have expired.
//!
//! Invariants: a session is ended by whose it is, never by its identifier alone, except by the operator; and whoever ends
//! sessions of an account holds it, so that none slips by that gets a new token in the same moment.

use crate::{
    Result,
    app::App,
    model::{Event, Party, Reason, Uid, User, UserId},
    ops::{
        audit::{self, AuditContext, Entry},
        auth::reauthenticate::RecentlyAuthenticated,
        authority::{Authority, Can, Denied, SessionsRevoke},
    },
    store::{Tx, session_ends, sessions, users},
};

/// Expired sessions that are removed in one transaction.
const BATCH: u32 = 500;

/// What it came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndSessions {
    /// So many were ended.
    Done(u64),
    /// That user has no such session.
    NoSuchSession,
    NoSuchUser,
    /// One's own sessions are ended after a fresh login, not by permission.
    OwnAccount,
    /// The session that asked has ended meanwhile, or its user has lost the permission.
    AuthorityLost,
    /// The account may do what the one who asks may not.
    AuthorityExceeded,
}

/// Which of a user's sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    One(Uid),
    All,
}

/// Ends one of one's own sessions, or all but the one that asks.
///
/// # Errors
/// The database's.
pub async fn own(app: &App, fresh: &RecentlyAuthenticated, which: Which) -> Result<EndSessions> {
    let signed_in = fresh.signed_in();
    let (id, current) = (signed_in.user_id(), signed_in.session().uid);
    app.db
        .write(async |mut tx: Tx| {
            users::hold(&mut tx, id).await?;
            if !signed_in.still_holds(&mut tx).await? {
                return tx.roll_back(EndSessions::AuthorityLost).await;
            }
            let ended = match which {
                Which::One(uid) => u64::from(session_ends::end_of(&mut tx, id, uid).await?),
                Which::All => session_ends::end_others_of(&mut tx, id, current).await?,
            };
            if ended == 0 && which != Which::All {
                return tx.roll_back(EndSessions::NoSuchSession).await;
            }
            record(app, &mut tx, &signed_in.audit_context(), signed_in.user().clone(), (which, ended)).await?;
            tx.commit(EndSessions::Done(ended)).await
        })
        .await
}

/// Ends one or all of another user's sessions, for the holder of `sessions:revoke`.
///
/// # Errors
/// The database's.
pub async fn of_other(app: &App, authority: &Can<SessionsRevoke>, user: &User, which: Which) -> Result<EndSessions> {
    if authority.holder().user_id() == user.id {
        return Ok(EndSessions::OwnAccount);
    }
    let acting = Authority::Holder(authority);
    let outcome = app
        .db
        .write(async |mut tx: Tx| {
            users::hold(&mut tx, user.id).await?;
            let Some(user) = users::by_id(&mut tx, user.id).await? else {
                return tx.roll_back(EndSessions::NoSuchUser).await;
            };
            if let Err(denied) = acting.judge_on(&mut tx, &user).await? {
                return tx.roll_back(denied.into()).await;
            }
            let ended = match which {
                Which::One(uid) => u64::from(session_ends::end_of(&mut tx, user.id, uid).await?),
                Which::All => session_ends::end_all_of(&mut tx, user.id).await?,
            };
            if ended == 0 && which != Which::All {
                return tx.roll_back(EndSessions::NoSuchSession).await;
            }
            record(app, &mut tx, &acting.audit_context(), user.party(), (which, ended)).await?;
            tx.commit(EndSessions::Done(ended)).await
        })
        .await?;
    if outcome == EndSessions::AuthorityExceeded {
        let entry = Entry::refused(Event::SessionEnd, Reason::AuthorityExceeded).on(user.party());
        audit::record_refusal(app, &acting.audit_context(), entry).await?;
    }
    Ok(outcome)
}

/// Ends one session, for the operator; false when there is no such.
///
/// # Errors
/// The database's.
pub async fn one(app: &App, uid: Uid) -> Result<bool> {
    app.db
        .write(async |mut tx: Tx| {
            let Some(found) = sessions::by_uid(&mut tx, uid).await? else { return tx.roll_back(false).await };
            users::hold(&mut tx, found.session.user_id).await?;
            let is_ended = session_ends::end_of(&mut tx, found.session.user_id, uid).await?;
            if is_ended {
                record(app, &mut tx, &AuditContext::operator(), found.user, (Which::One(uid), 1)).await?;
            }
            tx.commit(is_ended).await
        })
        .await
}

/// Ends all sessions of a user, for the operator, and tells how many there were.
///
/// # Errors
/// The database's.
pub async fn all_of(app: &App, user: UserId) -> Result<u64> {
    app.db
        .write(async |mut tx: Tx| {
            users::hold(&mut tx, user).await?;
            let ended = session_ends::end_all_of(&mut tx, user).await?;
            if let Some(user) = users::by_id(&mut tx, user).await? {
                record(app, &mut tx, &AuditContext::operator(), user.party(), (Which::All, ended)).await?;
            }
            tx.commit(ended).await
        })
        .await
}

/// Ends every session there is, for the operator, and tells how many there were.
///
/// # Errors
/// The database's.
pub async fn all(app: &App) -> Result<u64> {
    app.db
        .write(async |mut tx: Tx| {
            let mut ended = 0;
            // Again until there is none: one that got a new token meanwhile may have been passed by.
            loop {
                match session_ends::end_all(&mut tx).await? {
                    0 => break,
                    some => ended += some,
                }
            }
            let entry = Entry::done(Event::SessionEnd).because(Reason::Revoked).with("sessions_ended", ended);
            audit::record(app, &mut tx, &AuditContext::operator(), entry.with("of", "all users")).await?;
            tx.commit(ended).await
        })
        .await
}

async fn record(app: &App, tx: &mut Tx, by: &AuditContext, of: Party, (which, ended): (Which, u64)) -> Result<()> {
    let mut entry = Entry::done(Event::SessionEnd).on(of).because(Reason::Revoked).with("sessions_ended", ended);
    if let Which::One(uid) = which {
        entry = entry.with("session", uid.to_string());
    }
    audit::record(app, tx, by, entry).await
}

/// Removes what has been idle for longer than any session may be, in small transactions, and tells how much it was. Any
/// number of nodes may do this at once.
///
/// # Errors
/// The database's.
pub async fn expired(app: &App) -> Result<u64> {
    let mut removed = 0;
    loop {
        let limit = app.config.session.oldest_live_use(app.clock.now());
        let batch = {
            let mut conn = app.db.read().await?;
            session_ends::unused_since(&mut conn, limit, BATCH).await?
        };
        if batch.is_empty() {
            return Ok(removed);
        }
        removed += app
            .db
            .write(async |mut tx: Tx| {
                let mut ended: u64 = 0;
                for uid in &batch {
                    ended += u64::from(session_ends::end_if_unused_since(&mut tx, *uid, limit).await?);
                }
                if ended > 0 {
                    let entry = Entry::done(Event::SessionEnd).because(Reason::Expired).with("sessions_ended", ended);
                    audit::record(app, &mut tx, &AuditContext::system(), entry).await?;
                }
                tx.commit(ended).await
            })
            .await?;
    }
}

impl From<Denied> for EndSessions {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Lost => Self::AuthorityLost,
            Denied::Exceeded => Self::AuthorityExceeded,
        }
    }
}
