//! The progress of long work: a bar on a terminal, an occasional line elsewhere, always on standard error.
//!
//! Invariant: standard output is reserved for the command's result.

use std::{
    io::{IsTerminal as _, Write as _, stderr},
    time::{Duration, Instant},
};

use super::output;
use crate::ops::legacy::run::AdoptionProgress;

const BAR: u64 = 30;
/// The intervals of the bar and of the lines. A line is also shown at each multiple of [`LINE_ROWS`], however fast the work
/// is.
const BAR_EVERY: Duration = Duration::from_millis(100);
const LINE_EVERY: Duration = Duration::from_secs(5);
const LINE_ROWS: u64 = 100_000;

/// The displayed progress.
pub(super) struct Shown {
    unit: &'static str,
    is_bar: bool,
    started: Instant,
    last: Option<(Instant, u64)>,
}

impl Shown {
    /// Starts at zero, in rows.
    pub(super) fn new() -> Self {
        Self::counting("rows")
    }

    /// Starts at zero, in this unit.
    pub(super) fn counting(unit: &'static str) -> Self {
        Self { unit, is_bar: stderr().is_terminal(), started: Instant::now(), last: None }
    }

    /// Shows the progress, unless the last display is recent.
    pub(super) fn show(&mut self, progress: AdoptionProgress) {
        let now = Instant::now();
        let (shown, rows) = self.last.unwrap_or((self.started, 0));
        let waited = now.duration_since(shown);
        if self.is_bar {
            if waited >= BAR_EVERY || self.last.is_none() {
                self.last = Some((now, progress.rows));
                drop(write!(stderr(), "\r\x1b[K{} {}", bar(progress), self.line(progress)));
            }
        } else if waited >= LINE_EVERY || progress.rows / LINE_ROWS > rows / LINE_ROWS {
            self.last = Some((now, progress.rows));
            output::error(self.line(progress));
        }
    }

    /// Clears the bar before a line of output.
    pub(super) fn clear(&mut self) {
        if self.is_bar && self.last.take().is_some() {
            drop(write!(stderr(), "\r\x1b[K"));
        }
    }

    /// Returns the elapsed time.
    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn line(&self, AdoptionProgress { rows, of }: AdoptionProgress) -> String {
        let seconds = self.elapsed().as_secs_f64();
        let rate = rows as f64 / seconds.max(0.001);
        let left = of.saturating_sub(rows) as f64 / rate.max(1.0);
        let unit = self.unit;
        format!("{rows} of {of} {unit}, {seconds:.0} s, {rate:.0} {unit} per second, about {left:.0} s left")
    }
}

fn bar(AdoptionProgress { rows, of }: AdoptionProgress) -> String {
    let done = rows.saturating_mul(BAR).checked_div(of).unwrap_or(BAR).min(BAR);
    let sign = |at| if at < done { '#' } else { '.' };
    (0..BAR).map(sign).collect()
}
