//! Slows guessing down: counts every test of a password before it is made, and says when the next one may be.
//!
//! [`crate::ops::auth::check_password`] alone has tries counted; whoever let somebody in says what becomes of the count. Invariant: a
//! try is counted as a failure, in a committed row, before anything is hashed, so that tries at the same moment, on any
//! number of nodes, are no way around the limit; whoever hangs up has had their try. Without a known device, names that
//! somebody has and names that nobody has cost the same statements and meet the same answers.

mod device;
mod sweep;

use std::time::Duration;

pub(in crate::ops) use self::device::{after_change, after_login};
pub use self::sweep::forget_old;
use crate::{
    Result,
    app::{Admission, App},
    model::{Event, FailureKey, Failures, Limit, NameKey, Party, Reason, Source, UnixMillis, UserId},
    ops::audit::{self, AuditContext, Entry},
    store::{Tx, credentials::Credential, login_failures},
};

/// How often a count is tried when others count at the same moment. Each time one of them has succeeded, and after a few
/// of those all have to wait, so more are needed only when somebody logs in over and over.
const TRIES: usize = 12;
/// When to come back after that.
const CROWDED: Duration = Duration::from_secs(1);

/// Whose password is to be tested.
pub(in crate::ops) struct ThrottleSubject {
    user: Option<UserId>,
    party: Option<Party>,
    /// Of everybody who has no device of the user's.
    strangers: FailureKey,
    /// Of the device that the try comes from, if it is one of the user's.
    device: Option<FailureKey>,
}

/// A try that was counted as a failure. It comes to its end in one of three ways: it was one; it was none, and
/// [succeeded](Counted::succeeded); or it was not made, and is [given back](Counted::give_back).
#[must_use]
pub(in crate::ops) struct ThrottleTicket {
    entered: Admission,
    /// Nothing while throttling is off.
    count: Option<Count>,
}

struct Count {
    failure_key: FailureKey,
    user: Option<UserId>,
    at: UnixMillis,
}

/// What became of a try in one budget.
enum Step<T> {
    ThrottleTicket(T),
    /// It may be made after this time.
    Wait(Duration),
    /// The device has no budget of its own: too many of its user's have failed.
    NoPlace,
}

impl ThrottleSubject {
    /// Of the account that is known by the name; or of `of`, where it is known whose the password must be.
    pub(in crate::ops) fn new(
        app: &App,
        source: &Source,
        name: &NameKey,
        of: Option<UserId>,
        known: Option<&Credential>,
    ) -> Self {
        match of.or(known.map(|known| known.user_id)) {
            Some(user) => Self::of_user(app, source, user, known),
            None => {
                let strangers = FailureKey::of_name(app.secrets.throttle.current().1, name);
                Self { user: None, party: None, strangers, device: None }
            }
        }
    }

    /// Of this account, which has that credential unless it is gone.
    pub(in crate::ops) fn of_user(app: &App, source: &Source, user: UserId, known: Option<&Credential>) -> Self {
        let device = known.and_then(|known| device::known(app, source, (known.party.uid, known.password_version)));
        Self {
            user: Some(user),
            party: known.map(|known| known.party.clone()),
            strangers: FailureKey::of_user(user),
            device: device.map(|(device, _)| FailureKey::of_device(user, &device.id)),
        }
    }
}

/// Counts a try, or says after what time it may be made.
pub(in crate::ops) async fn enter(
    app: &App,
    by: &AuditContext,
    whose: &ThrottleSubject,
) -> Result<std::result::Result<ThrottleTicket, Duration>> {
    if !app.config.throttle_enabled {
        return Ok(Ok(ThrottleTicket { entered: Admission::default(), count: None }));
    }
    // A device that has no place counts with the strangers.
    for device in whose.device.map(Some).into_iter().chain([None]) {
        match enter_by(app, by, whose, device).await? {
            Step::ThrottleTicket(counted) => return Ok(Ok(counted)),
            Step::Wait(after) => return Ok(Err(after)),
            Step::NoPlace => {}
        }
    }
    Ok(Err(CROWDED))
}

/// Counts a try with the device's budget, or without one with that of strangers.
async fn enter_by(
    app: &App,
    by: &AuditContext,
    whose: &ThrottleSubject,
    device: Option<FailureKey>,
) -> Result<Step<ThrottleTicket>> {
    let entered = match app.rate_limits.enter(by.source.address, whose.strangers.as_bytes(), device.is_some()) {
        Ok(entered) => entered,
        Err(after) => return Ok(Step::Wait(after)),
    };
    let refused = match count(app, by, whose, device).await {
        Ok(Step::ThrottleTicket(count)) => {
            return Ok(Step::ThrottleTicket(ThrottleTicket { entered, count: Some(count) }));
        }
        Ok(Step::Wait(after)) => Ok(Step::Wait(after)),
        Ok(Step::NoPlace) => Ok(Step::NoPlace),
        Err(error) => Err(error),
    };
    // What is not let through is no failure.
    app.rate_limits.give_back(entered);
    refused
}

async fn count(
    app: &App,
    by: &AuditContext,
    whose: &ThrottleSubject,
    device: Option<FailureKey>,
) -> Result<Step<Count>> {
    let failure_key = device.unwrap_or(whose.strangers);

    for _ in 0..TRIES {
        let now = app.clock.now();
        let stored = login_failures::find(&mut app.db.read().await?, &failure_key).await?;
        let failures = stored.clone().unwrap_or_default().as_of(now);
        if let Some(wait) = failures.wait(now) {
            if let Some(stored) = stored.filter(|stored| stored.are_ahead_of(now)) {
                replace(app, (&failure_key, whose.user), Some(&stored), &failures).await?;
            }
            return Ok(Step::Wait(wait));
        }
        let (next, limit) = failures.and_one_more(now);
        let written = app
            .db
            .write(async |mut tx: Tx| {
                if let (Some(_), Some(user), None) = (device, whose.user, &stored)
                    && !device::has_place(&mut tx, user).await?
                {
                    return tx.roll_back(Step::NoPlace).await;
                }
                if !login_failures::replace(&mut tx, (&failure_key, whose.user), stored.as_ref(), &next).await? {
                    return tx.roll_back(Step::ThrottleTicket(None)).await;
                }
                if let Some(limit) = limit {
                    // Here, and not when the password turns out to be wrong: somebody who hangs up before that, or whose
                    // right password opens nothing, must not reach a limit without a trace.
                    let entry = entry((limit, device.is_some()), &next, whose.party.as_ref());
                    audit::record(app, &mut tx, by, entry).await?;
                }
                tx.commit(Step::ThrottleTicket(Some(Count { failure_key, user: whose.user, at: now }))).await
            })
            .await?;
        match written {
            Step::ThrottleTicket(Some(count)) => return Ok(Step::ThrottleTicket(count)),
            // Somebody else was faster.
            Step::ThrottleTicket(None) => {}
            Step::Wait(after) => return Ok(Step::Wait(after)),
            Step::NoPlace => return Ok(Step::NoPlace),
        }
    }
    Ok(Step::Wait(CROWDED))
}

async fn replace(
    app: &App,
    whose: (&FailureKey, Option<UserId>),
    old: Option<&Failures>,
    new: &Failures,
) -> Result<bool> {
    app.db
        .write(async |mut tx: Tx| {
            let is_replaced = login_failures::replace(&mut tx, whose, old, new).await?;
            tx.commit(is_replaced).await
        })
        .await
}

fn entry((limit, is_of_device): (Limit, bool), failures: &Failures, party: Option<&Party>) -> Entry {
    let event = match limit {
        Limit::Delays => Event::LoginFailMax,
        Limit::Closed => Event::LoginLock,
    };
    let failure_key = if is_of_device { "device" } else { "account" };
    let entry = Entry::done(event)
        .because(Reason::TooManyFailures)
        .with("budget", failure_key)
        .with("failures", failures.count());
    match party {
        Some(party) => entry.on(party.clone()),
        None => entry,
    }
}

impl ThrottleTicket {
    /// The password was right: the budget is whole again, with what is done for it in this transaction.
    pub(in crate::ops) async fn settle(&self, tx: &mut Tx) -> Result<()> {
        match &self.count {
            Some(count) => login_failures::forget(tx, &count.failure_key).await,
            None => Ok(()),
        }
    }

    /// That transaction was committed.
    pub(in crate::ops) fn succeeded(self, app: &App) {
        app.rate_limits.give_back(self.entered);
    }

    /// The password was right, and nothing is written for it.
    pub(in crate::ops) async fn settle_at_once(self, app: &App) -> Result<()> {
        if self.count.is_some() {
            app.db
                .write(async |mut tx: Tx| {
                    self.settle(&mut tx).await?;
                    tx.commit(()).await
                })
                .await?;
        }
        self.succeeded(app);
        Ok(())
    }

    /// The password was not tested, or right for nothing: what was counted is taken back, as far as that can be done.
    pub(in crate::ops) async fn give_back(self, app: &App) {
        app.rate_limits.give_back(self.entered);
        let Some(count) = self.count else { return };
        if let Err(error) = count.take_back(app).await {
            tracing::warn!(%error, "a try that was not made stays counted as a failed login");
        }
    }
}

impl Count {
    async fn take_back(&self, app: &App) -> Result<()> {
        for _ in 0..TRIES {
            let stored = login_failures::find(&mut app.db.read().await?, &self.failure_key).await?;
            // A right password has made the budget whole meanwhile.
            let Some(stored) = stored else { return Ok(()) };
            let is_done = match stored.clone().without(self.at) {
                Some(left) if left == stored => return Ok(()),
                Some(left) => replace(app, (&self.failure_key, self.user), Some(&stored), &left).await?,
                None => {
                    app.db
                        .write(async |mut tx: Tx| {
                            let is_gone = login_failures::forget_if(&mut tx, &self.failure_key, &stored).await?;
                            tx.commit(is_gone).await
                        })
                        .await?
                }
            };
            if is_done {
                return Ok(());
            }
        }
        Ok(())
    }
}
