//! What this process has done, as counters for `/metrics`.
//!
//! All counters begin at zero with the process and only grow. Invariants: an increment is one atomic instruction, and the
//! number of counters is fixed, so no client can make them grow without limit.

mod histogram;

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

pub use self::histogram::{Histogram, HistogramState};
use crate::model::{Event, Outcome, Reason};

/// The upper bounds of the time of a database's answer, in microseconds.
const PING_BOUNDS: &[u64] =
    &[50, 100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000];

/// The outcome of a login, for its counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginOutcome {
    Success,
    WrongCredentials,
    Throttled,
    Overloaded,
    /// The database or the system failed.
    Failed,
}

/// The kind of limit that throttled an attempt, for its counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThrottledBy {
    /// The failures of an account, a device or an unknown name.
    Account,
    /// The rate limit of an address or a network.
    Address,
}

/// The runs of a job.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JobRuns {
    pub done: u64,
    pub failed: u64,
}

/// Counters with fixed labels.
#[derive(Debug)]
pub struct Counters<const N: usize>([AtomicU64; N]);

/// The counters of the process.
#[derive(Debug)]
pub struct Metrics {
    logins: Counters<{ LoginOutcome::ALL.len() }>,
    throttled: Counters<{ ThrottledBy::ALL.len() }>,
    /// By event and outcome, then by reason; the last entry has none.
    audit_events: [[Counters<{ Reason::ALL.len() + 1 }>; 2]; Event::ALL.len()],
    sessions_opened: AtomicU64,
    sessions_ended: AtomicU64,
    jobs: Mutex<BTreeMap<&'static str, JobRuns>>,
    database_pings: Histogram,
    is_database_away: AtomicBool,
}

impl LoginOutcome {
    /// All outcomes.
    pub const ALL: [Self; 5] = [Self::Success, Self::WrongCredentials, Self::Throttled, Self::Overloaded, Self::Failed];

    /// Returns the value of the label.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::WrongCredentials => "wrong_credentials",
            Self::Throttled => "throttled",
            Self::Overloaded => "overloaded",
            Self::Failed => "failed",
        }
    }
}

impl ThrottledBy {
    /// All kinds.
    pub const ALL: [Self; 2] = [Self::Account, Self::Address];

    /// Returns the value of the label.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Address => "address",
        }
    }
}

impl<const N: usize> Counters<N> {
    fn new() -> Self {
        Self([const { AtomicU64::new(0) }; N])
    }

    /// Adds one to the counter with this number. A number without a counter is ignored.
    pub fn add_one(&self, number: usize) {
        if let Some(counter) = self.0.get(number) {
            counter.fetch_add(1, Relaxed);
        }
    }

    /// Returns the value of the counter with this number.
    #[must_use]
    pub fn value(&self, number: usize) -> u64 {
        self.0.get(number).map_or(0, |counter| counter.load(Relaxed))
    }
}

impl<const N: usize> Default for Counters<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            logins: Counters::new(),
            throttled: Counters::new(),
            audit_events: std::array::from_fn(|_| [Counters::new(), Counters::new()]),
            sessions_opened: AtomicU64::new(0),
            sessions_ended: AtomicU64::new(0),
            jobs: Mutex::default(),
            database_pings: Histogram::new(PING_BOUNDS),
            is_database_away: AtomicBool::new(false),
        }
    }
}

impl Metrics {
    /// Counts a login.
    pub fn count_login(&self, outcome: LoginOutcome) {
        self.logins.add_one(outcome as usize);
    }

    /// Counts an attempt that was throttled.
    pub fn count_throttled(&self, by: ThrottledBy) {
        self.throttled.add_one(by as usize);
    }

    /// Counts an audit event, and the sessions that it ended.
    pub fn count_event(&self, event: Event, outcome: Outcome, reason: Option<Reason>, sessions_ended: u64) {
        let reason = reason.map_or(Reason::ALL.len(), |reason| reason as usize);
        if let Some(counters) = self.audit_events.get(event as usize).and_then(|of| of.get(outcome as usize)) {
            counters.add_one(reason);
        }
        self.sessions_ended.fetch_add(sessions_ended, Relaxed);
    }

    /// Counts a session that was opened.
    pub fn count_session(&self) {
        self.sessions_opened.fetch_add(1, Relaxed);
    }

    /// Counts the run of a job.
    pub fn count_job(&self, name: &'static str, is_done: bool) {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let runs = jobs.entry(name).or_default();
        *(if is_done { &mut runs.done } else { &mut runs.failed }) += 1;
    }

    /// Records how long the database took to answer; `None` if it did not answer.
    pub fn record_ping(&self, time: Option<Duration>) {
        self.is_database_away.store(time.is_none(), Relaxed);
        if let Some(time) = time {
            self.database_pings.observe(time);
        }
    }

    /// Returns the number of logins with this outcome.
    #[must_use]
    pub fn logins(&self, outcome: LoginOutcome) -> u64 {
        self.logins.value(outcome as usize)
    }

    /// Returns the number of attempts that were throttled.
    #[must_use]
    pub fn throttled(&self, by: ThrottledBy) -> u64 {
        self.throttled.value(by as usize)
    }

    /// Returns the counted audit events: event, outcome, reason and number. Events that did not occur are left out.
    pub fn events(&self) -> impl Iterator<Item = (Event, Outcome, Option<Reason>, u64)> {
        Event::ALL.into_iter().zip(&self.audit_events).flat_map(|(event, outcomes)| {
            [Outcome::Success, Outcome::Refused].into_iter().zip(outcomes).flat_map(move |(outcome, counters)| {
                let reasons = Reason::ALL.into_iter().map(Some).chain([None]).enumerate();
                let counted = reasons.map(move |(number, reason)| (event, outcome, reason, counters.value(number)));
                counted.filter(|(.., count)| *count > 0)
            })
        })
    }

    /// Returns the numbers of sessions that were opened and ended.
    #[must_use]
    pub fn sessions(&self) -> (u64, u64) {
        (self.sessions_opened.load(Relaxed), self.sessions_ended.load(Relaxed))
    }

    /// Returns the runs of each job that ran.
    #[must_use]
    pub fn jobs(&self) -> Vec<(&'static str, JobRuns)> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.iter().map(|(name, runs)| (*name, *runs)).collect()
    }

    /// Returns whether the database answered last, and the times of its answers.
    #[must_use]
    pub fn database(&self) -> (bool, HistogramState) {
        (!self.is_database_away.load(Relaxed), self.database_pings.state())
    }
}
