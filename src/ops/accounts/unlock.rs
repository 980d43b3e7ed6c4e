//! Opens password login again for an account at whose password somebody has guessed: all of its budgets are whole again.
//!
//! Invariant: nobody opens their own by permission. Whoever has taken over a session could otherwise guess at the password
//! of its user without end.

use crate::{
    Result,
    app::App,
    model::{Event, Reason, UserId},
    ops::{
        audit::{self, Entry},
        authority::{Authority, Can, Denied, UsersWrite},
    },
    store::{Tx, login_failures, users},
};

/// What it came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnlockUser {
    /// It is open; and whether anything had failed.
    Done {
        had_failures: bool,
    },
    NoSuchUser,
    /// Somebody else has to do it.
    OwnAccount,
    /// The session that asked has ended meanwhile, or its user has lost the permission.
    AuthorityLost,
    /// The account may do what the one who asks may not.
    AuthorityExceeded,
}

/// Opens it, for the holder of `users:write`.
///
/// # Errors
/// The database's.
pub async fn as_administrator(app: &App, authority: &Can<UsersWrite>, id: UserId) -> Result<UnlockUser> {
    if authority.holder().user_id() == id {
        return Ok(UnlockUser::OwnAccount);
    }
    unlock(app, &Authority::Holder(authority), id).await
}

/// Opens it, for the operator.
///
/// # Errors
/// The database's.
pub async fn as_operator(app: &App, id: UserId) -> Result<UnlockUser> {
    unlock(app, &Authority::Operator, id).await
}

async fn unlock(app: &App, acting: &Authority<'_, UsersWrite>, id: UserId) -> Result<UnlockUser> {
    let known = users::by_id(&mut app.db.read().await?, id).await?;
    let Some(known) = known else { return Ok(UnlockUser::NoSuchUser) };
    let outcome = app
        .db
        .write(async |mut tx: Tx| {
            let Some(user) = users::by_id(&mut tx, id).await? else {
                return tx.roll_back(UnlockUser::NoSuchUser).await;
            };
            if let Err(denied) = acting.judge_on(&mut tx, &user).await? {
                return tx.roll_back(denied.into()).await;
            }
            let had_failures = login_failures::forget_all_of(&mut tx, id).await? > 0;
            if had_failures {
                let entry = Entry::done(Event::UserUpdated).with("password_login", "opened").on(user.party());
                audit::record(app, &mut tx, &acting.audit_context(), entry).await?;
            }
            tx.commit(UnlockUser::Done { had_failures }).await
        })
        .await?;
    if outcome == UnlockUser::AuthorityExceeded {
        let entry = Entry::refused(Event::UserUpdated, Reason::AuthorityExceeded).with("password_login", "opened");
        audit::record_refusal(app, &acting.audit_context(), entry.on(known.party())).await?;
    }
    Ok(outcome)
}

impl From<Denied> for UnlockUser {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Lost => Self::AuthorityLost,
            Denied::Exceeded => Self::AuthorityExceeded,
        }
    }
}
