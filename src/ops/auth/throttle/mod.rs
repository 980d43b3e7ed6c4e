//! Throttles guessing: counts each test of a password before it is made, and returns the wait before the next one.
//!
//! Only [`crate::ops::auth::check_password`] counts attempts; its caller must end the [`ThrottleTicket`] of an admitted
//! attempt. Invariant: an attempt is counted as a failure, in a committed row, before anything is hashed. Concurrent
//! attempts on several nodes therefore cannot exceed the limit, and a client that disconnects has used its attempt.
//! Without a known device, existing and unknown names need the same statements and get the same responses.

mod device;
mod row;
mod subject;
mod sweep;
mod ticket;

use std::time::Duration;

pub use self::sweep::forget_old;
pub(in crate::ops) use self::{
    device::{after_change, after_login},
    subject::ThrottleSubject,
    ticket::{Cleared, ThrottleTicket, clear_all_of},
};
use self::{
    row::{TRIES, replace},
    ticket::Count,
};
use crate::{
    Result,
    app::{Admission, App, ThrottledBy},
    model::{Event, FailureKey, Failures, Limit, Party, Reason},
    ops::audit::{self, AuditContext, AuditEntry},
    store::{Tx, login_failures},
};

/// The wait of a client after the last try.
const CROWDED: Duration = Duration::from_secs(1);

/// The result of counting an attempt under one failure key.
enum Step<T> {
    Counted(T),
    /// The attempt is allowed after this time.
    Wait(Duration),
    /// The device gets no failure key, because too many devices of its user have failed.
    NoPlace,
}

/// Counts an attempt, or returns the time after which it may be made.
pub(in crate::ops) async fn enter(
    app: &App,
    by: &AuditContext,
    subject: &ThrottleSubject,
) -> Result<std::result::Result<ThrottleTicket, Duration>> {
    if !app.config.throttle_enabled {
        return Ok(Ok(ThrottleTicket::new(Admission::default(), None)));
    }
    // A device without its own key counts under the key of unknown clients.
    for device in subject.device.map(Some).into_iter().chain([None]) {
        match enter_by(app, by, subject, device).await? {
            Step::Counted(ticket) => return Ok(Ok(ticket)),
            Step::Wait(after) => return Ok(Err(after)),
            Step::NoPlace => {}
        }
    }
    Ok(Err(CROWDED))
}

/// Counts an attempt under the key of the device, or under that of unknown clients.
async fn enter_by(
    app: &App,
    by: &AuditContext,
    subject: &ThrottleSubject,
    device: Option<FailureKey>,
) -> Result<Step<ThrottleTicket>> {
    let admission = match app.rate_limits.enter(by.source.address, subject.strangers.as_bytes(), device.is_some()) {
        Ok(admission) => admission,
        Err(after) => {
            app.metrics.count_throttled(ThrottledBy::Address);
            return Ok(Step::Wait(after));
        }
    };
    let rejected = match count(app, by, subject, device).await {
        Ok(Step::Counted(count)) => return Ok(Step::Counted(ThrottleTicket::new(admission, Some(count)))),
        Ok(Step::Wait(after)) => {
            app.metrics.count_throttled(ThrottledBy::Account);
            Ok(Step::Wait(after))
        }
        Ok(Step::NoPlace) => Ok(Step::NoPlace),
        Err(error) => Err(error),
    };
    // An attempt that is not admitted does not count as a failure.
    app.rate_limits.give_back(admission);
    rejected
}

async fn count(
    app: &App,
    by: &AuditContext,
    subject: &ThrottleSubject,
    device: Option<FailureKey>,
) -> Result<Step<Count>> {
    let failure_key = device.unwrap_or(subject.strangers);

    for _ in 0..TRIES {
        let now = app.clock.now();
        let stored = login_failures::find(&mut app.db.read().await?, &failure_key).await?;
        let failures = stored.clone().unwrap_or_default().as_of(now);
        if let Some(wait) = failures.wait(now) {
            if let Some(stored) = stored.filter(|stored| stored.are_ahead_of(now)) {
                replace(app, (&failure_key, subject.user), Some(&stored), &failures).await?;
            }
            return Ok(Step::Wait(wait));
        }
        let (next, limit) = failures.and_one_more(now);
        let written = app
            .db
            .write(async |mut tx: Tx| {
                if let (Some(_), Some(user), None) = (device, subject.user, &stored)
                    && !device::has_place(&mut tx, user).await?
                {
                    return tx.roll_back(Step::NoPlace).await;
                }
                if !login_failures::replace(&mut tx, (&failure_key, subject.user), stored.as_ref(), &next).await? {
                    return tx.roll_back(Step::Counted(None)).await;
                }
                if let Some(limit) = limit {
                    // The event is recorded before the test of the password. Otherwise a client that disconnects, or
                    // whose right password opens no session, would reach a limit without an event.
                    let entry = entry((limit, device.is_some()), &next, subject.party.as_ref());
                    audit::record(app, &mut tx, by, entry).await?;
                }
                tx.commit(Step::Counted(Some(Count { failure_key, user: subject.user, at: now }))).await
            })
            .await?;
        match written {
            Step::Counted(Some(count)) => return Ok(Step::Counted(count)),
            // Another request was faster.
            Step::Counted(None) => {}
            Step::Wait(after) => return Ok(Step::Wait(after)),
            Step::NoPlace => return Ok(Step::NoPlace),
        }
    }
    Ok(Step::Wait(CROWDED))
}

fn entry((limit, is_of_device): (Limit, bool), failures: &Failures, party: Option<&Party>) -> AuditEntry {
    let event = match limit {
        Limit::Delays => Event::LoginFailMax,
        Limit::Closed => Event::LoginLock,
    };
    let failure_key = if is_of_device { "device" } else { "account" };
    let entry = AuditEntry::done(event)
        .because(Reason::TooManyFailures)
        .with("budget", failure_key)
        .with("failures", failures.count());
    match party {
        Some(party) => entry.on(party.clone()),
        None => entry,
    }
}
