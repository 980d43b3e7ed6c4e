//! The streams of `doorward serve`: announcements on standard output, events and errors on standard error.
//!
//! Invariants: with `log.format = "json"` every line of both streams is JSON, also if the start fails. No write waits for a
//! reader, and the end of the process waits at most [`FLUSH`].

use std::{
    io::{stderr, stdout},
    time::{Duration, Instant},
};

use super::{
    dropped_lines::DroppedLines,
    line::{LogLine, dropped},
    queue::{CAPACITY, LineQueue},
    subscriber,
};
use crate::{
    Error, Result,
    config::{Log, LogFormat},
};

/// The longest wait for the readers at the end of the process.
const FLUSH: Duration = Duration::from_secs(1);

/// The streams of the server.
#[derive(Clone)]
pub struct ServiceLog {
    format: LogFormat,
    out: LineQueue,
    error: LineQueue,
    dropped_lines: DroppedLines,
}

impl ServiceLog {
    /// Starts the writers of both streams, and reports panics from now on.
    ///
    /// # Errors
    /// Returns [`Error::System`] if the system cannot start a thread.
    pub fn start(format: LogFormat) -> Result<Self> {
        let dropped_lines = DroppedLines::default();
        let notice = move |lines| dropped(format, lines);
        let failed = |error| Error::system("cannot start the log", error);
        let out = LineQueue::start(stdout(), CAPACITY, dropped_lines.clone(), notice).map_err(failed)?;
        let error = LineQueue::start(stderr(), CAPACITY, dropped_lines.clone(), notice).map_err(failed)?;
        let log = Self { format, out, error, dropped_lines };
        let panics = log.clone();
        subscriber::report_panics(move |location| {
            panics.error(&format!("panic at {location}"));
            panics.flush_if_fatal();
        });
        Ok(log)
    }

    /// Logs events from now on, at the configured level.
    pub fn subscribe(&self, log: &Log) {
        let writer = self.error.clone();
        subscriber::subscribe(&Log { format: self.format, ..*log }, move || writer.clone());
        let panics = self.clone();
        subscriber::report_panics(move |location| {
            tracing::error!(location, "panic");
            panics.flush_if_fatal();
        });
    }

    /// Prints a line about the server's start or end on standard output.
    pub fn announce(&self, text: &str) {
        self.announce_with(text, &[]);
    }

    /// Prints a line with additional members, which only JSON shows.
    pub fn announce_with(&self, text: &str, fields: &[(&'static str, &str)]) {
        let line = match self.format {
            LogFormat::Text => format!("{text}\n"),
            LogFormat::Json => LogLine { level: "INFO", message: text.trim(), fields }.json(),
        };
        self.out.push(line.as_bytes());
    }

    /// Prints the error that ends the process.
    pub fn error(&self, text: &str) {
        let line = match self.format {
            LogFormat::Text => format!("error: {text}\n"),
            LogFormat::Json => LogLine { level: "ERROR", message: text, fields: &[] }.json(),
        };
        self.error.push(line.as_bytes());
    }

    /// Waits until the readers have all lines, for a bounded time.
    pub fn flush(&self) {
        let deadline = Instant::now() + FLUSH;
        self.out.flush(deadline);
        self.error.flush(deadline);
    }

    /// Returns the counter of lines that were not written.
    #[must_use]
    pub fn dropped_lines(&self) -> DroppedLines {
        self.dropped_lines.clone()
    }

    /// A panic of the main thread ends the process.
    fn flush_if_fatal(&self) {
        if std::thread::current().name() == Some("main") {
            self.flush();
        }
    }
}
