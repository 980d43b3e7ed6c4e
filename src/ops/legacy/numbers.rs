//! Keeps the numbers of those who sign up here apart from those of the old table.
//!
//! Invariant: a number that the old table has given out is never given to somebody who signs up here.

use super::{candidate::HIGHEST_NUMBER, legacy_view::LegacyView};
use crate::{
    Result,
    app::App,
    model::{Uid, UserId},
    store::{Tx, bulk, legacy_users, status},
};

/// Numbers that are left for the old application, while it goes on giving them out.
const GAP: i64 = 1_000_000;
/// When so many of them are left, that will do.
const ENOUGH: i64 = 100_000;

/// Sees to it that the next numbers given out here lie well above those of the old table, which may go on to give out
/// some of its own. Nothing is done when they do, or when sign-ups are written back and so get their numbers there.
///
/// # Errors
/// The databases'.
pub async fn reserve_numbers(app: &App, legacy: &LegacyView<'_>) -> Result<()> {
    let (enough, gap) = if legacy.application.write_back { (0, 0) } else { (ENOUGH, GAP) };
    reserve(app, legacy, enough, gap).await
}

/// As [`reserve_numbers`], for an old application that gives out no more numbers.
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
