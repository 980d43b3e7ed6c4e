//! Throttles guessing: counts each test of a password before it is made, and returns the wait before the next one.
//!
//! Only [`crate::ops::auth::check_password`] counts attempts; its caller must end the [`ThrottleTicket`] of an admitted
//! attempt. Invariant: an attempt is counted as a failure, in a committed row, before anything is hashed. Concurrent
//! attempts on several nodes therefore cannot exceed the limit, and a client that disconnects has used its attempt.
//! Without a known device, existing and unknown names need the same statements and get the same responses.

mod device;
mod subject;
mod sweep;
mod ticket;

use std::time::Duration;

pub use self::sweep::forget_old;
use self::ticket::{Count, TRIES};
pub(in crate::ops) use self::{
    device::{after_change, after_login},
    subject::ThrottleSubject,
    ticket::{Cleared, ThrottleTicket, clear_all_of},
};
use crate::{
    Result,
    app::{Admission, App, ThrottledBy},
    model::{Event, FailureKey, Failures, Limit, Party, Reason, UserId},
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
    let key = (&failure_key, subject.user);
    for _ in 0..TRIES {
        let now = app.clock.now();
        let stored = login_failures::find(&mut app.db.read().await?, &failure_key).await?;
        let failures = stored.clone().unwrap_or_default().as_of(now);
        if let Some(wait) = failures.wait(now) {
            if let Some(stored) = stored.filter(|stored| stored.are_ahead_of(now)) {
                login_failures::replace_alone(&app.db, key, Some(&stored), &failures).await?;
            }
            return Ok(Step::Wait(wait));
        }
        let (next, limit) = failures.and_one_more(now);
        let new_device = subject.user.filter(|_| device.is_some() && stored.is_none());
        let is_counted = if new_device.is_none() && limit.is_none() {
            login_failures::replace_alone(&app.db, key, stored.as_ref(), &next).await?
        } else {
            let entry = limit.map(|limit| entry((limit, device.is_some()), &next, subject.party.as_ref()));
            match replace_with(app, by, key, (stored.as_ref(), &next), (new_device, entry)).await? {
                Some(is_replaced) => is_replaced,
                None => return Ok(Step::NoPlace),
            }
        };
        // Otherwise another request was faster.
        if is_counted {
            return Ok(Step::Counted(Count { failure_key, user: subject.user, at: now }));
        }
    }
    Ok(Step::Wait(CROWDED))
}

/// Replaces the failures, in one transaction with the other effects of an attempt: a failure key of the new device of this
/// user, and the event of a limit. Returns `None` if the device gets no failure key, and whether the failures were
/// replaced.
async fn replace_with(
    app: &App,
    by: &AuditContext,
    key: (&FailureKey, Option<UserId>),
    (old, new): (Option<&Failures>, &Failures),
    (new_device, limit): (Option<UserId>, Option<AuditEntry>),
) -> Result<Option<bool>> {
    app.db
        .write(async |mut tx: Tx| {
            if let Some(user) = new_device
                && !device::has_place(&mut tx, user).await?
            {
                return tx.roll_back(None).await;
            }
            if !login_failures::replace(&mut tx, key, old, new).await? {
                return tx.roll_back(Some(false)).await;
            }
            if let Some(entry) = &limit {
                // The event is recorded before the test of the password. Otherwise a client that disconnects, or whose
                // right password opens no session, would reach a limit without an event.
                audit::record(app, &mut tx, by, entry.clone()).await?;
            }
            tx.commit(Some(true)).await
        })
        .await
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
