//! Adopts users from the legacy table, page by page, in the order of their ids.
//!
//! Runs share only the databases, so a new run completes an interrupted one. Invariant: the legacy table is only read.

use std::ops::ControlFlow;

use super::{
    batch,
    candidate::PlainText,
    legacy_view::{self, LegacyView},
    numbers,
    pages::{Page, Pages},
    plan::Pass,
    report::{AdoptionReport, LeftRow},
    roles::RoleMap,
};
use crate::{
    Error, Result,
    app::App,
    store::{Tx, adoption_sources},
};

/// An observer of a run.
pub trait ProgressObserver {
    /// A row was left behind.
    fn left_behind(&mut self, row: &LeftRow);

    /// Some rows are done, and no row is incomplete. `Break` stops the run.
    fn progress(&mut self, progress: AdoptionProgress) -> ControlFlow<()>;
}

/// The progress of a run.
#[derive(Debug, Clone, Copy)]
pub struct AdoptionProgress {
    pub rows: u64,
    /// The number of rows at the start.
    pub of: u64,
}

/// The result of a run. The observer received each row that was left behind.
#[derive(Debug)]
pub struct Run {
    pub report: AdoptionReport,
    /// False if the observer stopped it.
    pub is_finished: bool,
}

/// The options of a run.
#[derive(Debug, Clone, Copy, Default)]
pub struct RunOptions {
    /// Whether the legacy application keeps running.
    pub is_linked: bool,
    pub plain_text: PlainText,
}

/// Adopts all users that can be adopted.
///
/// # Errors
/// Returns [`Error::Config`] if the table does not exist, or the key is not the one of the earlier adoptions. Returns
/// another error if a database fails.
pub async fn run(app: &App, wanted: RunOptions, onlooker: &mut dyn ProgressObserver) -> Result<Run> {
    let RunOptions { is_linked, plain_text } = wanted;
    let application = app.legacy.as_ref().ok_or_else(|| Error::Config("`adopt.from`: is not set".to_owned()))?;
    let legacy = LegacyView { plain_text, ..legacy_view::open(app, application).await? };
    let roles = RoleMap::read(app).await?;
    let of = u64::try_from(legacy_view::count_rows(app, &legacy).await?).unwrap_or(0);
    // Ids are also reserved before the first row, because a user who signs up meanwhile must not get the id of a later
    // row.
    reserve(app, &legacy, is_linked).await?;
    let mut report = AdoptionReport::default();
    for pass in [Pass::Open, Pass::ShutOut] {
        let mut pages = Pages::new(application.db(&app.db), legacy.table);
        while let Some(page) = next_of(pass, &report, &mut pages).await? {
            let mut done = batch::adopt((app, &legacy), &roles, pass, page).await?;
            for row in std::mem::take(&mut done.left_behind) {
                onlooker.left_behind(&row);
                report.count_left(row.why);
            }
            report.add(done);
            if onlooker.progress(AdoptionProgress { rows: report.rows, of }).is_break() {
                return Ok(Run { report, is_finished: false });
            }
        }
    }
    reserve(app, &legacy, is_linked).await?;
    let now = app.clock.now();
    app.db
        .write(async |mut tx: Tx| {
            adoption_sources::set_finished(&mut tx, now).await?;
            tx.commit(()).await
        })
        .await?;
    Ok(Run { report, is_finished: true })
}

/// Returns the next rows, unless the pass has nothing to do.
async fn next_of(pass: Pass, report: &AdoptionReport, pages: &mut Pages<'_>) -> Result<Option<Page>> {
    if pass == Pass::ShutOut && report.deferred == 0 {
        return Ok(None);
    }
    pages.next().await
}

async fn reserve(app: &App, legacy: &LegacyView<'_>, is_linked: bool) -> Result<()> {
    if is_linked {
        numbers::reserve_numbers(app, legacy).await
    } else {
        numbers::reserve_those_given(app, legacy).await
    }
}
