//! All metrics of this process as one text.

use doorward_password::HashPoolState;

use super::{
    exposition::{
        Exposition,
        MetricKind::{Counter, Gauge, Histogram},
    },
    requests::RequestMetrics,
};
use crate::app::{App, LoginOutcome, ThrottledBy};

/// Returns the text of all metrics.
pub fn report(app: &App, requests: &RequestMetrics) -> String {
    let mut text = Exposition::default();
    process(&mut text);
    http(requests, &mut text);
    logins(app, &mut text);
    hashing(&app.hasher.state(), &mut text);
    database(app, &mut text);
    background(app, &mut text);
    text.into_text()
}

fn process(text: &mut Exposition) {
    text.metric("doorward_build_info", Gauge, "The version of the program; always 1.")
        .sample(&[("version", env!("CARGO_PKG_VERSION"))], 1);
    if let Some(bytes) = resident_memory() {
        text.metric("process_resident_memory_bytes", Gauge, "The resident memory of the process.").sample(&[], bytes);
    }
}

/// Returns the resident memory, where the system states it as Linux does.
fn resident_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kib| kib * 1024)
}

fn http(requests: &RequestMetrics, text: &mut Exposition) {
    text.metric(
        "doorward_http_requests_total",
        Counter,
        "Requests by route and status. Requests without a route have empty labels; a request whose client went away is \
         `cancelled`.",
    );
    for route in requests.routes() {
        for (status, count) in route.statuses() {
            text.sample(&[("method", route.method), ("route", route.path), ("status", &status)], count);
        }
    }
    text.metric(
        "doorward_http_request_duration_seconds",
        Histogram,
        "The time until the response, with the 50 ms by which 429 and 503 are delayed.",
    );
    for route in requests.routes() {
        let times = route.times.state();
        if times.count > 0 {
            text.histogram(&[("method", route.method), ("route", route.path)], &times);
        }
    }
    text.metric("doorward_http_requests_in_flight", Gauge, "Requests that are being answered.")
        .sample(&[], requests.in_flight());
}

fn logins(app: &App, text: &mut Exposition) {
    let metrics = &app.metrics;
    text.metric("doorward_logins_total", Counter, "Logins by outcome.");
    for outcome in LoginOutcome::ALL {
        text.sample(&[("outcome", outcome.word())], metrics.logins(outcome));
    }
    text.metric("doorward_throttled_total", Counter, "Tests of a password that were throttled, by the limit.");
    for by in ThrottledBy::ALL {
        text.sample(&[("by", by.word())], metrics.throttled(by));
    }
    text.metric(
        "doorward_audit_events_total",
        Counter,
        "Events of the audit log, with the true reason of a refusal. A transaction that is repeated after a conflict \
         counts again.",
    );
    for (event, outcome, reason, count) in metrics.events() {
        let reason = reason.map_or("", |reason| reason.word());
        text.sample(&[("event", event.word()), ("outcome", outcome.word()), ("reason", reason)], count);
    }
    let recent = app.failure_watch.recent(app.clock.now());
    text.metric(
        "doorward_login_failures_recent",
        Gauge,
        "Failed and throttled tests of a password in the last five minutes.",
    )
    .sample(&[], recent.count);
    text.metric("doorward_attack_suspected", Gauge, "1 while these exceed throttle.alert_failures.")
        .sample(&[], u8::from(recent.is_alert));
    let (opened, ended) = metrics.sessions();
    text.metric("doorward_sessions_opened_total", Counter, "Sessions that logins opened.").sample(&[], opened);
    text.metric("doorward_sessions_ended_total", Counter, "Sessions that ended, as the audit log states it.")
        .sample(&[], ended);
}

fn hashing(pool: &HashPoolState, text: &mut Exposition) {
    text.metric("doorward_hash_threads", Gauge, "Threads that hash.").sample(&[], pool.threads);
    text.metric("doorward_hash_in_flight", Gauge, "Hashes that are being computed.").sample(&[], pool.in_flight);
    text.metric("doorward_hash_waiting", Gauge, "Hashes that wait for a thread, by their purpose.")
        .sample(&[("purpose", "checking")], pool.waiting.checking)
        .sample(&[("purpose", "setting")], pool.waiting.setting)
        .sample(&[("purpose", "upgrading")], pool.waiting.upgrading);
    text.metric("doorward_hash_expected_wait_seconds", Gauge, "How long a new login would wait for a thread.")
        .sample(&[], pool.expected_wait.as_secs_f64());
    text.metric(
        "doorward_hash_jobs_total",
        Counter,
        "Hashes by outcome: `refused` on arrival, `expired` while waiting, `abandoned` by the client.",
    )
    .sample(&[("outcome", "done")], pool.counts.done)
    .sample(&[("outcome", "refused")], pool.counts.refused)
    .sample(&[("outcome", "expired")], pool.counts.expired)
    .sample(&[("outcome", "abandoned")], pool.counts.abandoned)
    .sample(&[("outcome", "failed")], pool.counts.failed);
    text.metric("doorward_hash_seconds_total", Counter, "The time of computed hashes, by scheme.");
    for scheme in &pool.schemes {
        text.sample(&[("scheme", scheme.scheme)], scheme.seconds);
    }
    text.metric("doorward_hashes_total", Counter, "Computed hashes, by scheme.");
    for scheme in &pool.schemes {
        text.sample(&[("scheme", scheme.scheme)], scheme.count);
    }
}

fn database(app: &App, text: &mut Exposition) {
    let (is_up, pings) = app.metrics.database();
    text.metric("doorward_database_up", Gauge, "Whether the database answered the last test, every five seconds.")
        .sample(&[], u8::from(is_up && app.db.is_schema_ready()));
    text.metric("doorward_database_ping_duration_seconds", Histogram, "The time of the answers to these tests.")
        .histogram(&[], &pings);
    let (open, in_use) = app.db.load();
    text.metric(
        "doorward_database_connections",
        Gauge,
        "Connections to the database (readers of SQLite): that are open, in use, and the limit.",
    )
    .sample(&[("state", "open")], open)
    .sample(&[("state", "in_use")], in_use)
    .sample(&[("state", "limit")], app.config.database.connections);
}

fn background(app: &App, text: &mut Exposition) {
    text.metric("doorward_job_runs_total", Counter, "Runs of background jobs on this node.");
    for (job, runs) in app.metrics.jobs() {
        text.sample(&[("name", job), ("outcome", "done")], runs.done);
        text.sample(&[("name", job), ("outcome", "failed")], runs.failed);
    }
    text.metric(
        "doorward_log_lines_dropped_total",
        Counter,
        "Log lines that were dropped because their reader was slow.",
    )
    .sample(&[], app.dropped_lines.count());
}
