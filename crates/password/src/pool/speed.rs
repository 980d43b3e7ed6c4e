//! The expected time of a job: the time of one unit of work, learned for each kernel from timed jobs.
//!
//! Invariant: the first guess applies until a kernel's first job was timed. One absurdly slow job, as on a suspended
//! machine, cannot spoil the estimate.

use std::time::Duration;

use crate::{Work, first_guess};

/// The weight of past measurements after a new one.
const KEPT: f64 = 7.0 / 8.0;
/// The largest ratio of measured to expected time that counts in full.
const OUTLIER: f64 = 8.0;

/// The learned speeds.
#[derive(Default)]
pub(super) struct Speeds(Vec<Speed>);

/// Time and work of one kernel. Both decay, so that a costly job weighs more than a cheap one.
struct Speed {
    kernel: &'static str,
    seconds: f64,
    units: f64,
}

impl Speeds {
    /// Returns how long this work needs on one thread.
    pub(super) fn expected(&self, work: Work) -> Duration {
        match self.0.iter().find(|speed| speed.kernel == work.kernel) {
            Some(speed) => seconds(speed.seconds / speed.units * units(work)),
            None => first_guess(work),
        }
    }

    /// Records that `work` needed `taken`.
    pub(super) fn learn(&mut self, work: Work, taken: Duration) {
        let taken = taken.as_secs_f64();
        match self.0.iter_mut().find(|speed| speed.kernel == work.kernel) {
            Some(speed) => {
                let most = speed.seconds / speed.units * units(work) * OUTLIER;
                speed.seconds = speed.seconds * KEPT + taken.min(most);
                speed.units = speed.units * KEPT + units(work);
            }
            None => self.0.push(Speed {
                kernel: work.kernel,
                seconds: taken.min(first_guess(work).as_secs_f64() * OUTLIER),
                units: units(work),
            }),
        }
    }
}

fn units(work: Work) -> f64 {
    // Exact below 2^53; larger work is never queued.
    work.units.max(1) as f64
}

fn seconds(count: f64) -> Duration {
    Duration::try_from_secs_f64(count).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: Work = Work { kernel: "of the test", units: 1000 };

    #[test]
    fn the_first_job_replaces_the_guess_and_later_ones_move_it() {
        let mut speeds = Speeds::default();
        assert_eq!(speeds.expected(JOB), first_guess(JOB));
        let taken = first_guess(JOB) * 2;
        speeds.learn(JOB, taken);
        assert!(speeds.expected(JOB).abs_diff(taken) < Duration::from_micros(1));
        let twice = Work { units: 2000, ..JOB };
        assert!(speeds.expected(twice).abs_diff(taken * 2) < Duration::from_micros(1));
        for _ in 0..100 {
            speeds.learn(JOB, taken / 2);
        }
        assert!(speeds.expected(JOB).abs_diff(taken / 2) < Duration::from_micros(1));
        let other = Work { kernel: "another", units: 1000 };
        assert_eq!(speeds.expected(other), first_guess(other), "each kernel has its own speed");
    }

    #[test]
    fn one_absurdly_slow_job_at_most_doubles_the_estimate() {
        let mut speeds = Speeds::default();
        let usual = first_guess(JOB);
        for _ in 0..100 {
            speeds.learn(JOB, usual);
        }
        speeds.learn(JOB, Duration::from_secs(1_000_000));
        assert!(speeds.expected(JOB) < usual * 2);
        // The same holds for a slow first job.
        let other = Work { kernel: "another", units: 1000 };
        speeds.learn(other, Duration::from_secs(1_000_000));
        assert!(speeds.expected(other) <= first_guess(other) * 9);
    }

    #[test]
    fn cheap_jobs_do_not_raise_the_estimate_of_costly_ones() {
        let mut speeds = Speeds::default();
        speeds.learn(JOB, Duration::from_millis(10));
        // One unit each; nearly all of the time is the fixed cost of a job.
        for _ in 0..5 {
            speeds.learn(Work { units: 1, ..JOB }, Duration::from_micros(50));
        }
        assert!(speeds.expected(JOB) < Duration::from_millis(11));
    }
}
