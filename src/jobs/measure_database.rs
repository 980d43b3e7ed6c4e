//! Measures how long the database takes to answer, for metrics. Without metrics it does nothing.

use std::{
    future::pending,
    time::{Duration, Instant},
};

use tokio::time::sleep;

use crate::{Result, app::App, store::status};

/// The interval of the measurements.
const INTERVAL: Duration = Duration::from_secs(5);
/// The longest wait for an answer.
const LIMIT: Duration = Duration::from_secs(2);

/// Measures once, and waits for one interval.
pub(super) async fn measure(app: &App) -> Result<u64> {
    if app.config.metrics_listen.is_none() {
        return pending().await;
    }
    let started = Instant::now();
    let answer = status::ping(&app.db, LIMIT).await;
    app.metrics.record_ping(answer.is_ok().then(|| started.elapsed()));
    sleep(INTERVAL).await;
    // Readiness and the requests report an unavailable database.
    Ok(0)
}
