//! Reports an attack: many failed logins within a few minutes.

use crate::app::{App, FAILURE_WINDOW};

/// Counts a failed or throttled test of a password. The log gets one line when the number reaches the threshold.
pub(in crate::ops) fn note(app: &App) {
    if let Some(failures) = app.failure_watch.note(app.clock.now()) {
        tracing::warn!(
            failures,
            minutes = FAILURE_WINDOW.as_secs() / 60,
            "many logins fail; `doorward audit top --since 10m` shows the accounts, addresses and reasons"
        );
    }
}
