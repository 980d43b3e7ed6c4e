//! Users that the legacy table disables: their sessions end, and they are enabled when the legacy table no longer
//! disables them.
//!
//! Invariant: a user whose password was set locally after the adoption was read is not changed.

use super::candidate::LeftBehind;
use crate::{
    Result,
    app::App,
    model::{Event, Reason, UnixMillis, User, UserId},
    ops::audit::{AuditContext, AuditEntry, record},
    store::{
        Tx,
        adoptions::{self, Adoption},
        credentials, new_users, session_ends, user_edits, users,
    },
};

/// Handles a user who is missing from the legacy table or locked in it: the sessions end, and logins in progress fail.
/// Does nothing if the password was set locally after `adoption` was read.
pub(super) async fn shut_out(app: &App, tx: &mut Tx, adoption: &Adoption, now: UnixMillis) -> Result<()> {
    if !adoptions::shut_out(tx, adoption, now).await? {
        return Ok(());
    }
    credentials::outdate(tx, adoption.user_id).await?;
    let sessions_ended = session_ends::end_all_of(tx, adoption.user_id).await?;
    let mut entry = AuditEntry::done(Event::UserArchived)
        .because(Reason::ChangedInOldApplication)
        .with("sessions_ended", sessions_ended);
    if let Some(user) = users::by_id(tx, adoption.user_id).await? {
        entry = entry.on(user.party());
    }
    record(app, tx, &AuditContext::system(), entry).await
}

/// Does the same as [`shut_out`] in its own transaction, unless it is already done.
pub(in crate::ops) async fn shut_out_now(app: &App, adoption: &Adoption) -> Result<()> {
    if adoption.gone_at.is_some() && adoption.password_set_locally_at.is_none() {
        return Ok(());
    }
    let now = app.clock.now();
    app.db
        .write(async |mut tx: Tx| {
            shut_out(app, &mut tx, adoption, now).await?;
            tx.commit(()).await
        })
        .await
}

/// Returns whether the adoption disabled this user, who never logged in. Another user may then get the name.
pub(super) fn gives_way(user: &User) -> bool {
    user.disabled_at == Some(user.created_at) && user.last_login_at.is_none()
}

/// Deletes the local user with the name of a legacy user to adopt, if the legacy table had disabled the local user and
/// the account was never used. Returns whether the user was deleted.
pub(super) async fn make_room(
    app: &App,
    tx: &mut Tx,
    by: &AuditContext,
    in_the_way: Option<LeftBehind>,
) -> Result<bool> {
    let Some(LeftBehind::NameTaken(id)) = in_the_way else { return Ok(false) };
    let Some(user) = users::by_id(tx, UserId(id)).await? else { return Ok(false) };
    if !gives_way(&user) || adoptions::by_user(tx, user.id).await?.is_none() {
        return Ok(false);
    }
    session_ends::end_all_of(tx, user.id).await?;
    new_users::delete(tx, user.id).await?;
    let entry = AuditEntry::done(Event::UserDeleted).because(Reason::ChangedInOldApplication).on(user.party());
    record(app, tx, by, entry).await?;
    Ok(true)
}

/// Enables a user that the adoption had disabled, in its own transaction.
pub(super) async fn open_again_now(app: &App, adoption: &Adoption) -> Result<()> {
    let user = users::by_id(&mut app.db.read().await?, adoption.user_id).await?;
    if user.is_none_or(|user| user.disabled_at != Some(user.created_at)) {
        return Ok(());
    }
    app.db
        .write(async |mut tx: Tx| {
            open_again(app, &mut tx, &AuditContext::system(), adoption).await?;
            tx.commit(()).await
        })
        .await
}

/// Enables a user that the adoption had disabled. Returns false if the account was disabled or enabled locally since.
pub(super) async fn open_again(app: &App, tx: &mut Tx, by: &AuditContext, adoption: &Adoption) -> Result<bool> {
    if !user_edits::enable_adopted(tx, adoption.user_id).await? {
        return Ok(false);
    }
    if adoption.gone_at.is_some() {
        adoptions::set_gone(tx, adoption, None).await?;
    }
    let mut entry =
        AuditEntry::done(Event::UserUpdated).because(Reason::ChangedInOldApplication).with("state", "enabled");
    if let Some(user) = users::by_id(tx, adoption.user_id).await? {
        entry = entry.on(user.party());
    }
    record(app, tx, by, entry).await?;
    Ok(true)
}
