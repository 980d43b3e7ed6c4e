//! Keeps the ids of new users apart from those of the legacy table.
//!
//! Invariant: a user who signs up locally never gets an id of the legacy table.

use super::{candidate::HIGHEST_NUMBER, legacy_view::LegacyView};
use crate::{
    Result,
    app::App,
    model::{Uid, UserId},
    store::{Tx, bulk, legacy_users, status},
};

/// The number of ids that stay free for the legacy application while it adds users.
const GAP: i64 = 1_000_000;
/// The number of free ids below which new ones are reserved.
const ENOUGH: i64 = 100_000;

/// Reserves ids for the legacy application, which may still add users: the next local ids are far above those of the
/// legacy table. Does nothing if they already are, or if sign-ups are written back and get their ids from the legacy
/// table.
///
/// # Errors
/// Returns an error if a database fails.
pub async fn reserve_numbers(app: &App, legacy: &LegacyView<'_>) -> Result<()> {
    let (enough, gap) = if legacy.application.write_back { (0, 0) } else { (ENOUGH, GAP) };
    reserve(app, legacy, enough, gap).await
}

/// Does the same as [`reserve_numbers`] for a legacy application that adds no more users.
pub(super) async fn reserve_those_given(app: &App, legacy: &LegacyView<'_>) -> Result<()> {
    reserve(app, legacy, 0, 0).await
}

async fn reserve(app: &App, legacy: &LegacyView<'_>, enough: i64, gap: i64) -> Result<()> {
    let highest = {
        let mut conn = legacy.application.db(&app.db).read().await?;
        legacy_users::highest(&mut conn, legacy.table, HIGHEST_NUMBER).await?
    };
    let Some(highest) = highest.filter(|highest| highest.0 > 0) else { return Ok(()) };
    if status::next_user_number(&app.db).await? > highest.0 + enough {
        return Ok(());
    }
    let now = app.clock.now();
    let uid = Uid::new(now, &app.rng)?;
    app.db
        .write(async |mut tx: Tx| {
            bulk::skip_numbers(&mut tx, UserId(highest.0 + gap), uid.as_bytes(), now).await?;
            tx.commit(()).await
        })
        .await
}
