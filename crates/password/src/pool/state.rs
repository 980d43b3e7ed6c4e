//! The state of the hash pool: numbers for people and machines, counted since the start.
//!
//! Plain values without a lock; no decision depends on them.

use std::time::Duration;

/// A snapshot of the pool.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HashPoolState {
    pub threads: usize,
    pub waiting: Waiting,
    /// The jobs that are being computed.
    pub in_flight: usize,
    /// How long a new login would wait for a thread.
    pub expected_wait: Duration,
    pub counts: JobCounts,
    /// The cost of each scheme, in the order of first use.
    pub schemes: Vec<SchemeTime>,
}

/// Waiting jobs, by class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    pub checking: usize,
    pub setting: usize,
    pub upgrading: usize,
}

/// Outcomes of the jobs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JobCounts {
    /// Computed.
    pub done: u64,
    /// Rejected on arrival.
    pub refused: u64,
    /// Given up while waiting, because the caller was gone.
    pub abandoned: u64,
    /// Never started, because the deadline had passed.
    pub expired: u64,
    /// Could not be computed: no memory, or settings out of bounds.
    pub failed: u64,
}

/// The computed jobs of one scheme, and their total time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SchemeTime {
    /// The name from [`crate::StoredHash::scheme`].
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
