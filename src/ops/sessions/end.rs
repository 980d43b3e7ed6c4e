//! Ends sessions: a user's own sessions, those of another user, those that the operator names, and expired ones.
//!
//! Invariants: a session is ended by its user and its identifier; only the operator ends one by the identifier alone.
//! The account row is locked before its sessions end, so a session that gets a new token at the same moment also ends.

use crate::{
    Result,
    app::App,
    model::{Event, Party, Reason, Uid, UserId},
    ops::{
        audit::{self, AuditContext, AuditEntry},
        auth::reauthenticate::RecentlyAuthenticated,
        authority::{Can, SessionsRevoke},
        outcome::{Denied, OpResult},
        principal::Principal,
        steps::{self, Steps, Stop},
    },
    store::{
        Tx,
        accounts::{self, AccountKey},
        session_ends, sessions, users,
    },
};

/// The number of expired sessions that one transaction removes.
const BATCH: u32 = 500;

/// The reason why a user's own sessions are not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndOwnRefused {
    /// The user has no such session.
    NoSuchSession,
    /// The requesting session has ended.
    SessionEnded,
}

/// The reason why another user's sessions are not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndSessionsRefused {
    NoSuchUser,
    /// That user has no such session.
    NoSuchSession,
    /// A user's own sessions must be ended by [`own`], which requires a reauthentication.
    OwnAccount,
    Denied(Denied),
}

/// The sessions of a user to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhichSessions {
    One(Uid),
    All,
}

/// Ends one of the user's own sessions, or all except the requesting one. Returns the number of ended sessions.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn own(app: &App, recent: &RecentlyAuthenticated, which: WhichSessions) -> OpResult<u64, EndOwnRefused> {
    let by = recent.signed_in().audit_context();
    let ended = app
        .db
        .write(async |mut tx: Tx| {
            let steps = end_own(app, &mut tx, recent, which).await;
            steps::end(tx, steps).await
        })
        .await?;
    steps::conclude(app, &by, ended).await
}

/// Ends one or all of another user's sessions, for the holder of `sessions:revoke`. Returns the number of ended
/// sessions.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn of_other(
    app: &App,
    authority: &Can<SessionsRevoke>,
    key: impl Into<AccountKey>,
    which: WhichSessions,
) -> OpResult<u64, EndSessionsRefused> {
    let by = authority.audit_context();
    let id = accounts::id_of(&mut app.db.read().await?, key.into()).await?;
    let Some(id) = id else { return Ok(Err(EndSessionsRefused::NoSuchUser)) };
    let ended = app
        .db
        .write(async |mut tx: Tx| {
            let steps = end_other(app, &mut tx, authority, id, which).await;
            steps::end(tx, steps).await
        })
        .await?;
    steps::conclude(app, &by, ended).await
}

async fn end_own(
    app: &App,
    tx: &mut Tx,
    recent: &RecentlyAuthenticated,
    which: WhichSessions,
) -> Steps<u64, EndOwnRefused> {
    let signed_in = recent.signed_in();
    let id = signed_in.user_id();
    users::hold(tx, id).await?;
    if !signed_in.still_holds(tx).await? {
        return Err(Stop::refused(EndOwnRefused::SessionEnded));
    }
    let ended = match which {
        WhichSessions::One(uid) => u64::from(session_ends::end_of(tx, id, uid).await?),
        WhichSessions::All => session_ends::end_others_of(tx, id, signed_in.session().uid).await?,
    };
    if ended == 0 && which != WhichSessions::All {
        return Err(Stop::refused(EndOwnRefused::NoSuchSession));
    }
    record(app, tx, &signed_in.audit_context(), signed_in.user().clone(), (which, ended)).await?;
    Ok(ended)
}

async fn end_other(
    app: &App,
    tx: &mut Tx,
    authority: &Can<SessionsRevoke>,
    id: UserId,
    which: WhichSessions,
) -> Steps<u64, EndSessionsRefused> {
    // The lock is first, so the account and the authority do not change before the sessions end.
    users::hold(tx, id).await?;
    let found = accounts::find(tx, id.into()).await?;
    let account = found.ok_or_else(|| Stop::refused(EndSessionsRefused::NoSuchUser))?;
    let user = &account.user;
    if authority.holder().user_id() == Some(user.id) {
        return Err(Stop::refused(EndSessionsRefused::OwnAccount));
    }
    let judged = authority.judge(tx, &account.role.permissions).await?;
    judged.map_err(|denied| {
        Stop::denied(denied, |reason| AuditEntry::refused(Event::SessionEnd, reason).on(user.party()))
    })?;
    let ended = match which {
        WhichSessions::One(uid) => u64::from(session_ends::end_of(tx, user.id, uid).await?),
        WhichSessions::All => session_ends::end_all_of(tx, user.id).await?,
    };
    if ended == 0 && which != WhichSessions::All {
        return Err(Stop::refused(EndSessionsRefused::NoSuchSession));
    }
    record(app, tx, &authority.audit_context(), user.party(), (which, ended)).await?;
    Ok(ended)
}

/// Ends one session, for the operator. Returns false if no such session exists.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn one(app: &App, uid: Uid) -> Result<bool> {
    app.db
        .write(async |mut tx: Tx| {
            let Some(found) = sessions::by_uid(&mut tx, uid).await? else { return tx.roll_back(false).await };
            users::hold(&mut tx, found.session.user_id).await?;
            let is_ended = session_ends::end_of(&mut tx, found.session.user_id, uid).await?;
            if is_ended {
                record(app, &mut tx, &Principal::Operator.audit_context(), found.user, (WhichSessions::One(uid), 1))
                    .await?;
            }
            tx.commit(is_ended).await
        })
        .await
}

/// Ends all sessions of a user, for the operator. Returns the number of ended sessions.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn all_of(app: &App, user: UserId) -> Result<u64> {
    app.db
        .write(async |mut tx: Tx| {
            users::hold(&mut tx, user).await?;
            let ended = session_ends::end_all_of(&mut tx, user).await?;
            if let Some(user) = users::by_id(&mut tx, user).await? {
                record(app, &mut tx, &Principal::Operator.audit_context(), user.party(), (WhichSessions::All, ended))
                    .await?;
            }
            tx.commit(ended).await
        })
        .await
}

/// Ends every session, for the operator. Returns the number of ended sessions.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn all(app: &App) -> Result<u64> {
    app.db
        .write(async |mut tx: Tx| {
            let mut ended = 0;
            // The loop runs until no session remains, because a session that gets a new token meanwhile may be missed.
            loop {
                match session_ends::end_all(&mut tx).await? {
                    0 => break,
                    some => ended += some,
                }
            }
            let entry = AuditEntry::done(Event::SessionEnd).because(Reason::Revoked).with("sessions_ended", ended);
            audit::record(app, &mut tx, &Principal::Operator.audit_context(), entry.with("of", "all users")).await?;
            tx.commit(ended).await
        })
        .await
}

async fn record(
    app: &App,
    tx: &mut Tx,
    by: &AuditContext,
    of: Party,
    (which, ended): (WhichSessions, u64),
) -> Result<()> {
    let mut entry = AuditEntry::done(Event::SessionEnd).on(of).because(Reason::Revoked).with("sessions_ended", ended);
    if let WhichSessions::One(uid) = which {
        entry = entry.with("session", uid.to_string());
    }
    audit::record(app, tx, by, entry).await
}

/// Removes the sessions that have been idle for longer than any limit, in small transactions. Returns the number of
/// removed sessions. Several nodes may do this at the same time. Sessions of the future stay: if the clock of this node
/// is behind, as after a start without a network, they are those of all users.
///
/// # Errors
/// Returns an error if the database fails.
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
                    let entry =
                        AuditEntry::done(Event::SessionEnd).because(Reason::Expired).with("sessions_ended", ended);
                    audit::record(app, &mut tx, &AuditContext::system(), entry).await?;
                }
                tx.commit(ended).await
            })
            .await?;
    }
}

impl From<Denied> for EndSessionsRefused {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}
