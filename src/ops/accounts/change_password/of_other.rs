//! The password of somebody else, set by an administrator or the operator. It ends all sessions of that user.

use doorward_password::Password;

use super::{ChangePassword, ChangedBy, admits_before, prepare};
use crate::{
    Result,
    app::App,
    model::{Event, PasswordPolicy, Precondition, Reason, User, UserId},
    ops::{
        audit::{self, Entry},
        authority::{Authority, Can, UsersWrite},
    },
    store::{Tx, credentials, login_failures, session_ends, users},
};

/// A password that is set for somebody else.
pub struct NewPassword {
    pub password: Password,
    pub policy: PasswordPolicy,
    /// Whether the user must change it before anything else.
    pub must_change: bool,
}

/// Changes another user's password, for the holder of `users:write`; all of that user's sessions end.
///
/// # Errors
/// The database's, or the machine's.
pub async fn of_other(
    app: &App,
    authority: &Can<UsersWrite>,
    id: UserId,
    new: NewPassword,
    precondition: &Precondition,
) -> Result<ChangePassword> {
    if authority.holder().user_id() == id {
        return Ok(ChangePassword::OwnAccount);
    }
    set(app, &Authority::Holder(authority), id, new, precondition).await
}

/// Changes any user's password, for the operator; all of that user's sessions end.
///
/// # Errors
/// The database's, or the machine's.
pub async fn as_operator(app: &App, id: UserId, password: Password) -> Result<ChangePassword> {
    let new = NewPassword { password, policy: PasswordPolicy::Accept, must_change: false };
    set(app, &Authority::Operator, id, new, &Precondition::None).await
}

async fn set(
    app: &App,
    acting: &Authority<'_, UsersWrite>,
    id: UserId,
    new: NewPassword,
    precondition: &Precondition,
) -> Result<ChangePassword> {
    let known = {
        let mut conn = app.db.read().await?;
        let Some(user) = users::by_id(&mut conn, id).await? else { return Ok(ChangePassword::NoSuchUser) };
        // Only spares the work of a hash; it is asked again below.
        if let Err(denied) = acting.judge_on(&mut conn, &user).await? {
            drop(conn);
            return refuse(app, acting, &user, denied.into()).await;
        }
        user
    };
    let must_change = new.must_change;
    let prepared = match prepare(app, (ChangedBy::Another, id, &known.name), new.password, new.policy).await? {
        Ok(prepared) => prepared,
        Err(why) => return Ok(why.into()),
    };
    let now = app.clock.now();
    let outcome = app
        .db
        .write(async |mut tx: Tx| {
            // First, so that what is read of the account stays so until the end.
            if !credentials::set_password(&mut tx, id, &prepared.hash, must_change.then_some(now)).await? {
                return tx.roll_back(ChangePassword::NoSuchUser).await;
            }
            let Some(user) = users::by_id(&mut tx, id).await? else {
                return tx.roll_back(ChangePassword::NoSuchUser).await;
            };
            if let Err(denied) = acting.judge_on(&mut tx, &user).await? {
                return tx.roll_back(denied.into()).await;
            }
            if !admits_before(&mut tx, id, precondition).await? {
                return tx.roll_back(ChangePassword::Outdated).await;
            }
            let sessions_ended = session_ends::end_all_of(&mut tx, id).await?;
            // What failed against the password before says nothing of guesses at this one.
            login_failures::forget_all_of(&mut tx, id).await?;
            let entry = Entry::done(Event::PasswordChange)
                .on(user.party())
                .with("sessions_ended", sessions_ended)
                .with("must_change_password", must_change);
            audit::record(app, &mut tx, &acting.audit_context(), entry).await?;
            prepared.legacy.perform(app, &mut tx, id, now).await?;
            tx.commit(ChangePassword::Done { sessions_ended }).await
        })
        .await?;
    refuse(app, acting, &known, outcome).await
}

/// Writes a refusal down, if it is one by the rule on authority.
async fn refuse(
    app: &App,
    acting: &Authority<'_, UsersWrite>,
    user: &User,
    outcome: ChangePassword,
) -> Result<ChangePassword> {
    if matches!(outcome, ChangePassword::AuthorityExceeded) {
        let entry = Entry::refused(Event::PasswordChangeFail, Reason::AuthorityExceeded).on(user.party());
        audit::record_refusal(app, &acting.audit_context(), entry).await?;
    }
    Ok(outcome)
}
