//! The living link, as a sign-up and a change of password see it: names that are taken there, and what is written there.
//!
//! Invariants. A name of there is never given to somebody else here. What is written there is decided by the transaction
//! here: it is written while that transaction is open and about to be committed, so nothing that is refused here is ever
//! in force there.

mod change;
mod sign_up;

use doorward_password::{Password, Salt, Settings, StoredHash};

pub(in crate::ops) use self::{
    change::{ChangeThere, ChangedBy, before_change},
    sign_up::{NewThere, SignUpThere, before_sign_up},
};
use super::Old;
use crate::{
    Error, Result,
    app::App,
    model::LegacyPassword,
    ops::auth::hash_password::{Overloaded, overloaded},
    store::legacy_users,
};

/// Rows that are looked at to learn how the old application hashes.
const SAMPLE: u32 = 50;

/// Hashes `password` as the old application does.
async fn hash_for_there(
    app: &App,
    old: &Old<'_>,
    password: &Password,
) -> Result<std::result::Result<LegacyPassword, Overloaded>> {
    let settings = settings_there(app, old).await?;
    match app.hasher.hash_as_received(settings, password.clone(), Salt(app.rng.bytes()?)).await {
        Ok(hash) => Ok(Ok(LegacyPassword::new(hash))),
        Err(error) => overloaded(error).map(Err),
    }
}

/// How the newest rows of the old table are hashed, at the cost that is configured here; in a table without any hash, as
/// the old application does whose table looks like this one.
///
/// # Errors
/// The database's; [`Error::Config`] when it is in a scheme that cannot be made here.
pub(in crate::ops) async fn settings_there(app: &App, old: &Old<'_>) -> Result<Settings> {
    let newest = {
        let mut conn = old.application.db(&app.db).read().await?;
        legacy_users::newest(&mut conn, old.table, SAMPLE).await?
    };
    let hashing = &app.config.hashing;
    let schemes = newest.iter().filter_map(|row| StoredHash::parse(row.password.text()?.reveal()).ok());
    let mut schemes = schemes.map(|hash| hash.scheme()).peekable();
    if schemes.peek().is_none() {
        return Ok(if old.table.role_column.is_some() { hashing.bcrypt } else { hashing.pbkdf2 });
    }
    let known = schemes.find_map(|scheme| match scheme {
        _ if scheme.starts_with("werkzeug-") => Some(hashing.pbkdf2),
        "bcrypt" => Some(hashing.bcrypt),
        _ if scheme.starts_with("argon2") => Some(hashing.argon2id),
        _ => None,
    });
    known.ok_or_else(|| {
        Error::Config(format!(
            "`adopt.write_back`: the newest passwords in {} are hashed in a way in which none can be made here",
            old.table.name
        ))
    })
}
