//! The finding of `doctor` about failed logins of all nodes, as the audit log has them.

use crate::{
    Result,
    app::{App, FAILURE_WINDOW},
    model::{Event, Finding, FindingState, Uid},
    store::audit_events::{self, Filter, Order, Stretch},
};

/// The upper bound of all event keys.
const LAST: [u8; 16] = [0xff; 16];

/// Returns whether many logins failed within the last minutes.
pub(super) async fn finding(app: &App) -> Finding {
    let Some(threshold) = app.config.alert_failures.map(u32::from) else {
        return Finding::new("failed logins", FindingState::Ok, "not counted: throttle.alert_failures is 0");
    };
    let minutes = FAILURE_WINDOW.as_secs() / 60;
    match recent(app, threshold).await {
        Ok(count) if count < threshold => {
            Finding::new("failed logins", FindingState::Ok, format!("{count} in the last {minutes} minutes"))
        }
        Ok(_) => Finding::new(
            "failed logins",
            FindingState::Weak,
            format!(
                "at least {threshold} in the last {minutes} minutes; `doorward audit top --since 10m` shows the accounts, \
                 addresses and reasons"
            ),
        ),
        Err(error) => Finding::new("failed logins", FindingState::Wrong, error.to_string()),
    }
}

/// Returns the number of recorded failures, at most `most`.
async fn recent(app: &App, most: u32) -> Result<u32> {
    let filter = Filter { event: Some(Event::LoginFail.word().to_owned()), ..Filter::default() };
    let mut stretch =
        Stretch { after: Uid::first_of(app.clock.now().minus(FAILURE_WINDOW)), before: LAST, rows: most.min(1000) };
    let mut count = 0;
    loop {
        let page = audit_events::page(&mut app.db.read().await?, &filter, stretch, Order::OldestFirst).await?;
        count = most.min(count + u32::try_from(page.events.len()).unwrap_or(u32::MAX));
        match page.seen {
            Some(last) if count < most => stretch.after.copy_from_slice(last.as_bytes()),
            _ => return Ok(count),
        }
    }
}
