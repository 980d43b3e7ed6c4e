//! The legacy table for all steps of an adoption: its place, and the key of its fingerprints.
//!
//! Invariant: a [`LegacyView`] exists only if the operator has configured all state columns, and if the key is the one
//! of the earlier adoptions.

use super::{candidate::PlainText, states};
use crate::{
    Error, Result,
    app::{App, LegacyApplication},
    model::FingerprintKey,
    store::{
        Tx,
        adoption_sources::{self, AdoptionSource},
        legacy_table::LegacyTable,
        legacy_users,
    },
};

/// The configured legacy table, with the values that all steps of an adoption need.
pub struct LegacyView<'a> {
    pub application: &'a LegacyApplication,
    pub table: &'a LegacyTable,
    pub key: &'a FingerprintKey,
    /// The treatment of a value in no recognised format.
    pub plain_text: PlainText,
}

/// Opens the legacy table. The first adoption creates the key of its fingerprints.
///
/// # Errors
/// Returns [`Error::Config`] if the table cannot be found, the state columns are not configured, or the key is not the
/// one of the earlier adoptions. Returns another error if a database fails.
pub async fn open<'a>(app: &'a App, application: &'a LegacyApplication) -> Result<LegacyView<'a>> {
    let table = application.table(&app.db).await?;
    if let (true, Some(key)) = (application.is_key_checked(), app.secrets.fingerprint_key()?) {
        return Ok(LegacyView { application, table, key, plain_text: PlainText::Refuse });
    }
    states::require_decided(application.db(&app.db), table).await?;
    let key = agreed_key(app, application, table).await?;
    application.declare_key_checked();
    Ok(LegacyView { application, table, key, plain_text: PlainText::Refuse })
}

async fn agreed_key<'a>(
    app: &'a App,
    application: &LegacyApplication,
    table: &LegacyTable,
) -> Result<&'a FingerprintKey> {
    let place = application.place(&app.config, table);
    let known = adoption_sources::find(&mut app.db.read().await?).await?;
    let source = match known {
        Some(source) => source,
        None => first_source(app, &place).await?,
    };
    if source.table_name != place {
        return Err(Error::Config(format!(
            "`adopt.from`: users were adopted from {} before, and this is {place}; if the same table has moved, run \
             `doorward adopt moved`",
            source.table_name
        )));
    }
    match app.secrets.fingerprint_key()? {
        Some(key) if key.check() == source.key_check => Ok(key),
        _ => Err(wrong_key(app)),
    }
}

/// Records the source of the users with a new key. Returns the recorded source, because another node may already have
/// recorded another key or table.
async fn first_source(app: &App, place: &str) -> Result<AdoptionSource> {
    let (check, now) = (app.secrets.make_fingerprint_key(&app.rng)?.check(), app.clock.now());
    app.db
        .write(async |mut tx: Tx| {
            adoption_sources::insert(&mut tx, place, check, now).await?;
            tx.commit(()).await
        })
        .await?;
    adoption_sources::find(&mut app.db.read().await?).await?.ok_or(Error::Corrupt("no source of adoptions"))
}

/// Records the configured table as the source of the adopted users. Returns its previous place, if one is recorded.
///
/// # Errors
/// Returns an error if a database fails.
pub async fn moved(app: &App, application: &LegacyApplication) -> Result<Option<String>> {
    let table = application.table(&app.db).await?;
    let place = application.place(&app.config, table);
    let Some(source) = adoption_sources::find(&mut app.db.read().await?).await? else { return Ok(None) };
    app.db
        .write(async |mut tx: Tx| {
            adoption_sources::set_moved(&mut tx, &place).await?;
            tx.commit(()).await
        })
        .await?;
    Ok(Some(source.table_name))
}

fn wrong_key(app: &App) -> Error {
    let file = app.secrets.file().map_or_else(String::new, |file| format!("{}: ", file.path().display()));
    Error::Config(format!(
        "{file}`adopt.1` is not the key with which users were adopted before: bring back the file from a backup or copy it \
         from where it was made, and start again"
    ))
}

/// Returns the number of rows of the legacy table.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn count_rows(app: &App, legacy: &LegacyView<'_>) -> Result<i64> {
    let mut conn = legacy.application.db(&app.db).read().await?;
    legacy_users::count(&mut conn, legacy.table).await
}
