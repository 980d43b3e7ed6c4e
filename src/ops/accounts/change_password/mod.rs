//! Changes a password: a user's own, or another's by an administrator or the operator.
//!
//! Invariant: the change ends that user's other sessions in the same transaction (ASVS 7.4.3); a login that was checked
//! against the old password can no longer start one.

mod of_other;
mod own;

use std::time::Duration;

use doorward_password::Password;

pub use self::{
    of_other::{NewPassword, as_operator, of_other},
    own::{own, own_confirmed},
};
use crate::{
    Result,
    app::App,
    model::{DeviceToken, PasswordPolicy, PasswordProblem, PlainToken, Precondition, UserId},
    ops::{
        auth::hash_password::{NotHashed, Overloaded, judge_and_hash},
        authority::{Denied, SignedIn},
        legacy::write_back::change::{self, ChangedBy, LegacyChange},
    },
    store::{Tx, users},
};

/// What a change came to.
#[derive(Debug)]
pub enum ChangePassword {
    /// Done, and so many other sessions were ended.
    Done {
        sessions_ended: u64,
    },
    /// Done, and from now on the session is found by this token alone. If the device was known, this is its new cookie. The
    /// session is as it was when that was done: it may have been ended since, which undoes no change.
    Renewed(PlainToken, Option<DeviceToken>, Box<SignedIn>),
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
    /// Too many passwords were wrong before; the next try may come after this time.
    Throttled(Duration),
    Overloaded(Overloaded),
}

/// Whether the condition held for the account as it was before this transaction has changed it, once. It holds the row by
/// now, so nobody comes between.
async fn admits_before(tx: &mut Tx, id: UserId, precondition: &Precondition) -> Result<bool> {
    let user = users::by_id(tx, id).await?;
    Ok(user.is_some_and(|user| precondition.admits(user.version - 1)))
}

/// A new password, judged and hashed for the local database and for the legacy table.
struct Prepared<'a> {
    hash: String,
    legacy: LegacyChange<'a>,
}

async fn prepare<'a>(
    app: &'a App,
    (by, id, name): (ChangedBy, UserId, &str),
    password: Password,
    policy: PasswordPolicy,
) -> Result<std::result::Result<Prepared<'a>, NotHashed>> {
    let legacy = change::before_change(app, by, id, name).await?;
    if matches!(legacy, LegacyChange::ShutOut(_)) {
        return Ok(Ok(Prepared { hash: String::new(), legacy }));
    }
    let hash = match judge_and_hash(app, policy, name, password.clone()).await? {
        Ok(hash) => hash,
        Err(why) => return Ok(Err(why)),
    };
    let legacy = legacy.hash(app, &password).await?;
    Ok(legacy.map(|legacy| Prepared { hash, legacy }).map_err(NotHashed::Overloaded))
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
