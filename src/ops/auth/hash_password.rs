//! Hashes a new password, once its policy is satisfied: the one way in which a hash comes to be.

use std::time::Duration;

use doorward_password::{HashPoolError, Password, Salt};

use crate::{
    Error, Result,
    app::App,
    model::{PasswordPolicy, PasswordProblem},
};

/// The hashing lane is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overloaded {
    /// When it is worth trying again.
    pub retry_after: Duration,
}

/// Why a new password was not hashed.
pub(in crate::ops) enum NotHashed {
    Refused(PasswordProblem),
    Overloaded(Overloaded),
}

/// Judges `password` by `policy` for the account called `name`, and hashes it.
pub(in crate::ops) async fn judge_and_hash(
    app: &App,
    policy: PasswordPolicy,
    name: &str,
    password: Password,
) -> Result<std::result::Result<String, NotHashed>> {
    if let Err(problem) = policy.check(&password, name) {
        return Ok(Err(NotHashed::Refused(problem)));
    }
    match app.hasher.hash(password, Salt(app.rng.bytes()?)).await {
        Ok(hash) => Ok(Ok(hash)),
        Err(error) => overloaded(error).map(|full| Err(NotHashed::Overloaded(full))),
    }
}

/// Tells a full lane, which is an answer, from one that failed.
pub(in crate::ops) fn overloaded(error: HashPoolError) -> Result<Overloaded> {
    match error {
        HashPoolError::Overloaded(full) => Ok(Overloaded { retry_after: full.retry_after }),
        HashPoolError::Failed => Err(Error::system("hashing", error)),
    }
}
