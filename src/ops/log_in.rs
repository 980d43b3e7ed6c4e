//! Logs a user in: checks the password and starts a session.
//!
//! This is the one place that tests a password. Unknown name, wrong password and disabled account take the same time and
//! the same way, so that nothing tells them apart. Invariant: a session starts only if, at that moment, the account is
//! open and its password is still the one that was checked.

use doorward_password::{Password, Verdict};

use super::{
    hash_password::{Overloaded, overloaded},
    upgrade_hash,
};
use crate::{
    Result,
    app::App,
    model::{NameKey, PasswordPolicy, PlainToken, Session, TokenHash, Uid},
    store::{
        Tx, sessions,
        users::{self, Credential},
    },
};

/// A try to log in.
pub struct Attempt {
    pub name: NameKey,
    pub password: Password,
    /// The token of the session that the client has, if it has one: a login ends it (ASVS 7.2.4).
    pub replaces: Option<TokenHash>,
}

/// What a try came to.
#[derive(Debug)]
pub enum LogIn {
    Done(PlainToken),
    /// Unknown name, wrong password or disabled account.
    Refused,
    Overloaded(Overloaded),
}

/// Checks a name and a password, and starts a session if they are right.
///
/// # Errors
/// The database's, or the machine's.
pub async fn with_password(app: &App, attempt: Attempt) -> Result<LogIn> {
    if !PasswordPolicy::could_be_set(&attempt.password) {
        return Ok(LogIn::Refused);
    }
    let credential = {
        let mut conn = app.db.read().await?;
        users::credential(&mut conn, &attempt.name).await?
    };
    let stored = credential.as_ref().map(|credential| credential.password_hash.as_str());
    let verdict = match app.hasher.verify(stored, attempt.password.clone()).await {
        Ok(verdict) => verdict,
        Err(error) => return overloaded(error).map(LogIn::Overloaded),
    };
    match (credential, verdict) {
        (Some(credential), Verdict::Fits) => {
            let outcome = start_session(app, &credential, attempt.replaces.as_ref()).await?;
            if matches!(outcome, LogIn::Done(_)) {
                upgrade_hash::offer(app, credential, attempt.password);
            }
            Ok(outcome)
        }
        (Some(credential), Verdict::Unreadable(why)) => {
            tracing::error!(user_id = credential.user_id.0, %why, "a stored password hash cannot be checked");
            Ok(LogIn::Refused)
        }
        _ => Ok(LogIn::Refused),
    }
}

async fn start_session(app: &App, credential: &Credential, replaces: Option<&TokenHash>) -> Result<LogIn> {
    let now = app.clock.now();
    let session =
        Session { uid: Uid::new(now, &app.rng)?, user_id: credential.user_id, created_at: now, last_used_at: now };
    let token = PlainToken::new(&app.rng)?;
    let hash = token.hash();
    let started = app
        .db
        .write(async |mut tx: Tx| {
            if !users::record_login(&mut tx, credential, now).await? {
                return tx.roll_back(false).await;
            }
            if let Some(old) = replaces {
                sessions::end_by_token(&mut tx, old).await?;
            }
            sessions::insert(&mut tx, &hash, &session).await?;
            tx.commit(true).await
        })
        .await?;
    Ok(if started { LogIn::Done(token) } else { LogIn::Refused })
}
