//! What the pool remembers of each host: a failure shortly before, and when its server was last judged.

use std::time::Duration;

use tokio::time::Instant;

/// The time for which a host is tried after the others, once a connection to it failed.
const AVOIDED: Duration = Duration::from_secs(5);
/// The time for which one judgment of a server counts for all connections to it.
const JUDGED: Duration = Duration::from_secs(1);

/// The records of all hosts, by their numbers.
#[derive(Default)]
pub(super) struct HostRecords(Vec<HostRecord>);

#[derive(Default, Clone)]
struct HostRecord {
    avoided_until: Option<Instant>,
    judged_at: Option<Instant>,
}

impl HostRecords {
    pub(super) fn new(count: usize) -> Self {
        Self(vec![HostRecord::default(); count])
    }

    /// Records that a connection to the host failed.
    pub(super) fn avoid(&mut self, host: usize) {
        if let Some(record) = self.0.get_mut(host) {
            record.avoided_until = Some(Instant::now() + AVOIDED);
        }
    }

    /// Returns whether a connection to the host failed shortly before.
    pub(super) fn is_avoided(&self, host: usize) -> bool {
        self.0.get(host).and_then(|record| record.avoided_until).is_some_and(|until| Instant::now() < until)
    }

    /// Records that the server of the host was judged to be fit.
    pub(super) fn approve(&mut self, host: usize) {
        if let Some(record) = self.0.get_mut(host) {
            *record = HostRecord { avoided_until: None, judged_at: Some(Instant::now()) };
        }
    }

    /// Returns whether the server of the host must be judged again. The caller that gets this answer does it.
    pub(super) fn claim_judgment(&mut self, host: usize) -> bool {
        let Some(record) = self.0.get_mut(host) else { return false };
        let is_due = record.judged_at.is_none_or(|at| at.elapsed() >= JUDGED);
        if is_due {
            record.judged_at = Some(Instant::now());
        }
        is_due
    }
}
