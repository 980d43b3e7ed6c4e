//! Checks at the start that users and passwords can be written to the legacy table.

use super::{super::legacy_view::LegacyView, hash::legacy_settings};
use crate::{
    Error, Result,
    app::App,
    model::legacy_state_names,
    store::{Tx, legacy_states::StateColumn, legacy_users},
};

/// Checks that the database accepts writes, and that Doorward can write rows like the existing ones.
///
/// # Errors
/// Returns [`Error::Config`] with the reason why rows cannot be written, and another error if the database fails.
pub async fn check_write_back(app: &App, legacy: &LegacyView<'_>) -> Result<()> {
    if let Some(column) = &legacy.table.cannot_insert_for {
        return Err(Error::Config(format!(
            "`adopt.write_back`: no user can be added to {}, because its column {column} has no default",
            legacy.table.name
        )));
    }
    require_open_default(legacy)?;
    legacy_settings(app, legacy).await?;
    let tried = legacy
        .application
        .db(&app.db)
        .write(async |mut tx: Tx| {
            legacy_users::try_to_write(&mut tx, legacy.table).await?;
            tx.roll_back(()).await
        })
        .await;
    tried.map_err(|error| match error {
        Error::Database(reason) => {
            Error::Config(format!("`adopt.write_back`: {} cannot be written to: {reason}", legacy.table.name))
        }
        other => other,
    })
}

/// Rejects a table whose defaults would disable every new user.
fn require_open_default(legacy: &LegacyView<'_>) -> Result<()> {
    let is_shut =
        |column: &&StateColumn| column.test.as_ref().is_some_and(|test| test.shuts_out(column.default.as_deref()));
    match legacy.table.states.iter().find(is_shut) {
        None => Ok(()),
        Some(column) => Err(Error::Config(format!(
            "`adopt.write_back`: a new user in {} would be disabled at once, since a new row has {} in the column {}",
            legacy.table.name,
            legacy_state_names::shown(column.default.as_deref()),
            column.name
        ))),
    }
}
