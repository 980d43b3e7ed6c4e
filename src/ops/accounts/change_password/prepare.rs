//! The preparation of a new password before its transaction.

use doorward_password::Password;

use crate::{
    Result,
    app::App,
    model::PasswordPolicy,
    ops::{
        auth::hash_password::{NotHashed, judge_and_hash},
        legacy::write_back::change::{ChangePlan, LegacyChange},
    },
};

/// A new password, hashed for the local database and for the legacy table.
pub(super) struct PreparedChange<'a> {
    pub hash: String,
    pub legacy: LegacyChange<'a>,
}

/// Checks the password by its policy, and hashes it.
pub(super) async fn prepare<'a>(
    app: &'a App,
    plan: ChangePlan<'a>,
    name: &str,
    password: Password,
    policy: PasswordPolicy,
) -> Result<std::result::Result<PreparedChange<'a>, NotHashed>> {
    let hash = match judge_and_hash(app, policy, name, password.clone()).await? {
        Ok(hash) => hash,
        Err(why) => return Ok(Err(why)),
    };
    let legacy = plan.hash(app, &password).await?;
    Ok(legacy.map(|legacy| PreparedChange { hash, legacy }))
}
