//! Checks that users and passwords can be written to the legacy table, before the first write.
//!
//! Invariant: nothing is written to the legacy table while the last check has refused it.

use super::{
    super::{
        legacy_view::{self, LegacyView},
        numbers::reserve_numbers,
    },
    hash::LegacyForm,
};
use crate::{
    Error, Remedy, Result,
    app::{App, LegacyApplication, LegacyLink},
    model::{legacy_state_names, shown_text},
    ops::roles::SIGN_UP_ROLE,
    store::{Tx, legacy_obstacles::InsertObstacle, legacy_states::StateColumn, legacy_users},
};

/// Checks that the database accepts writes, and that Doorward can write rows like the existing ones.
///
/// # Errors
/// Returns [`Error::Config`] with the reason why rows cannot be written, and another error if the database fails.
pub async fn check_write_back(app: &App, legacy: &LegacyView<'_>) -> Result<()> {
    let table = legacy.table;
    if let Some(obstacle) = &table.insert_obstacle {
        let why = match obstacle {
            InsertObstacle::NoDefault(column) => format!("its column {} has no default", shown_text(column)),
            InsertObstacle::KeyNotNumbered(column) => {
                format!("the database assigns no numbers to its column {}", shown_text(column))
            }
            InsertObstacle::SameUniqueKey { key, columns } => format!(
                "its unique key {} permits one row with the default of {}: give each row its own default, or null",
                shown_text(key),
                shown_text(&columns.join(", "))
            ),
        };
        return Err(refused(format_args!("no user can be added to {}, because {why}", table.name)));
    }
    require_open_default(legacy)?;
    let role = written_role(legacy, SIGN_UP_ROLE);
    if let Some(why) = table.role_obstacle(role) {
        return Err(refused(format_args!(
            "the role {SIGN_UP_ROLE} of a new user cannot be written to {} as {}, because {why}: add the value to \
             adopt.columns, as in role=COLUMN:VALUE={SIGN_UP_ROLE}",
            table.name,
            shown_text(role)
        )));
    }
    require_room(LegacyForm::of(app, legacy).await?, legacy)?;
    let tried = legacy
        .application
        .db(&app.db)
        .write(async |mut tx: Tx| {
            legacy_users::try_to_write(&mut tx, table).await?;
            tx.roll_back(()).await
        })
        .await;
    tried.map_err(|error| match error {
        Error::Database(reason) | Error::Unusable { reason, .. } => {
            refused(format_args!("{} cannot be written to: {reason}", table.name))
        }
        other => other,
    })
}

/// Requires a table that can be written to, which is checked now unless an earlier check passed.
///
/// # Errors
/// Returns [`Error::Unusable`] if the check fails. The reason is logged once.
pub(super) async fn require_writable(app: &App, application: &LegacyApplication) -> Result<()> {
    if application.link() == LegacyLink::Fit {
        return Ok(());
    }
    note_link(app, check_again(app, application).await).map_err(unavailable)
}

/// Checks the table for the configured use, with its columns as they are now.
async fn check_again(app: &App, application: &LegacyApplication) -> Result<()> {
    application.search(&app.db).await?;
    let legacy = legacy_view::open(app, application).await?;
    if application.write_back { check_write_back(app, &legacy).await } else { reserve_numbers(app, &legacy).await }
}

/// Checks that the legacy table is fit for the configured use, and that this node has the right key for it. Records the
/// result, on which readiness depends.
///
/// # Errors
/// Returns [`Error::Config`] with the reason why the table is not fit, and another error if a database fails.
pub async fn bring_up_link(app: &App) -> Result<()> {
    match &app.legacy {
        None => Ok(()),
        Some(application) => note_link(app, check_again(app, application).await),
    }
}

/// Records and logs the result of a check of the legacy table, and returns it.
///
/// # Errors
/// Returns the error of the check.
fn note_link(app: &App, checked: Result<()>) -> Result<()> {
    let Some(application) = &app.legacy else { return checked };
    match &checked {
        Ok(()) => drop(application.set_link(LegacyLink::Fit)),
        Err(Error::Config(reason)) => {
            if application.set_link(LegacyLink::Refused(reason.clone())) {
                tracing::error!(reason, "the legacy table cannot be used");
            }
        }
        Err(_) => {}
    }
    checked
}

/// Hides the reason, which the log has, from clients.
pub(super) fn unavailable(error: Error) -> Error {
    match error {
        Error::Config(_) => {
            Error::unusable(Remedy::Operator, "the legacy table is not fit for write-back; the log says why")
        }
        other => other,
    }
}

/// Returns the value of the role column for a role.
pub(super) fn written_role<'a>(legacy: &'a LegacyView<'_>, role: &'a str) -> &'a str {
    legacy.application.role_values().value_of(role).unwrap_or(role)
}

fn require_room(form: LegacyForm, legacy: &LegacyView<'_>) -> Result<()> {
    let [_, _, column] = &legacy.table.columns;
    let needed = form.length();
    match legacy.table.password_limit.and_then(|limit| usize::try_from(limit).ok()) {
        Some(limit) if limit < needed => Err(refused(format_args!(
            "the column {} of {} holds {limit} characters, and a password hash as its newest rows have at Doorward's \
             settings has {needed}: widen the column",
            shown_text(column),
            legacy.table.name
        ))),
        _ => Ok(()),
    }
}

/// Rejects a table whose defaults would disable every new user.
fn require_open_default(legacy: &LegacyView<'_>) -> Result<()> {
    let is_shut =
        |column: &&StateColumn| column.test.as_ref().is_some_and(|test| test.shuts_out(column.default.as_deref()));
    match legacy.table.states.iter().find(is_shut) {
        None => Ok(()),
        Some(column) => Err(refused(format_args!(
            "a new user in {} would be disabled at once, since a new row has {} in the column {}",
            legacy.table.name,
            legacy_state_names::shown(column.default.as_deref()),
            shown_text(&column.name)
        ))),
    }
}

fn refused(why: std::fmt::Arguments<'_>) -> Error {
    Error::Config(format!("`adopt.write_back`: {why}"))
}
