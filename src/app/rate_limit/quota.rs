//! A budget of tries: so many at once, then one every so often (the generic cell rate algorithm).
//!
//! All that is kept of a client is one instant: up to when its tries so far use the budget up. Instants are milliseconds of
//! a clock that never goes back. Invariant: an instant that is not in the future says nothing.

use std::time::Duration;

/// So many tries at once, then one an interval.
#[derive(Debug, Clone, Copy)]
pub struct Quota {
    at_once: u64,
    /// In milliseconds.
    interval: u64,
}

impl Quota {
    /// `at_once` tries, and one more every `interval`.
    pub const fn new(at_once: u64, interval: Duration) -> Self {
        Self { at_once, interval: interval.as_millis() as u64 }
    }

    /// So many times as much: at once, and in any time.
    pub const fn times(self, times: u64) -> Self {
        Self { at_once: self.at_once.saturating_mul(times), interval: self.interval / times }
    }

    /// One more try at `now`: up to when the budget is used then, or how long to wait for the next.
    pub fn take(self, used_until: u64, now: u64) -> Result<u64, Duration> {
        let used_until = used_until.max(now).saturating_add(self.interval);
        let latest = now.saturating_add(self.at_once.saturating_mul(self.interval));
        if used_until <= latest { Ok(used_until) } else { Err(Duration::from_millis(used_until - latest)) }
    }

    /// One try less.
    pub fn give_back(self, used_until: u64) -> u64 {
        used_until.saturating_sub(self.interval)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const QUOTA: Quota = Quota::new(3, Duration::from_secs(10));

    #[test]
    fn so_many_at_once_and_then_one_an_interval() {
        let mut used = 0;
        let mut take = |now| {
            let outcome = QUOTA.take(used, now);
            used = outcome.unwrap_or(used);
            outcome.err()
        };
        assert_eq!([take(5), take(5), take(5)], [None; 3]);
        assert_eq!(take(5), Some(Duration::from_secs(10)));
        assert_eq!(take(5), Some(Duration::from_secs(10)), "a refusal costs nothing");
        assert_eq!(take(9_005), Some(Duration::from_secs(1)));
        assert_eq!(take(10_005), None);
        assert_eq!(take(10_005), Some(Duration::from_secs(10)));
        assert_eq!([take(100_000), take(100_000), take(100_000)], [None; 3], "it fills up to three and no more");
        assert!(take(100_000).is_some());
    }

    #[test]
    fn ten_times_the_budget_is_ten_times_as_much_of_the_same_time() {
        let (mut used, wide) = (0, QUOTA.times(10));
        while let Ok(then) = wide.take(used, 5) {
            used = then;
        }
        assert_eq!(used, 5 + 30_000);
        assert_eq!(wide.take(used, 5), Err(Duration::from_secs(1)));
        assert_eq!(QUOTA.take(wide.give_back(used), 5), Err(Duration::from_secs(9)), "one try more was a tenth");
    }

    proptest! {
        #[test]
        fn nobody_gets_more_than_the_budget(steps in prop::collection::vec(0u64..20_000, 1..200)) {
            let (mut used, mut now, mut taken) = (0, 0, Vec::new());
            for step in steps {
                now += step;
                if let Ok(then) = QUOTA.take(used, now) {
                    used = then;
                    taken.push(now);
                }
            }
            for (at, first) in taken.iter().enumerate() {
                for (more, last) in taken[at..].iter().enumerate() {
                    prop_assert!(more as u64 <= 2 + (last - first) / 10_000);
                }
            }
        }

        #[test]
        fn no_instant_is_too_large(used in any::<u64>(), now in any::<u64>()) {
            let _ = QUOTA.take(used, now).map(|used| QUOTA.give_back(used));
        }
    }
}
