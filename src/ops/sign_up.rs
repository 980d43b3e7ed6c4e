//! Signs a new user up, or creates one for the operator.

use std::sync::{Mutex, PoisonError};

use doorward_password::Password;

use super::{
    adopt::write_back::{self, NewThere, SignUpThere},
    hash_password::{NotHashed, Overloaded, judge_and_hash},
};
use crate::{
    Error, Result,
    app::App,
    model::{Name, PasswordPolicy, PasswordProblem, Uid, UserId},
    store::{
        Tx,
        old_users::Insert,
        roles,
        users::{self, NewUser},
    },
};

/// What a sign-up came to.
#[derive(Debug)]
pub enum SignUp {
    Done(UserId),
    NameTaken,
    /// The old application's table, to which sign-ups are written back, has no room for such a name.
    NameUnfit,
    /// Signing up is switched off.
    Closed,
    /// No role of that name exists.
    NoSuchRole,
    PasswordRefused(PasswordProblem),
    Overloaded(Overloaded),
}

/// Anybody's sign-up: a user with the role `user`.
///
/// # Errors
/// The database's, or the machine's.
pub async fn as_anybody(app: &App, name: &Name, password: Password, policy: PasswordPolicy) -> Result<SignUp> {
    if app.config.signup_enabled { with_role(app, name, password, policy, "user").await } else { Ok(SignUp::Closed) }
}

/// The operator's: any role, also when signing up is switched off, and any password of the length that is stored at all.
///
/// # Errors
/// The database's, or the machine's.
pub async fn as_operator(app: &App, name: &Name, password: Password, role: &str) -> Result<SignUp> {
    with_role(app, name, password, PasswordPolicy::Accept, role).await
}

async fn with_role(app: &App, name: &Name, password: Password, policy: PasswordPolicy, role: &str) -> Result<SignUp> {
    let role = {
        let mut conn = app.db.read().await?;
        // Only spares the work of a hash; the unique key decides.
        if users::by_key(&mut conn, name.key()).await?.is_some() {
            return Ok(SignUp::NameTaken);
        }
        roles::by_name(&mut conn, role).await?
    };
    let Some(role) = role else { return Ok(SignUp::NoSuchRole) };
    let old = match write_back::before_sign_up(app, name).await? {
        SignUpThere::NotWritten => None,
        SignUpThere::NameTaken => return Ok(SignUp::NameTaken),
        SignUpThere::NameUnfit => return Ok(SignUp::NameUnfit),
        SignUpThere::Written(old) => Some(old),
    };
    let hash = match judge_and_hash(app, policy, name.as_typed(), password.clone()).await? {
        Ok(hash) => hash,
        Err(NotHashed::Refused(problem)) => return Ok(SignUp::PasswordRefused(problem)),
        Err(NotHashed::Overloaded(full)) => return Ok(SignUp::Overloaded(full)),
    };
    let there = match old {
        None => None,
        Some(old) => match NewThere::new(app, old, &password).await? {
            Ok(there) => Some(there),
            Err(full) => return Ok(SignUp::Overloaded(full)),
        },
    };
    let now = app.clock.now();
    let new = NewUser { uid: Uid::new(now, &app.rng)?, name, role_id: role.id, password_hash: &hash, created_at: now };
    match there {
        None => here(app, &new).await,
        Some(there) => here_and_there(app, &new, &there, &role.name).await,
    }
}

async fn here(app: &App, new: &NewUser<'_>) -> Result<SignUp> {
    app.db
        .write(async |mut tx: Tx| match users::insert(&mut tx, new).await? {
            Some(id) => tx.commit(SignUp::Done(id)).await,
            None => tx.roll_back(SignUp::NameTaken).await,
        })
        .await
}

/// Signs the user up in both tables, under the number that the old one gives out unless that is taken here.
async fn here_and_there(app: &App, new: &NewUser<'_>, there: &NewThere<'_>, role: &str) -> Result<SignUp> {
    let written = Mutex::new(None);
    let outcome = app
        .db
        .write(async |mut tx: Tx| {
            let old_id = match there.insert(app, &mut tx, new.name, role).await? {
                Insert::Done(old_id) => old_id,
                Insert::NameTaken => return tx.roll_back(SignUp::NameTaken).await,
                Insert::Unfit => return tx.roll_back(SignUp::NameUnfit).await,
            };
            *written.lock().unwrap_or_else(PoisonError::into_inner) = Some(old_id);
            let same = UserId(old_id.0);
            let id = match users::by_id(&mut tx, same).await? {
                None => users::insert_numbered(&mut tx, same, new).await?.then_some(same),
                Some(_) => users::insert(&mut tx, new).await?,
            };
            match id {
                Some(id) if there.note(&mut tx, old_id, id, new.created_at).await? => tx.commit(SignUp::Done(id)).await,
                _ => tx.roll_back(SignUp::NameTaken).await,
            }
        })
        .await;
    let written = written.into_inner().unwrap_or_else(PoisonError::into_inner);
    // After any other error it is not known whether the user is here.
    if let (Ok(SignUp::NameTaken) | Err(Error::Conflict(_)), Some(old_id)) = (&outcome, written) {
        there.withdraw(app, old_id, new.name).await;
    }
    outcome
}
