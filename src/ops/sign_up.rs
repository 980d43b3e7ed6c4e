//! Signs a new user up, or creates one for the operator.

use doorward_password::Password;

use super::hash_password::{NotHashed, Overloaded, judge_and_hash};
use crate::{
    Result,
    app::App,
    model::{Name, PasswordPolicy, PasswordProblem, Uid, UserId},
    store::{
        Tx, roles,
        users::{self, NewUser},
    },
};

/// What a sign-up came to.
#[derive(Debug)]
pub enum SignUp {
    Done(UserId),
    NameTaken,
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
    let hash = match judge_and_hash(app, policy, name.as_typed(), password).await? {
        Ok(hash) => hash,
        Err(NotHashed::Refused(problem)) => return Ok(SignUp::PasswordRefused(problem)),
        Err(NotHashed::Overloaded(full)) => return Ok(SignUp::Overloaded(full)),
    };
    let now = app.clock.now();
    let new = NewUser { uid: Uid::new(now, &app.rng)?, name, role_id: role.id, password_hash: &hash, created_at: now };
    app.db
        .write(async |mut tx: Tx| match users::insert(&mut tx, &new).await? {
            Some(id) => tx.commit(SignUp::Done(id)).await,
            None => tx.roll_back(SignUp::NameTaken).await,
        })
        .await
}
