//! A quota: a number of attempts at once, then one in each interval (the generic cell rate algorithm).
//!
//! The state of a client is one instant: the time until which its attempts have used the quota. Instants are
//! milliseconds of a monotonic clock. Invariant: an instant in the past is the same as none.

use std::time::Duration;

/// A number of attempts at once, then one in each interval.
#[derive(Debug, Clone, Copy)]
pub struct Quota {
    at_once: u64,
    /// The interval in milliseconds.
    interval: u64,
}

impl Quota {
    /// Creates the quota.
    pub const fn new(at_once: u64, interval: Duration) -> Self {
        Self { at_once, interval: interval.as_millis() as u64 }
    }

    /// Returns a multiple of the quota.
    pub const fn times(self, times: u64) -> Self {
        Self { at_once: self.at_once.saturating_mul(times), interval: self.interval / times }
    }

    /// Counts an attempt at `now`. Returns the new state, or the time to wait.
    pub fn take(self, used_until: u64, now: u64) -> Result<u64, Duration> {
        let used_until = used_until.max(now).saturating_add(self.interval);
        let latest = now.saturating_add(self.at_once.saturating_mul(self.interval));
        if used_until <= latest { Ok(used_until) } else { Err(Duration::from_millis(used_until - latest)) }
    }

    /// Refunds one attempt.
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
    fn a_number_at_once_and_then_one_in_each_interval() {
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
        assert_eq!([take(100_000), take(100_000), take(100_000)], [None; 3], "it refills to three and no more");
        assert!(take(100_000).is_some());
    }

    #[test]
    fn ten_times_the_quota_is_ten_times_as_much_in_the_same_time() {
        let (mut used, wide) = (0, QUOTA.times(10));
        while let Ok(then) = wide.take(used, 5) {
            used = then;
        }
        assert_eq!(used, 5 + 30_000);
        assert_eq!(wide.take(used, 5), Err(Duration::from_secs(1)));
        assert_eq!(QUOTA.take(wide.give_back(used), 5), Err(Duration::from_secs(9)), "one more attempt was a tenth");
    }

    proptest! {
        #[test]
        fn no_client_exceeds_the_quota(steps in prop::collection::vec(0u64..20_000, 1..200)) {
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
