//! The throttle for password guessing: the wait that earlier failures impose on the next attempt.
//!
//! These are pure rules over recorded failures and an instant. Invariants: a wait never exceeds the delay of its rule,
//! even if the clock was set back. Every attempt except a correct one counts, in any order.

use std::time::Duration;

use super::UnixMillis;

/// The number of failures within [`WINDOW`] that cause no delay.
pub const FREE_FAILURES: usize = 5;
/// The number of consecutive failures at which password login closes.
pub const MOST_FAILURES: i64 = 100;
/// The time in which failures count towards [`FREE_FAILURES`].
pub const WINDOW: Duration = Duration::from_secs(60 * 60);
/// The time without a failure after which all failures are forgotten. Login stays closed for the same time.
pub const FORGOTTEN: Duration = Duration::from_secs(24 * 60 * 60);
/// The longest delay.
const LONGEST_DELAY: Duration = Duration::from_secs(60 * 60);
/// The largest difference between the nodes' clocks. A failure further in the future means that the clock was set back.
const SKEW: Duration = Duration::from_secs(5);

/// The consecutive failures under one failure key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Failures {
    /// The number of failures since a correct password, a reset by an administrator, or a day without a failure.
    count: i64,
    /// The number of failures that caused a delay.
    delays: i64,
    /// The most recent failures, newest first; at most [`FREE_FAILURES`].
    recent: Vec<UnixMillis>,
}

/// A limit that a failure has reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// The next attempts must wait.
    Delays,
    /// Password login is closed.
    Closed,
}

impl Failures {
    /// Reads the database's values; `recent` has eight bytes for each failure.
    #[must_use]
    pub fn from_stored(count: i64, delays: i64, recent: &[u8]) -> Self {
        let (instants, _) = recent.as_chunks::<8>();
        let recent = instants.iter().take(FREE_FAILURES).map(|bytes| UnixMillis(i64::from_be_bytes(*bytes)));
        Self { count, delays, recent: recent.collect() }
    }

    /// Returns the number of failures.
    #[must_use]
    pub fn count(&self) -> i64 {
        self.count
    }

    /// Returns the number of failures that caused a delay.
    #[must_use]
    pub fn delays(&self) -> i64 {
        self.delays
    }

    /// Returns the most recent failures in stored form.
    #[must_use]
    pub fn recent(&self) -> Vec<u8> {
        self.recent.iter().flat_map(|instant| instant.0.to_be_bytes()).collect()
    }

    /// Returns the last failure.
    #[must_use]
    pub fn last_at(&self) -> Option<UnixMillis> {
        self.recent.first().copied()
    }

    /// Returns the failures as they count now: none after a day without a failure. Failures in the future, which were
    /// recorded before the clock was set back, count as of now.
    #[must_use]
    pub fn as_of(mut self, now: UnixMillis) -> Self {
        self.recent.iter_mut().for_each(|instant| *instant = (*instant).min(now));
        match self.last_at() {
            Some(last) if since(last, now) < FORGOTTEN => self,
            _ => Self::default(),
        }
    }

    /// Returns whether the clock was set back since the last failure. The failures must then be rewritten. Otherwise
    /// each read would move them to the present, and they would never age.
    #[must_use]
    pub fn are_ahead_of(&self, now: UnixMillis) -> bool {
        self.last_at().is_some_and(|last| last > now.plus(SKEW))
    }

    /// Returns the wait before the next attempt; `None` if it is allowed now.
    #[must_use]
    pub fn wait(&self, now: UnixMillis) -> Option<Duration> {
        let delay = if self.count >= MOST_FAILURES { FORGOTTEN } else { delay(self.delays) };
        delay.checked_sub(since(self.last_at()?, now)).filter(|wait| !wait.is_zero())
    }

    /// Returns the end of the closure of password login; `None` if it is open.
    #[must_use]
    pub fn closed_until(&self) -> Option<UnixMillis> {
        self.last_at().filter(|_| self.count >= MOST_FAILURES).map(|last| last.plus(FORGOTTEN))
    }

    /// Adds a failure at `now`, and returns the limit that it reaches, if any.
    #[must_use]
    pub fn and_one_more(&self, now: UnixMillis) -> (Self, Option<Limit>) {
        let recent: Vec<_> = std::iter::once(now).chain(self.recent.iter().copied()).take(FREE_FAILURES).collect();
        let are_many = recent.get(FREE_FAILURES - 1).is_some_and(|first| since(*first, now) < WINDOW);
        let delays = if self.delays > 0 { self.delays.saturating_add(1) } else { i64::from(are_many) };
        let count = self.count.saturating_add(1);
        let limit = match (count, delays) {
            (MOST_FAILURES, _) => Some(Limit::Closed),
            (_, 1) => Some(Limit::Delays),
            _ => None,
        };
        (Self { count, delays, recent }, limit)
    }

    /// Removes the failure of instant `at`, which was counted by mistake. Returns `None` if no other remains. If `at`
    /// is not among the recent ones, a correct password may have cleared the key, so all failures stay.
    #[must_use]
    pub fn without(mut self, at: UnixMillis) -> Option<Self> {
        let Some(place) = self.recent.iter().position(|instant| *instant == at) else { return Some(self) };
        self.recent.remove(place);
        self.count = self.count.saturating_sub(1);
        self.delays = self.delays.saturating_sub(1).max(0);
        (self.count > 0 && !self.recent.is_empty()).then_some(self)
    }
}

/// Returns the wait after this number of delaying failures: one second, doubled with each further failure.
fn delay(delays: i64) -> Duration {
    match u32::try_from(delays) {
        Ok(0) => Duration::ZERO,
        Ok(delays) => Duration::from_secs(2_u64.saturating_pow(delays - 1)).min(LONGEST_DELAY),
        Err(_) => LONGEST_DELAY,
    }
}

/// Returns the time from `then` to `now`; zero if the clock was set back in between.
fn since(then: UnixMillis, now: UnixMillis) -> Duration {
    Duration::from_millis(u64::try_from(now.0.saturating_sub(then.0)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    const START: UnixMillis = UnixMillis(1_795_348_800_000);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Returns `times` failures from `now` on, each at the earliest allowed instant, and the instant of the last.
    fn guess(times: usize, mut now: UnixMillis) -> (Failures, UnixMillis) {
        let mut failures = Failures::default();
        for _ in 0..times {
            now = now.plus(failures.wait(now).unwrap_or_default());
            failures = failures.as_of(now).and_one_more(now).0;
        }
        (failures, now)
    }

    #[test]
    fn five_failures_cost_nothing_and_then_delays_double_up_to_an_hour() {
        let mut failures = Failures::default();
        let mut now = START;
        for _ in 0..5 {
            assert_eq!(failures.wait(now), None);
            failures = failures.and_one_more(now).0;
        }
        for expected in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600] {
            assert_eq!(failures.wait(now), Some(seconds(expected)));
            let almost = now.plus(seconds(expected)).minus(Duration::from_millis(1));
            assert_eq!(failures.wait(almost), Some(Duration::from_millis(1)));
            now = now.plus(seconds(expected));
            assert_eq!(failures.wait(now), None);
            failures = failures.and_one_more(now).0;
        }
    }

    #[test]
    fn failures_of_another_hour_do_not_count_towards_the_free_ones() {
        let mut failures = Failures::default();
        for quarter in 0..50 {
            let now = START.plus(seconds(quarter * 15 * 60));
            failures = failures.as_of(now);
            assert_eq!(failures.wait(now), None);
            failures = failures.and_one_more(now).0;
        }
        assert_eq!(failures.wait(START.plus(seconds(49 * 15 * 60))), None);
        assert_eq!(failures.count(), 50, "but they are consecutive");
        // Five failures within 59 minutes and 59.999 seconds are inside the window; within a full hour they are not.
        for (last, waits) in [(WINDOW.saturating_sub(Duration::from_millis(1)), true), (WINDOW, false)] {
            let mut failures = Failures::default();
            for millis in [0, 1, 2, 3] {
                failures = failures.and_one_more(START.plus(Duration::from_millis(millis))).0;
            }
            failures = failures.and_one_more(START.plus(last)).0;
            assert_eq!(failures.wait(START.plus(last)).is_some(), waits);
        }
    }

    #[test]
    fn at_a_hundred_it_closes_for_a_day_and_then_starts_afresh_and_closes_again() {
        let mut from = START;
        for _ in 0..3 {
            let (failures, last) = guess(99, from);
            assert_eq!((failures.closed_until(), failures.wait(last)), (None, Some(seconds(3600))));
            let now = last.plus(seconds(3600));
            let (failures, limit) = failures.and_one_more(now);
            assert_eq!((limit, failures.closed_until()), (Some(Limit::Closed), Some(now.plus(FORGOTTEN))));
            assert_eq!(failures.wait(now), Some(FORGOTTEN));
            let end = now.plus(FORGOTTEN);
            let almost = end.minus(Duration::from_millis(1));
            assert_eq!(failures.clone().as_of(almost).wait(almost), Some(Duration::from_millis(1)));
            assert_eq!(failures.as_of(end), Failures::default());
            from = end;
        }
    }

    #[test]
    fn each_limit_is_reached_once() {
        let (mut failures, mut now, mut reached) = (Failures::default(), START, Vec::new());
        for number in 1..=100 {
            now = now.plus(failures.wait(now).unwrap_or_default());
            let (next, limit) = failures.and_one_more(now);
            reached.extend(limit.map(|limit| (number, limit)));
            failures = next;
        }
        assert_eq!(reached, [(5, Limit::Delays), (100, Limit::Closed)]);
    }

    #[test]
    fn what_is_given_back_never_was() {
        for times in [1, 4, 5, 6, 30, 100] {
            let (before, last) = guess(times - 1, START);
            let now = last.plus(before.wait(last).unwrap_or_default());
            let after = before.and_one_more(now).0.without(now);
            assert_eq!(after.as_ref().map_or(0, Failures::count), before.count());
            assert_eq!(after.unwrap_or_default().wait(now), before.wait(now));
        }
    }

    #[test]
    fn what_is_given_back_after_a_right_password_takes_nobody_elses_failure_away() {
        let (given_back, _) = guess(6, START);
        assert!(given_back.wait(START.plus(seconds(1))).is_some());
        // A correct password has removed that row meanwhile; these failures are younger.
        let (others, last) = guess(7, START.plus(seconds(10)));
        assert_eq!(others.clone().without(START), Some(others.clone()));
        assert_eq!(others.clone().without(START).unwrap().wait(last), others.wait(last));
    }

    // J14: any change of the clock.
    proptest! {
        #[test]
        fn no_clock_makes_a_wait_longer_than_the_rule_or_panics(
            instants in prop::collection::vec(prop_oneof![
                any::<i64>(), Just(i64::MIN), Just(i64::MAX), Just(-1), Just(253_402_300_799_999), Just(START.0),
            ], 1..150),
            now in prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX), Just(0)],
        ) {
            let mut failures = Failures::default();
            for instant in instants {
                let at = UnixMillis(instant);
                failures = failures.as_of(at);
                prop_assert!(failures.wait(at).is_none_or(|wait| wait <= FORGOTTEN));
                failures = failures.and_one_more(at).0;
                failures = Failures::from_stored(failures.count(), failures.delays(), &failures.recent());
            }
            let now = UnixMillis(now);
            let is_closed = failures.count() >= MOST_FAILURES;
            let longest = if is_closed { FORGOTTEN } else { LONGEST_DELAY };
            let seen = failures.as_of(now);
            prop_assert!(seen.wait(now).is_none_or(|wait| wait <= longest));
            // Rewritten failures age with time.
            prop_assert!(!seen.are_ahead_of(now));
            let later = now.plus(FORGOTTEN);
            prop_assert!(later == UnixMillis(i64::MAX) || seen.as_of(later).wait(later).is_none());
        }
    }
}
