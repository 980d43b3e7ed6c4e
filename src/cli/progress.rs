//! Shows how far long work has come: a bar on a terminal, a line now and then elsewhere, always on standard error.
//!
//! Invariant: standard output is left to what the command has to say.

use std::{
    io::{IsTerminal as _, Write as _, stderr},
    time::{Duration, Instant},
};

use super::output;
use crate::ops::legacy::run::AdoptionProgress;

const BAR: u64 = 30;
/// How often the bar moves, and how often a line is written.
const BAR_EVERY: Duration = Duration::from_millis(100);
const LINE_EVERY: Duration = Duration::from_secs(5);
const LINE_ROWS: u64 = 100_000;

/// What is shown.
pub(super) struct Shown {
    unit: &'static str,
    is_bar: bool,
    started: Instant,
    last: Option<(Instant, u64)>,
}

impl Shown {
    /// Nothing yet, of some rows.
    pub(super) fn new() -> Self {
        Self::counting("rows")
    }

    /// Nothing yet, of what is counted in this unit.
    pub(super) fn counting(unit: &'static str) -> Self {
        Self { unit, is_bar: stderr().is_terminal(), started: Instant::now(), last: None }
    }

    /// Shows that so much is done, unless that was shown a moment ago.
    pub(super) fn show(&mut self, progress: AdoptionProgress) {
        let now = Instant::now();
        let (shown, rows) = self.last.unwrap_or((self.started, 0));
        let waited = now.duration_since(shown);
        if self.is_bar {
            if waited >= BAR_EVERY || self.last.is_none() {
                self.last = Some((now, progress.rows));
                drop(write!(stderr(), "\r\x1b[K{} {}", bar(progress), self.line(progress)));
            }
        } else if waited >= LINE_EVERY || progress.rows.saturating_sub(rows) >= LINE_ROWS {
            self.last = Some((now, progress.rows));
            output::error(self.line(progress));
        }
    }

    /// Makes room for a line of output where the bar is.
    pub(super) fn clear(&mut self) {
        if self.is_bar && self.last.take().is_some() {
            drop(write!(stderr(), "\r\x1b[K"));
        }
    }

    /// How long it has taken.
    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn line(&self, AdoptionProgress { rows, of }: AdoptionProgress) -> String {
        let seconds = self.elapsed().as_secs_f64();
        let rate = rows as f64 / seconds.max(0.001);
        let left = of.saturating_sub(rows) as f64 / rate.max(1.0);
        let unit = self.unit;
        format!("{rows} of {of} {unit}, {seconds:.0} s, {rate:.0} {unit} a second, about {left:.0} s left")
    }
}

fn bar(AdoptionProgress { rows, of }: AdoptionProgress) -> String {
    let done = rows.saturating_mul(BAR).checked_div(of).unwrap_or(BAR).min(BAR);
    let sign = |at| if at < done { '#' } else { '.' };
    (0..BAR).map(sign).collect()
}
