//! The number of failed logins of the last minutes, in which an attack shows.
//!
//! Each node counts its own. Invariants: the memory is fixed, and one rise above the threshold is reported once, until the
//! number has fallen below half of it.

use std::{
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::model::UnixMillis;

/// The time that counts.
pub const FAILURE_WINDOW: Duration = Duration::from_secs(300);
/// The time of one slot, in milliseconds.
const SLOT: i64 = 10_000;
const SLOTS: usize = 30;

/// The failed logins of the last minutes.
#[derive(Debug)]
pub struct FailureWatch {
    threshold: Option<NonZeroU32>,
    recent: Mutex<Recent>,
}

#[derive(Debug, Default)]
struct Recent {
    slots: [u64; SLOTS],
    /// The number of the newest slot since 1970.
    newest: i64,
    is_alert: bool,
}

/// The number of failed logins in the window, and whether they exceed the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecentFailures {
    pub count: u64,
    pub is_alert: bool,
}

impl FailureWatch {
    /// Creates a watch. Without a threshold it counts and reports nothing.
    #[must_use]
    pub fn new(threshold: Option<NonZeroU32>) -> Self {
        Self { threshold, recent: Mutex::default() }
    }

    /// Counts a failure. Returns the number of failures if it has just reached the threshold.
    pub fn note(&self, now: UnixMillis) -> Option<u64> {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.advance(now);
        if let Some(newest) = recent.slots.first_mut() {
            *newest += 1;
        }
        let was_alert = recent.is_alert;
        recent.judge(self.threshold);
        (recent.is_alert && !was_alert).then(|| recent.count())
    }

    /// Returns the failures of the window.
    #[must_use]
    pub fn recent(&self, now: UnixMillis) -> RecentFailures {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.advance(now);
        recent.judge(self.threshold);
        RecentFailures { count: recent.count(), is_alert: recent.is_alert }
    }
}

impl Recent {
    /// Forgets the slots that are too old. A clock that is set back counts into the newest slot.
    fn advance(&mut self, now: UnixMillis) {
        let slot = now.0.div_euclid(SLOT);
        let passed = usize::try_from(slot.saturating_sub(self.newest)).unwrap_or(0).min(SLOTS);
        if passed > 0 {
            self.slots.rotate_right(passed % SLOTS);
            self.slots.iter_mut().take(passed).for_each(|count| *count = 0);
            self.newest = slot;
        }
    }

    fn judge(&mut self, threshold: Option<NonZeroU32>) {
        let Some(threshold) = threshold.map(|threshold| u64::from(threshold.get())) else { return };
        let count = self.count();
        self.is_alert = count >= threshold || self.is_alert && count > threshold / 2;
    }

    fn count(&self) -> u64 {
        self.slots.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> UnixMillis {
        UnixMillis(1_795_348_800_000 + seconds * 1000)
    }

    #[test]
    fn a_rise_is_reported_once_until_it_has_fallen() {
        let watch = FailureWatch::new(NonZeroU32::new(4));
        assert_eq!([0, 1, 100].map(|second| watch.note(at(second))), [None; 3]);
        assert_eq!(watch.note(at(299)), Some(4));
        assert_eq!(watch.note(at(299)), None);
        // The first two are too old now, and three of four are more than half.
        assert_eq!(watch.recent(at(310)), RecentFailures { count: 3, is_alert: true });
        assert_eq!(watch.note(at(311)), None);
        assert_eq!(watch.recent(at(405)), RecentFailures { count: 3, is_alert: true });
        assert_eq!(watch.recent(at(600)), RecentFailures { count: 1, is_alert: false });
        assert_eq!([601, 602].map(|second| watch.note(at(second))), [None; 2]);
        assert_eq!(watch.note(at(603)), Some(4));
        assert_eq!(watch.recent(at(10_000)), RecentFailures { count: 0, is_alert: false });
    }

    #[test]
    fn a_clock_that_is_set_back_loses_no_count() {
        let watch = FailureWatch::new(NonZeroU32::new(2));
        assert_eq!(watch.note(at(1000)), None);
        assert_eq!(watch.note(at(0)), Some(2));
        assert_eq!(watch.recent(at(1000)).count, 2);
    }

    #[test]
    fn without_a_threshold_nothing_is_reported() {
        let watch = FailureWatch::new(None);
        assert!((0..1000).all(|_| watch.note(at(0)).is_none()));
        assert_eq!(watch.recent(at(0)), RecentFailures { count: 1000, is_alert: false });
    }
}
