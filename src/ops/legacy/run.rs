//! Adopts users from the legacy table, page by page, in the order of their ids.
//!
//! Runs share only the databases, so a new run completes an interrupted one. Invariant: the legacy table is only read.

use std::ops::ControlFlow;

use super::{
    batch::{self, Seen},
    candidate::PlainText,
    legacy_view::{self, LegacyView},
    missing::MissingRows,
    numbers,
    pages::Pages,
    plan::Pass,
    report::{AdoptionReport, LeftRow},
    roles::RoleMap,
};
use crate::{
    Error, Result,
    app::App,
    model::UnixMillis,
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
    let started_at = app.clock.now();
    let of = u64::try_from(legacy_view::count_rows(app, &legacy).await?).unwrap_or(0);
    // Ids are also reserved before the first row, because a user who signs up meanwhile must not get the id of a later
    // row.
    reserve(app, &legacy, is_linked).await?;
    let mut steps = Steps { app, legacy: &legacy, roles, of, report: AdoptionReport::default(), onlooker };
    if steps.all(started_at).await?.is_break() {
        return Ok(Run { report: steps.report, is_finished: false });
    }
    let report = steps.report;
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

/// The steps of a run, with its report so far.
struct Steps<'a> {
    app: &'a App,
    legacy: &'a LegacyView<'a>,
    roles: RoleMap,
    of: u64,
    report: AdoptionReport,
    onlooker: &'a mut dyn ProgressObserver,
}

impl Steps<'_> {
    /// Reads the table, then looks for missing rows, then reads the table again for disabled users.
    async fn all(&mut self, started_at: UnixMillis) -> Result<ControlFlow<()>> {
        let mut seen = Seen::default();
        if self.pass(Pass::Open, &mut seen).await?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        let mut missing = MissingRows::new(started_at);
        while let Some(done) = missing.next((self.app, self.legacy), &self.roles, &seen).await? {
            if self.note(done).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        if self.report.deferred == 0 {
            return Ok(ControlFlow::Continue(()));
        }
        self.pass(Pass::ShutOut, &mut seen).await
    }

    async fn pass(&mut self, pass: Pass, seen: &mut Seen) -> Result<ControlFlow<()>> {
        let mut pages = Pages::new(self.legacy.application.db(&self.app.db), self.legacy.table);
        while let Some(page) = pages.next().await? {
            let done = batch::adopt((self.app, self.legacy), &self.roles, pass, page, seen).await?;
            if self.note(done).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn note(&mut self, mut done: AdoptionReport) -> ControlFlow<()> {
        for row in std::mem::take(&mut done.left_behind) {
            self.onlooker.left_behind(&row);
            self.report.count_left(row.why, 1);
        }
        self.report.add(done);
        self.onlooker.progress(AdoptionProgress { rows: self.report.rows, of: self.of })
    }
}

async fn reserve(app: &App, legacy: &LegacyView<'_>, is_linked: bool) -> Result<()> {
    if is_linked {
        numbers::reserve_numbers(app, legacy).await
    } else {
        numbers::reserve_those_given(app, legacy).await
    }
}
