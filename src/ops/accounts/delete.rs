//! Deletes a user, with their sessions. The number is never given out again.

use crate::{
    Error, Result,
    app::App,
    model::{Event, Party, Precondition, Reason, User, UserId},
    ops::{
        audit::{self, AuditContext, Entry},
        auth::reauthenticate::RecentlyAuthenticated,
        authority::{Authority, Can, Denied, UsersWrite},
        roles::administrators,
    },
    store::{Ended, Tx, login_failures, session_ends, user_edits, users},
};

/// What a deletion came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeleteUser {
    Done,
    NoSuchUser,
    /// The account is not as the client saw it.
    Outdated,
    /// An administrator asked to delete their own account in the way that is for others'.
    OwnAccount,
    /// There would be no administrator left.
    LastAdministrator,
    /// The session that asked has ended meanwhile, or its user has lost the permission.
    AuthorityLost,
    /// The account may do what the one who asks may not.
    AuthorityExceeded,
}

/// Deletes another user, for the holder of `users:write`.
///
/// # Errors
/// The database's.
pub async fn as_administrator(
    app: &App,
    authority: &Can<UsersWrite>,
    id: UserId,
    precondition: &Precondition,
) -> Result<DeleteUser> {
    if authority.holder().user_id() == id {
        return Ok(DeleteUser::OwnAccount);
    }
    delete(app, &Authority::Holder(authority), id, precondition).await
}

/// Deletes any user, for the operator.
///
/// # Errors
/// The database's.
pub async fn as_operator(app: &App, id: UserId) -> Result<DeleteUser> {
    delete(app, &Authority::Operator, id, &Precondition::None).await
}

/// Deletes one's own account.
///
/// # Errors
/// The database's.
pub async fn own(app: &App, fresh: &RecentlyAuthenticated, precondition: &Precondition) -> Result<DeleteUser> {
    let signed_in = fresh.signed_in();
    let outcome = app
        .db
        .write(async |mut tx: Tx| {
            let is_last = administrators::is_last(&mut tx, signed_in.user_id()).await?;
            let user = users::by_id(&mut tx, signed_in.user_id()).await?;
            let outcome = match user {
                Some(user) if signed_in.still_holds(&mut tx).await? => {
                    delete_in(app, &mut tx, &signed_in.audit_context(), (&user, is_last), precondition).await?
                }
                _ => DeleteUser::AuthorityLost,
            };
            end(tx, outcome).await
        })
        .await?;
    record_if_refused(app, &signed_in.audit_context(), signed_in.user().clone(), outcome).await?;
    Ok(outcome)
}

async fn delete(
    app: &App,
    acting: &Authority<'_, UsersWrite>,
    id: UserId,
    precondition: &Precondition,
) -> Result<DeleteUser> {
    let by = acting.audit_context();
    let known = users::by_id(&mut app.db.read().await?, id).await?;
    let Some(known) = known else { return Ok(DeleteUser::NoSuchUser) };
    let outcome = app
        .db
        .write(async |mut tx: Tx| {
            let is_last = administrators::is_last(&mut tx, id).await?;
            let outcome = match users::by_id(&mut tx, id).await? {
                None => DeleteUser::NoSuchUser,
                // Behind the guard: two administrators who delete each other at once are not both still there.
                Some(user) => match acting.judge_on(&mut tx, &user).await? {
                    Ok(()) => delete_in(app, &mut tx, &by, (&user, is_last), precondition).await?,
                    Err(denied) => denied.into(),
                },
            };
            end(tx, outcome).await
        })
        .await?;
    record_if_refused(app, &by, known.party(), outcome).await?;
    Ok(outcome)
}

async fn delete_in(
    app: &App,
    tx: &mut Tx,
    by: &AuditContext,
    (user, is_last): (&User, bool),
    precondition: &Precondition,
) -> Result<DeleteUser> {
    if !precondition.admits(user.version) {
        return Ok(DeleteUser::Outdated);
    }
    if is_last {
        return Ok(DeleteUser::LastAdministrator);
    }
    if !user_edits::delete(tx, user.id, user.version).await? {
        return Err(Error::Conflict("the account changed at the same moment".to_owned()));
    }
    let sessions_ended = session_ends::end_all_of(tx, user.id).await?;
    login_failures::forget_all_of(tx, user.id).await?;
    let entry = Entry::done(Event::UserDeleted).on(user.party()).with("sessions_ended", sessions_ended);
    audit::record(app, tx, by, entry).await?;
    Ok(DeleteUser::Done)
}

async fn end(tx: Tx, outcome: DeleteUser) -> Result<Ended<DeleteUser>> {
    if outcome == DeleteUser::Done { tx.commit(outcome).await } else { tx.roll_back(outcome).await }
}

async fn record_if_refused(app: &App, by: &AuditContext, subject: Party, outcome: DeleteUser) -> Result<()> {
    let reason = match outcome {
        DeleteUser::LastAdministrator => Reason::LastAdministrator,
        DeleteUser::AuthorityExceeded => Reason::AuthorityExceeded,
        _ => return Ok(()),
    };
    audit::record_refusal(app, by, Entry::refused(Event::UserDeleted, reason).on(subject)).await
}

impl From<Denied> for DeleteUser {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Lost => Self::AuthorityLost,
            Denied::Exceeded => Self::AuthorityExceeded,
        }
    }
}
