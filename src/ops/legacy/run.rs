//! Copies what can be adopted from the old table, page by page, in the order of its numbers.
//!
//! Nothing is kept between two runs but what is in the databases, so a run that was cut short is made good by another.
//! Invariant: the old table is only read.

use std::ops::ControlFlow;

use super::{AdoptionReport, LeftRow, Old, Roles, batch, numbers, pages::Pages};
use crate::{
    Error, Result,
    app::App,
    store::{Tx, adoptions},
};

pub use super::numbers::reserve_numbers;

/// Who looks on.
pub trait ProgressObserver {
    /// A row was left behind.
    fn left_behind(&mut self, row: &LeftRow);

    /// So much has been done by now. Nothing is half done at this moment; `Break` stops the run.
    fn progress(&mut self, progress: AdoptionProgress) -> ControlFlow<()>;
}

/// How far a run has come.
#[derive(Debug, Clone, Copy)]
pub struct AdoptionProgress {
    pub rows: u64,
    /// How many there were at the beginning.
    pub of: u64,
}

/// What a run came to. The rows that were left behind have been told one by one.
#[derive(Debug)]
pub struct Run {
    pub report: AdoptionReport,
    /// False when it was stopped before.
    pub is_finished: bool,
}

/// Adopts what can be adopted. `is_linked` says that the old application goes on beside this one.
///
/// # Errors
/// The databases'; [`Error::Config`] when there is no such table, or the key is not the one that adopted before.
pub async fn run(app: &App, is_linked: bool, onlooker: &mut dyn ProgressObserver) -> Result<Run> {
    let application = app.legacy.as_ref().ok_or_else(|| Error::Config("`adopt.from`: is not set".to_owned()))?;
    let old = super::open(app, application).await?;
    let roles = Roles::read(app).await?;
    let of = u64::try_from(super::rows_there(app, &old).await?).unwrap_or(0);
    // Before the first row too: the number of one that is still to come must not be given to somebody who signs up.
    reserve(app, &old, is_linked).await?;
    let mut pages = Pages::new(application.db(&app.db), old.table);
    let mut report = AdoptionReport::default();
    while let Some(page) = pages.next().await? {
        let mut done = batch::adopt(app, &old, &roles, page).await?;
        for row in std::mem::take(&mut done.left_behind) {
            onlooker.left_behind(&row);
            report.count_left(row.why);
        }
        report.add(done);
        if onlooker.progress(AdoptionProgress { rows: report.rows, of }).is_break() {
            return Ok(Run { report, is_finished: false });
        }
    }
    reserve(app, &old, is_linked).await?;
    let now = app.clock.now();
    app.db
        .write(async |mut tx: Tx| {
            adoptions::run_finished(&mut tx, now).await?;
            tx.commit(()).await
        })
        .await?;
    Ok(Run { report, is_finished: true })
}

async fn reserve(app: &App, old: &Old<'_>, is_linked: bool) -> Result<()> {
    if is_linked { reserve_numbers(app, old).await } else { numbers::reserve_those_given(app, old).await }
}
