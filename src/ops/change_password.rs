//! Changes a password: a user's own, or another's by an administrator or the operator.
//!
//! Invariant: the change ends that user's other sessions in the same transaction (ASVS 7.4.3); a login that was checked
//! against the old password can no longer start one.

use doorward_password::Password;

use super::{
    adopt::{
        self,
        write_back::{self, ChangeThere, ChangedBy},
    },
    audit::{self, Entry},
    authority::{Acting, Can, Denied, SignedIn, UsersWrite},
    check_password::is_password_of,
    confirm::Known,
    hash_password::{NotHashed, Overloaded, judge_and_hash},
};
use crate::{
    Result,
    app::App,
    model::{Event, PasswordPolicy, PasswordProblem, PlainToken, Precondition, Reason, User, UserId},
    store::{Tx, credentials, session_ends, sessions, users},
};

/// What a change came to.
#[derive(Debug)]
pub enum ChangePassword {
    /// Done, and so many other sessions were ended.
    Done {
        sessions_ended: u64,
    },
    /// Done, and from now on the session is found by this token alone.
    Renewed(PlainToken),
    NoSuchUser,
    /// An administrator asked to set their own password in the way that is for others' and asks for no current one.
    OwnAccount,
    /// The account is not as the client saw it.
    Outdated,
    /// The session that asked has ended meanwhile, or its user has lost the permission.
    AuthorityLost,
    /// The account may do what the one who asks may not.
    AuthorityExceeded,
    PasswordRefused(PasswordProblem),
    Overloaded(Overloaded),
}

/// Changes the password of the user whose session this is; that session lives on, by the same token.
///
/// For the old contract, which asks for no current password.
///
/// # Errors
/// The database's, or the machine's.
pub async fn own(
    app: &App,
    signed_in: &SignedIn,
    password: Password,
    policy: PasswordPolicy,
) -> Result<ChangePassword> {
    let id = signed_in.user_id();
    let prepared = match prepare_own(app, signed_in, password, policy).await? {
        Ok(prepared) => prepared,
        Err(why) => return Ok(why),
    };
    let now = app.clock.now();
    app.db
        .write(async |mut tx: Tx| {
            let is_set = credentials::set_password(&mut tx, id, &prepared.hash, None).await?;
            if !is_set || !signed_in.still_holds(&mut tx).await? {
                return tx.roll_back(ChangePassword::AuthorityLost).await;
            }
            let sessions_ended = session_ends::end_others_of(&mut tx, id, signed_in.session().uid).await?;
            let entry =
                Entry::done(Event::PasswordChange).on(signed_in.user().clone()).with("sessions_ended", sessions_ended);
            audit::record(app, &mut tx, &signed_in.by(), entry).await?;
            prepared.there.perform(app, &mut tx, id, now).await?;
            tx.commit(ChangePassword::Done { sessions_ended }).await
        })
        .await
}

/// Changes the password of a user who has shown the current one; the session lives on by a new token (ASVS 7.2.4).
///
/// # Errors
/// The database's, or the machine's.
pub async fn own_known(
    app: &App,
    known: &Known,
    password: Password,
    precondition: &Precondition,
) -> Result<ChangePassword> {
    let signed_in = known.signed_in();
    let id = signed_in.user_id();
    let prepared = match prepare_own(app, signed_in, password, app.config.password.clone()).await? {
        Ok(prepared) => prepared,
        Err(why) => return Ok(why),
    };
    let now = app.clock.now();
    let token = PlainToken::new(&app.rng)?;
    let new_token = token.hash();
    let outcome = app
        .db
        .write(async |mut tx: Tx| {
            let user = users::by_id(&mut tx, id).await?;
            if user.is_some_and(|user| !precondition.admits(user.version)) {
                return tx.roll_back(ChangePassword::Outdated).await;
            }
            let is_set = credentials::replace_password(&mut tx, known.credential(), &prepared.hash).await?;
            if !is_set || !signed_in.still_holds(&mut tx).await? {
                return tx.roll_back(ChangePassword::AuthorityLost).await;
            }
            let sessions_ended = session_ends::end_others_of(&mut tx, id, signed_in.session().uid).await?;
            if !sessions::renew(&mut tx, signed_in.token(), &new_token, now).await? {
                return tx.roll_back(ChangePassword::AuthorityLost).await;
            }
            let entry =
                Entry::done(Event::PasswordChange).on(signed_in.user().clone()).with("sessions_ended", sessions_ended);
            audit::record(app, &mut tx, &signed_in.by(), entry).await?;
            prepared.there.perform(app, &mut tx, id, now).await?;
            tx.commit(ChangePassword::Done { sessions_ended }).await
        })
        .await?;
    Ok(match outcome {
        ChangePassword::Done { .. } => ChangePassword::Renewed(token),
        other => other,
    })
}

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
    set(app, &Acting::Holder(authority), id, new, precondition).await
}

/// Changes any user's password, for the operator; all of that user's sessions end.
///
/// # Errors
/// The database's, or the machine's.
pub async fn as_operator(app: &App, id: UserId, password: Password) -> Result<ChangePassword> {
    let new = NewPassword { password, policy: PasswordPolicy::Accept, must_change: false };
    set(app, &Acting::Operator, id, new, &Precondition::None).await
}

async fn set(
    app: &App,
    acting: &Acting<'_, UsersWrite>,
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
            let Some(user) = users::by_id(&mut tx, id).await? else {
                return tx.roll_back(ChangePassword::NoSuchUser).await;
            };
            if let Err(denied) = acting.judge_on(&mut tx, &user).await? {
                return tx.roll_back(denied.into()).await;
            }
            if !precondition.admits(user.version) {
                return tx.roll_back(ChangePassword::Outdated).await;
            }
            if !credentials::set_password(&mut tx, id, &prepared.hash, must_change.then_some(now)).await? {
                return tx.roll_back(ChangePassword::NoSuchUser).await;
            }
            let sessions_ended = session_ends::end_all_of(&mut tx, id).await?;
            let entry = Entry::done(Event::PasswordChange)
                .on(user.party())
                .with("sessions_ended", sessions_ended)
                .with("must_change_password", must_change);
            audit::record(app, &mut tx, &acting.by(), entry).await?;
            prepared.there.perform(app, &mut tx, id, now).await?;
            tx.commit(ChangePassword::Done { sessions_ended }).await
        })
        .await?;
    refuse(app, acting, &known, outcome).await
}

/// Writes a refusal down, if it is one by the rule on authority.
async fn refuse(
    app: &App,
    acting: &Acting<'_, UsersWrite>,
    user: &User,
    outcome: ChangePassword,
) -> Result<ChangePassword> {
    if matches!(outcome, ChangePassword::AuthorityExceeded) {
        let entry = Entry::refused(Event::PasswordChangeFail, Reason::AuthorityExceeded).on(user.party());
        audit::record_refusal(app, &acting.by(), entry).await?;
    }
    Ok(outcome)
}

/// A new password, judged and hashed for here and for the old table.
struct Prepared<'a> {
    hash: String,
    there: ChangeThere<'a>,
}

async fn prepare_own<'a>(
    app: &'a App,
    signed_in: &SignedIn,
    password: Password,
    policy: PasswordPolicy,
) -> Result<std::result::Result<Prepared<'a>, ChangePassword>> {
    let (id, name) = (signed_in.user_id(), signed_in.user().name.as_str());
    if signed_in.must_change_password() {
        match is_password_of(app, (id, name), &password).await? {
            Ok(false) => {}
            Ok(true) => return Ok(Err(ChangePassword::PasswordRefused(PasswordProblem::IsCurrent))),
            Err(full) => return Ok(Err(ChangePassword::Overloaded(full))),
        }
    }
    let whose = (ChangedBy::Owner, id, name);
    let prepared = match prepare(app, whose, password, policy).await? {
        Ok(prepared) => prepared,
        Err(why) => return Ok(Err(why.into())),
    };
    if let ChangeThere::ShutOut(adoption) = &prepared.there {
        adopt::shut_out_now(app, adoption).await?;
        return Ok(Err(ChangePassword::AuthorityLost));
    }
    Ok(Ok(prepared))
}

async fn prepare<'a>(
    app: &'a App,
    (by, id, name): (ChangedBy, UserId, &str),
    password: Password,
    policy: PasswordPolicy,
) -> Result<std::result::Result<Prepared<'a>, NotHashed>> {
    let there = write_back::before_change(app, by, id, name).await?;
    if matches!(there, ChangeThere::ShutOut(_)) {
        return Ok(Ok(Prepared { hash: String::new(), there }));
    }
    let hash = match judge_and_hash(app, policy, name, password.clone()).await? {
        Ok(hash) => hash,
        Err(why) => return Ok(Err(why)),
    };
    let there = there.hash(app, &password).await?;
    Ok(there.map(|there| Prepared { hash, there }).map_err(NotHashed::Overloaded))
}

impl From<NotHashed> for ChangePassword {
    fn from(why: NotHashed) -> Self {
        match why {
            NotHashed::Refused(problem) => Self::PasswordRefused(problem),
            NotHashed::Overloaded(full) => Self::Overloaded(full),
        }
    }
}

impl From<Denied> for ChangePassword {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Lost => Self::AuthorityLost,
            Denied::Exceeded => Self::AuthorityExceeded,
        }
    }
}
