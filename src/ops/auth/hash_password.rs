//! Hashes new passwords that satisfy their policy. No other code creates a hash for a user.

use doorward_password::{HashPoolError, Password, Salt};

use crate::{
    Error, Result,
    app::App,
    model::{PasswordPolicy, PasswordProblem},
    ops::outcome::Limited,
};

/// The reason why a new password is not hashed.
pub(in crate::ops) enum NotHashed {
    Rejected(PasswordProblem),
    Limited(Limited),
}

/// Checks `password` by `policy` for the account with this name, and hashes it.
pub(in crate::ops) async fn judge_and_hash(
    app: &App,
    policy: PasswordPolicy,
    name: &str,
    password: Password,
) -> Result<std::result::Result<String, NotHashed>> {
    if let Err(problem) = policy.check(&password, name) {
        return Ok(Err(NotHashed::Rejected(problem)));
    }
    match app.hasher.hash(password, Salt(app.rng.bytes()?)).await {
        Ok(hash) => Ok(Ok(hash)),
        Err(error) => overloaded(error).map(|limited| Err(NotHashed::Limited(limited))),
    }
}

/// Distinguishes a full hash pool, which is a refusal, from a failed one.
pub(in crate::ops) fn overloaded(error: HashPoolError) -> Result<Limited> {
    match error {
        HashPoolError::Overloaded(full) => Ok(Limited::Overloaded(full.retry_after)),
        HashPoolError::Failed => Err(Error::system("hashing", error)),
    }
}
