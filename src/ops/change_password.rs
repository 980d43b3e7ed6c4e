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
    authority::{Can, SignedIn, UsersWrite},
    hash_password::{NotHashed, Overloaded, judge_and_hash},
};
use crate::{
    Result,
    app::App,
    model::{PasswordPolicy, PasswordProblem, UserId},
    store::{Tx, sessions, users},
};

/// What a change came to.
#[derive(Debug)]
pub enum ChangePassword {
    /// Done, and so many other sessions were ended.
    Done {
        sessions_ended: u64,
    },
    NoSuchUser,
    /// The session that asked has ended meanwhile, or its user has lost the permission.
    AuthorityLost,
    PasswordRefused(PasswordProblem),
    Overloaded(Overloaded),
}

/// Changes the password of the user whose session this is; that session lives on.
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
    let prepared = match prepare(app, (ChangedBy::Owner, id, signed_in.user_name()), password, policy).await? {
        Ok(prepared) => prepared,
        Err(why) => return Ok(why.into()),
    };
    let now = app.clock.now();
    if let ChangeThere::ShutOut(adoption) = &prepared.there {
        adopt::shut_out_now(app, adoption).await?;
        return Ok(ChangePassword::AuthorityLost);
    }
    app.db
        .write(async |mut tx: Tx| {
            if !users::set_password(&mut tx, id, &prepared.hash).await? || !signed_in.still_holds(&mut tx).await? {
                return tx.roll_back(ChangePassword::AuthorityLost).await;
            }
            let sessions_ended = sessions::end_others_of(&mut tx, id, signed_in.session().uid).await?;
            prepared.there.perform(app, &mut tx, id, now).await?;
            tx.commit(ChangePassword::Done { sessions_ended }).await
        })
        .await
}

/// Changes another user's password, for the holder of `users:write`; all of that user's sessions end.
///
/// # Errors
/// The database's, or the machine's.
pub async fn of_other(
    app: &App,
    authority: &Can<UsersWrite>,
    id: UserId,
    password: Password,
    policy: PasswordPolicy,
) -> Result<ChangePassword> {
    set(app, Some(authority), id, password, policy).await
}

/// Changes any user's password, for the operator; all of that user's sessions end.
///
/// # Errors
/// The database's, or the machine's.
pub async fn as_operator(app: &App, id: UserId, password: Password) -> Result<ChangePassword> {
    set(app, None, id, password, PasswordPolicy::Accept).await
}

async fn set(
    app: &App,
    authority: Option<&Can<UsersWrite>>,
    id: UserId,
    password: Password,
    policy: PasswordPolicy,
) -> Result<ChangePassword> {
    let name = {
        let mut conn = app.db.read().await?;
        users::name_by_id(&mut conn, id).await?
    };
    let Some(name) = name else { return Ok(ChangePassword::NoSuchUser) };
    let prepared = match prepare(app, (ChangedBy::Another, id, &name), password, policy).await? {
        Ok(prepared) => prepared,
        Err(why) => return Ok(why.into()),
    };
    let now = app.clock.now();
    app.db
        .write(async |mut tx: Tx| {
            if !users::set_password(&mut tx, id, &prepared.hash).await? {
                return tx.roll_back(ChangePassword::NoSuchUser).await;
            }
            if let Some(authority) = authority
                && !authority.still_holds(&mut tx).await?
            {
                return tx.roll_back(ChangePassword::AuthorityLost).await;
            }
            let sessions_ended = sessions::end_all_of(&mut tx, id).await?;
            prepared.there.perform(app, &mut tx, id, now).await?;
            tx.commit(ChangePassword::Done { sessions_ended }).await
        })
        .await
}

/// A new password, judged and hashed for here and for the old table.
struct Prepared<'a> {
    hash: String,
    there: ChangeThere<'a>,
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
