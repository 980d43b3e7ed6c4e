//! A histogram of durations without a lock.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

/// Durations, counted by upper bounds.
#[derive(Debug)]
pub struct Histogram {
    /// In microseconds, ascending.
    bounds: &'static [u64],
    /// One for each bound, and one for longer durations.
    buckets: Box<[AtomicU64]>,
    microseconds: AtomicU64,
}

/// The content of a histogram.
#[derive(Debug, Clone, PartialEq)]
pub struct HistogramState {
    /// The bound in seconds, and the number of durations up to it.
    pub buckets: Vec<(f64, u64)>,
    pub count: u64,
    pub seconds: f64,
}

impl Histogram {
    /// Creates an empty histogram.
    #[must_use]
    pub fn new(bounds: &'static [u64]) -> Self {
        let buckets = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, buckets, microseconds: AtomicU64::new(0) }
    }

    /// Adds a duration.
    pub fn observe(&self, duration: Duration) {
        let microseconds = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let bucket = self.bounds.partition_point(|bound| *bound < microseconds);
        if let Some(bucket) = self.buckets.get(bucket) {
            bucket.fetch_add(1, Relaxed);
        }
        self.microseconds.fetch_add(microseconds, Relaxed);
    }

    /// Returns the content. The count is that of the buckets, so that the two always agree.
    #[must_use]
    pub fn state(&self) -> HistogramState {
        let mut count = 0;
        let mut buckets = Vec::with_capacity(self.bounds.len());
        for (at, bucket) in self.buckets.iter().enumerate() {
            count += bucket.load(Relaxed);
            if let Some(bound) = self.bounds.get(at) {
                buckets.push((seconds(*bound), count));
            }
        }
        HistogramState { buckets, count, seconds: seconds(self.microseconds.load(Relaxed)) }
    }
}

fn seconds(microseconds: u64) -> f64 {
    Duration::from_micros(microseconds).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_counted_up_to_each_bound() {
        let histogram = Histogram::new(&[100, 1000]);
        for microseconds in [0, 100, 101, 1000, 1001, 5_000_000] {
            histogram.observe(Duration::from_micros(microseconds));
        }
        let state = histogram.state();
        assert_eq!(state.buckets, [(0.0001, 2), (0.001, 4)]);
        assert_eq!((state.count, state.seconds), (6, 5.002_202));
    }
}
