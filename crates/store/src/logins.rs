//! The writes of a login on the user's row and on the credential.
//!
//! Invariant: a login is recorded only if, at that moment, the account is enabled and the password is the verified one.

use std::time::Duration;

use super::{
    credentials::{AccountSnapshot, Credential},
    db::Tx,
};
use crate::{Result, model::UnixMillis};

/// The precision of a credential's `last_used_at`. A use within this time after the last recorded one is not written.
const USE_PRECISION: Duration = Duration::from_secs(60);

/// Records a login of an account that has not changed since its credential was looked up, and returns the account. Returns
/// `None` if it has changed or is disabled; [`record`] then decides.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn record_if_unchanged(
    tx: &mut Tx,
    credential: &Credential,
    now: UnixMillis,
) -> Result<Option<AccountSnapshot>> {
    let Some(account) = &credential.account else { return Ok(None) };
    let params = [now.into(), credential.user_id.0.into(), account.user_version.into()];
    let sql = "UPDATE dw_users SET last_login_at = ? WHERE id = ? AND disabled_at IS NULL AND version = ?";
    if tx.execute(sql, &params).await? != 1 {
        return Ok(None);
    }
    let is_recent = |used: UnixMillis| used <= now && now < used.plus(USE_PRECISION);
    if !account.password_used_at.is_some_and(is_recent) && !record_use(tx, credential, now).await? {
        return Ok(None);
    }
    Ok(Some(account.clone()))
}

/// Records a login. Returns false if the account is disabled or deleted, or the password is no longer the verified one.
/// The transaction must then be rolled back.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn record(tx: &mut Tx, credential: &Credential, now: UnixMillis) -> Result<bool> {
    let sql = "UPDATE dw_users SET last_login_at = ? WHERE id = ? AND disabled_at IS NULL";
    if tx.execute(sql, &[now.into(), credential.user_id.0.into()]).await? != 1 {
        return Ok(false);
    }
    record_use(tx, credential, now).await
}

/// Records a use of the password. Returns false if it is no longer the verified one.
async fn record_use(tx: &mut Tx, credential: &Credential, now: UnixMillis) -> Result<bool> {
    let sql = "UPDATE dw_credentials SET last_used_at = ?
               WHERE user_id = ? AND kind = 'password' AND slot = 0 AND version = ?";
    let params = [now.into(), credential.user_id.0.into(), credential.password_version.into()];
    Ok(tx.execute(sql, &params).await? == 1)
}
