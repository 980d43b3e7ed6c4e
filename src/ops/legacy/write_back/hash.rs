//! Hashes a password by the scheme of the legacy application, which its newest rows show.

use doorward_password::{Password, Salt, Settings, StoredHash};

use super::super::legacy_view::LegacyView;
use crate::{
    Error, Result,
    app::App,
    model::LegacyPassword,
    ops::{auth::hash_password::overloaded, outcome::Limited},
    store::legacy_users,
};

/// The number of newest rows that are examined for their hash scheme.
const SAMPLE: u32 = 50;

/// Hashes `password` as the legacy application does.
pub(super) async fn hash_for_legacy(
    app: &App,
    legacy: &LegacyView<'_>,
    password: &Password,
) -> Result<std::result::Result<LegacyPassword, Limited>> {
    let settings = legacy_settings(app, legacy).await?;
    match app.hasher.hash_as_received(settings, password.clone(), Salt(app.rng.bytes()?)).await {
        Ok(hash) => Ok(Ok(LegacyPassword::new(hash))),
        Err(error) => overloaded(error).map(Err),
    }
}

/// Returns the scheme of the newest rows, at Doorward's configured cost. For a table without any hash, returns the
/// scheme of the legacy application whose table has these columns.
///
/// # Errors
/// Returns [`Error::Config`] if Doorward cannot create hashes of that scheme, and another error if the database fails.
pub(super) async fn legacy_settings(app: &App, legacy: &LegacyView<'_>) -> Result<Settings> {
    let newest = {
        let mut conn = legacy.application.db(&app.db).read().await?;
        legacy_users::newest(&mut conn, legacy.table, SAMPLE).await?
    };
    let hashing = &app.config.hashing;
    let schemes = newest.iter().filter_map(|row| StoredHash::parse(row.password.text()?.reveal()).ok());
    let mut schemes = schemes.map(|hash| hash.scheme()).peekable();
    if schemes.peek().is_none() {
        return Ok(if legacy.table.role_column.is_some() { hashing.bcrypt } else { hashing.pbkdf2 });
    }
    let known = schemes.find_map(|scheme| match scheme {
        _ if scheme.starts_with("werkzeug-") => Some(hashing.pbkdf2),
        "bcrypt" => Some(hashing.bcrypt),
        _ if scheme.starts_with("argon2") => Some(hashing.argon2id),
        _ => None,
    });
    known.ok_or_else(|| {
        Error::Config(format!(
            "`adopt.write_back`: the newest passwords in {} have a scheme that Doorward cannot create",
            legacy.table.name
        ))
    })
}
