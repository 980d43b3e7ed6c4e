//! Closes an account and opens it again. Closing ends its sessions in the same transaction; opening revives none.

use crate::{
    Error, Result,
    app::App,
    model::{Event, Party, Precondition, Reason, User, UserId},
    ops::{
        audit::{self, AuditContext, Entry},
        authority::{Authority, Can, Denied, UsersWrite},
        roles::administrators,
    },
    store::{Ended, Tx, session_ends, user_edits, users},
};

/// What it came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisableUser {
    /// Done, and so many sessions were ended.
    Done {
        sessions_ended: u64,
    },
    NoSuchUser,
    /// Nobody closes their own account by permission: it would take no fresh login.
    OwnAccount,
    /// The account is not as the client saw it.
    Outdated,
    /// There would be no administrator left.
    LastAdministrator,
    /// The session that asked has ended meanwhile, or its user has lost the permission.
    AuthorityLost,
    /// The account may do what the one who asks may not.
    AuthorityExceeded,
}

/// Whether the account is to be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Disable,
    Enable,
}

/// Closes the account, for the holder of `users:write`.
///
/// # Errors
/// The database's.
pub async fn disable_as_administrator(
    app: &App,
    authority: &Can<UsersWrite>,
    id: UserId,
    precondition: &Precondition,
) -> Result<DisableUser> {
    if authority.holder().user_id() == id {
        return Ok(DisableUser::OwnAccount);
    }
    turn(app, &Authority::Holder(authority), Turn::Disable, id, precondition).await
}

/// Opens the account, for the holder of `users:write`.
///
/// # Errors
/// The database's.
pub async fn enable_as_administrator(
    app: &App,
    authority: &Can<UsersWrite>,
    id: UserId,
    precondition: &Precondition,
) -> Result<DisableUser> {
    turn(app, &Authority::Holder(authority), Turn::Enable, id, precondition).await
}

/// Closes the account, for the operator.
///
/// # Errors
/// The database's.
pub async fn disable_as_operator(app: &App, id: UserId) -> Result<DisableUser> {
    turn(app, &Authority::Operator, Turn::Disable, id, &Precondition::None).await
}

/// Opens the account; false when there is no such user.
///
/// # Errors
/// The database's.
pub async fn enable_as_operator(app: &App, id: UserId) -> Result<bool> {
    let outcome = turn(app, &Authority::Operator, Turn::Enable, id, &Precondition::None).await?;
    Ok(outcome != DisableUser::NoSuchUser)
}

async fn turn(
    app: &App,
    acting: &Authority<'_, UsersWrite>,
    turn: Turn,
    id: UserId,
    precondition: &Precondition,
) -> Result<DisableUser> {
    let known = users::by_id(&mut app.db.read().await?, id).await?;
    let Some(known) = known else { return Ok(DisableUser::NoSuchUser) };
    let outcome = app
        .db
        .write(async |mut tx: Tx| {
            let is_last = administrators::is_last(&mut tx, id).await?;
            let outcome = match users::by_id(&mut tx, id).await? {
                None => DisableUser::NoSuchUser,
                Some(user) => match acting.judge_on(&mut tx, &user).await? {
                    Err(denied) => denied.into(),
                    Ok(()) if !precondition.admits(user.version) => DisableUser::Outdated,
                    Ok(()) if is_last && turn == Turn::Disable => DisableUser::LastAdministrator,
                    Ok(()) => turn_in(app, &mut tx, &acting.audit_context(), turn, &user).await?,
                },
            };
            end(tx, outcome).await
        })
        .await?;
    record_if_refused(app, &acting.audit_context(), (turn, known.party()), outcome).await?;
    Ok(outcome)
}

async fn turn_in(app: &App, tx: &mut Tx, by: &AuditContext, turn: Turn, user: &User) -> Result<DisableUser> {
    let is_already = user.disabled_at.is_some() == (turn == Turn::Disable);
    if is_already {
        return Ok(DisableUser::Done { sessions_ended: 0 });
    }
    let is_turned = match turn {
        Turn::Disable => user_edits::disable(tx, user.id, user.version, app.clock.now()).await?,
        Turn::Enable => user_edits::enable(tx, user.id, user.version).await?,
    };
    if !is_turned {
        return Err(Error::Conflict("the account changed at the same moment".to_owned()));
    }
    let sessions_ended = session_ends::end_all_of(tx, user.id).await?;
    let entry = match turn {
        Turn::Disable => Entry::done(Event::UserArchived).with("sessions_ended", sessions_ended),
        Turn::Enable => Entry::done(Event::UserUpdated).with("state", "enabled"),
    };
    audit::record(app, tx, by, entry.on(user.party())).await?;
    Ok(DisableUser::Done { sessions_ended })
}

async fn end(tx: Tx, outcome: DisableUser) -> Result<Ended<DisableUser>> {
    match outcome {
        DisableUser::Done { .. } => tx.commit(outcome).await,
        _ => tx.roll_back(outcome).await,
    }
}

async fn record_if_refused(
    app: &App,
    by: &AuditContext,
    (turn, subject): (Turn, Party),
    outcome: DisableUser,
) -> Result<()> {
    let reason = match outcome {
        DisableUser::LastAdministrator => Reason::LastAdministrator,
        DisableUser::AuthorityExceeded => Reason::AuthorityExceeded,
        _ => return Ok(()),
    };
    let entry = match turn {
        Turn::Disable => Entry::refused(Event::UserArchived, reason),
        Turn::Enable => Entry::refused(Event::UserUpdated, reason).with("state", "enabled"),
    };
    audit::record_refusal(app, by, entry.on(subject)).await
}

impl From<Denied> for DisableUser {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Lost => Self::AuthorityLost,
            Denied::Exceeded => Self::AuthorityExceeded,
        }
    }
}
