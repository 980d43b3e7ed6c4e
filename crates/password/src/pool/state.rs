//! What the lane tells of itself: numbers for people and machines, counted since it was started.
//!
//! Plain values without a lock; nothing here decides anything.

use std::time::Duration;

/// The lane at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HashPoolState {
    pub threads: usize,
    pub waiting: Waiting,
    /// Jobs that a thread is at work on.
    pub in_flight: usize,
    /// How long a login that comes now would wait for a thread.
    pub expected_wait: Duration,
    pub counts: JobCounts,
    /// What each scheme has cost, in the order in which they were first met.
    pub schemes: Vec<SchemeTime>,
}

/// Jobs that wait, by class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    pub checking: usize,
    pub setting: usize,
    pub upgrading: usize,
}

/// What became of the jobs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JobCounts {
    /// Computed.
    pub done: u64,
    /// Refused when they came.
    pub refused: u64,
    /// Given up while they waited, because whoever asked had gone.
    pub abandoned: u64,
    /// Never started, because their deadline had passed.
    pub expired: u64,
    /// Not to be computed: no memory, or settings out of bounds.
    pub failed: u64,
}

/// The jobs of one scheme that were computed, and the time that they took together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SchemeTime {
    /// As [`crate::StoredHash::scheme`] calls it.
    pub scheme: &'static str,
    pub count: u64,
    pub seconds: f64,
}

impl SchemeTime {
    pub(super) fn add(times: &mut Vec<Self>, scheme: &'static str, taken: Duration) {
        let seconds = taken.as_secs_f64();
        match times.iter_mut().find(|time| time.scheme == scheme) {
            Some(time) => {
                time.count += 1;
                time.seconds += seconds;
            }
            None => times.push(Self { scheme, count: 1, seconds }),
        }
    }
}
