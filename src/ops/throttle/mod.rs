//! Slows guessing down: counts every test of a password before it is made, and says when the next one may be.
//!
//! [`super::check_password`] alone has tries counted; whoever let somebody in says what becomes of the count. Invariant: a
//! try is counted as a failure, in a committed row, before anything is hashed, so that tries at the same moment, on any
//! number of nodes, are no way around the limit; whoever hangs up has had their try. Without a known device, names that
//! somebody has and names that nobody has cost the same statements and meet the same answers.

mod device;
mod sweep;

use std::time::Duration;

pub(super) use self::device::{after_change, after_login};
pub use self::sweep::forget_old;
use super::audit::{self, By, Entry};
use crate::{
    Result,
    app::{App, Entered},
    model::{Budget, Event, Failures, Limit, NameKey, Party, Reason, Source, UnixMillis, UserId},
    store::{Tx, credentials::Credential, login_failures},
};

/// How often a count is tried when others count at the same moment. Each time one of them has succeeded, and after a few
/// of those all have to wait, so more are needed only when somebody logs in over and over.
const TRIES: usize = 12;
/// When to come back after that.
const CROWDED: Duration = Duration::from_secs(1);

/// Whose password is to be tested.
pub(super) struct Whose {
    user: Option<UserId>,
    party: Option<Party>,
    /// Of everybody who has no device of the user's.
    strangers: Budget,
    /// Of the device that the try comes from, if it is one of the user's.
    device: Option<Budget>,
}

/// A try that was counted as a failure. It comes to its end in one of three ways: it was one; it was none, and
/// [succeeded](Counted::succeeded); or it was not made, and is [given back](Counted::give_back).
#[must_use]
pub(super) struct Counted {
    entered: Entered,
    /// Nothing while throttling is off.
    count: Option<Count>,
}

struct Count {
    budget: Budget,
    user: Option<UserId>,
    at: UnixMillis,
}

/// What became of a try in one budget.
enum Step<T> {
    Counted(T),
    /// It may be made after this time.
    Wait(Duration),
    /// The device has no budget of its own: too many of its user's have failed.
    NoPlace,
}

impl Whose {
    /// Of the account that is known by the name; or of `of`, where it is known whose the password must be.
    pub(super) fn new(
        app: &App,
        source: &Source,
        name: &NameKey,
        of: Option<UserId>,
        known: Option<&Credential>,
    ) -> Self {
        match of.or(known.map(|known| known.user_id)) {
            Some(user) => Self::of_user(app, source, user, known),
            None => {
                let strangers = Budget::of_name(app.secrets.throttle.current().1, name);
                Self { user: None, party: None, strangers, device: None }
            }
        }
    }

    /// Of this account, which has that credential unless it is gone.
    pub(super) fn of_user(app: &App, source: &Source, user: UserId, known: Option<&Credential>) -> Self {
        let device = known.and_then(|known| device::known(app, source, (known.party.uid, known.password_version)));
        Self {
            user: Some(user),
            party: known.map(|known| known.party.clone()),
            strangers: Budget::of_user(user),
            device: device.map(|(device, _)| Budget::of_device(user, &device.id)),
        }
    }
}

/// Counts a try, or says after what time it may be made.
pub(super) async fn enter(app: &App, by: &By, whose: &Whose) -> Result<std::result::Result<Counted, Duration>> {
    if !app.config.throttle_enabled {
        return Ok(Ok(Counted { entered: Entered::default(), count: None }));
    }
    // A device that has no place counts with the strangers.
    for device in whose.device.map(Some).into_iter().chain([None]) {
        match enter_by(app, by, whose, device).await? {
            Step::Counted(counted) => return Ok(Ok(counted)),
            Step::Wait(after) => return Ok(Err(after)),
            Step::NoPlace => {}
        }
    }
    Ok(Err(CROWDED))
}

/// Counts a try with the device's budget, or without one with that of strangers.
async fn enter_by(app: &App, by: &By, whose: &Whose, device: Option<Budget>) -> Result<Step<Counted>> {
    let entered = match app.addresses.enter(by.source.address, whose.strangers.as_bytes(), device.is_some()) {
        Ok(entered) => entered,
        Err(after) => return Ok(Step::Wait(after)),
    };
    let refused = match count(app, by, whose, device).await {
        Ok(Step::Counted(count)) => return Ok(Step::Counted(Counted { entered, count: Some(count) })),
        Ok(Step::Wait(after)) => Ok(Step::Wait(after)),
        Ok(Step::NoPlace) => Ok(Step::NoPlace),
        Err(error) => Err(error),
    };
    // What is not let through is no failure.
    app.addresses.give_back(entered);
    refused
}

async fn count(app: &App, by: &By, whose: &Whose, device: Option<Budget>) -> Result<Step<Count>> {
    let budget = device.unwrap_or(whose.strangers);

    for _ in 0..TRIES {
        let now = app.clock.now();
        let stored = login_failures::find(&mut app.db.read().await?, &budget).await?;
        let failures = stored.clone().unwrap_or_default().as_of(now);
        if let Some(wait) = failures.wait(now) {
            if let Some(stored) = stored.filter(|stored| stored.are_ahead_of(now)) {
                replace(app, (&budget, whose.user), Some(&stored), &failures).await?;
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
                if !login_failures::replace(&mut tx, (&budget, whose.user), stored.as_ref(), &next).await? {
                    return tx.roll_back(Step::Counted(None)).await;
                }
                if let Some(limit) = limit {
                    // Here, and not when the password turns out to be wrong: somebody who hangs up before that, or whose
                    // right password opens nothing, must not reach a limit without a trace.
                    let entry = entry((limit, device.is_some()), &next, whose.party.as_ref());
                    audit::record(app, &mut tx, by, entry).await?;
                }
                tx.commit(Step::Counted(Some(Count { budget, user: whose.user, at: now }))).await
            })
            .await?;
        match written {
            Step::Counted(Some(count)) => return Ok(Step::Counted(count)),
            // Somebody else was faster.
            Step::Counted(None) => {}
            Step::Wait(after) => return Ok(Step::Wait(after)),
            Step::NoPlace => return Ok(Step::NoPlace),
        }
    }
    Ok(Step::Wait(CROWDED))
}

async fn replace(app: &App, whose: (&Budget, Option<UserId>), old: Option<&Failures>, new: &Failures) -> Result<bool> {
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
    let budget = if is_of_device { "device" } else { "account" };
    let entry =
        Entry::done(event).because(Reason::TooManyFailures).with("budget", budget).with("failures", failures.count());
    match party {
        Some(party) => entry.on(party.clone()),
        None => entry,
    }
}

impl Counted {
    /// The password was right: the budget is whole again, with what is done for it in this transaction.
    pub(super) async fn settle(&self, tx: &mut Tx) -> Result<()> {
        match &self.count {
            Some(count) => login_failures::forget(tx, &count.budget).await,
            None => Ok(()),
        }
    }

    /// That transaction was committed.
    pub(super) fn succeeded(self, app: &App) {
        app.addresses.give_back(self.entered);
    }

    /// The password was right, and nothing is written for it.
    pub(super) async fn settle_at_once(self, app: &App) -> Result<()> {
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
    pub(super) async fn give_back(self, app: &App) {
        app.addresses.give_back(self.entered);
        let Some(count) = self.count else { return };
        if let Err(error) = count.take_back(app).await {
            tracing::warn!(%error, "a try that was not made stays counted as a failed login");
        }
    }
}

impl Count {
    async fn take_back(&self, app: &App) -> Result<()> {
        for _ in 0..TRIES {
            let stored = login_failures::find(&mut app.db.read().await?, &self.budget).await?;
            // A right password has made the budget whole meanwhile.
            let Some(stored) = stored else { return Ok(()) };
            let is_done = match stored.clone().without(self.at) {
                Some(left) if left == stored => return Ok(()),
                Some(left) => replace(app, (&self.budget, self.user), Some(&stored), &left).await?,
                None => {
                    app.db
                        .write(async |mut tx: Tx| {
                            let is_gone = login_failures::forget_if(&mut tx, &self.budget, &stored).await?;
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
