//! The log: lines on standard error, for people or as JSON, from Doorward itself at the configured level and from
//! libraries only when they warn.
//!
//! Invariant: libraries' finer levels stay off at any setting, since what they print of a request is not ours to vouch for.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{Layer as _, filter::Targets, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::config::{Log, LogFormat};

/// Starts logging, and logs panics from now on.
pub(super) fn start(log: &Log) {
    let level = LevelFilter::from_level(log.level);
    let filter = Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target("doorward", level)
        .with_target("doorward_password", level);
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = match log.format {
        LogFormat::Text => lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    // A second start in one process, as in a test, keeps the first.
    drop(tracing_subscriber::registry().with(lines.with_filter(filter)).try_init());
    std::panic::set_hook(Box::new(|panic| {
        // Where, and not what: a panic's message may quote the data that it tripped over.
        let location = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(location, "panic");
    }));
}
