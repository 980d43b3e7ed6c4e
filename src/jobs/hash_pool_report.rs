//! Reports requests that a full hash pool rejected, at most every ten seconds.

use std::time::Duration;

use tokio::time::sleep;

use crate::{Result, app::App};

/// The interval that one report covers.
const INTERVAL: Duration = Duration::from_secs(10);

/// Waits for one interval, and reports what was rejected in it.
pub(super) async fn report(app: &App) -> Result<u64> {
    let before = app.hasher.state().counts;
    sleep(INTERVAL).await;
    let state = app.hasher.state();
    let (refused, expired) = (state.counts.refused - before.refused, state.counts.expired - before.expired);
    if refused + expired > 0 {
        tracing::warn!(
            refused,
            expired,
            done = state.counts.done - before.done,
            abandoned = state.counts.abandoned - before.abandoned,
            failed = state.counts.failed - before.failed,
            waiting_checking = state.waiting.checking,
            waiting_setting = state.waiting.setting,
            waiting_upgrading = state.waiting.upgrading,
            in_flight = state.in_flight,
            expected_wait_ms = u64::try_from(state.expected_wait.as_millis()).unwrap_or(u64::MAX),
            "the hash pool is full; figures of the last ten seconds"
        );
    }
    Ok(0)
}
