//! The subscriber of events: which of them are logged, and in which form. It logs panics too.

use std::{io::IsTerminal as _, panic};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    Layer as _,
    filter::Targets,
    fmt::{self, MakeWriter},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::config::{Log, LogFormat};

/// Starts the log of a command, on standard error.
pub fn start(log: &Log) {
    subscribe(log, std::io::stderr);
}

/// Sends events to `writer`, and panics as events.
pub(super) fn subscribe<W>(log: &Log, writer: W)
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let level = LevelFilter::from_level(log.level);
    let filter = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target("doorward", level)
        .with_target("doorward_password", level);
    // Otherwise a failure of the log would be a line of another form.
    let lines = fmt::layer().with_writer(writer).log_internal_errors(false);
    let lines = match log.format {
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    // A second start in one process, as in a test, keeps the first.
    drop(tracing_subscriber::registry().with(lines.with_filter(filter)).try_init());
    report_panics(|location| tracing::error!(location, "panic"));
}

/// Reports panics by their location. The message of a panic may quote the data that caused it.
pub(super) fn report_panics(report: impl Fn(&str) + Send + Sync + 'static) {
    panic::set_hook(Box::new(move |panic| {
        report(&panic.location().map(ToString::to_string).unwrap_or_default());
    }));
}
