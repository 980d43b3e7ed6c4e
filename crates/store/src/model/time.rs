//! Instants as unix milliseconds, the clock that provides them, and a monotonic time that ignores changes of the clock.
//!
//! Invariant: no other code reads the time of day, so tests can set it.

use std::{
    fmt,
    str::FromStr,
    sync::{
        Arc, LazyLock, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// The start of [`Clock::monotonic`].
static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnixMillis(pub i64);

impl UnixMillis {
    /// Returns this instant plus `duration`, at most the last representable instant.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// Returns this instant minus `duration`, at least the first representable instant.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Display for UnixMillis {
    /// Writes RFC 3339 in UTC, to the second. An instant outside its years is written in milliseconds.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.0.div_euclid(1000)) {
            Ok(instant) => write!(formatter, "{instant}"),
            Err(_) => write!(formatter, "{} ms", self.0),
        }
    }
}

impl FromStr for UnixMillis {
    type Err = jiff::Error;

    /// Reads RFC 3339 with an offset from UTC.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<jiff::Timestamp>().map(|instant| Self(instant.as_millisecond()))
    }
}

/// The source of the time of day.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The system's clock.
    System,
    /// A clock that is set by hand: its current time, and its last reading with the monotonic time.
    Manual(Arc<AtomicI64>, Arc<Mutex<(i64, Duration)>>),
}

impl Clock {
    /// Returns a manual clock that reads `now`, and the value that moves it.
    #[must_use]
    pub fn manual(now: UnixMillis) -> (Self, Arc<AtomicI64>) {
        let hand = Arc::new(AtomicI64::new(now.0));
        (Self::Manual(Arc::clone(&hand), Arc::new(Mutex::new((now.0, Duration::ZERO)))), hand)
    }

    /// Returns the time since the start of this process. It never decreases, even if the time of day is set back. A
    /// manual clock counts its forward moves.
    #[must_use]
    pub fn monotonic(&self) -> Duration {
        match self {
            Self::System => BEGINNING.elapsed(),
            Self::Manual(hand, passed) => {
                let mut passed = passed.lock().unwrap_or_else(PoisonError::into_inner);
                let (before, now) = (passed.0, hand.load(Ordering::Relaxed));
                let forward = u64::try_from(now.saturating_sub(before)).unwrap_or(0);
                *passed = (now, passed.1.saturating_add(Duration::from_millis(forward)));
                passed.1
            }
        }
    }

    /// Returns the current time of day.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
    pub fn now(&self) -> UnixMillis {
        match self {
            Self::Manual(hand, _) => UnixMillis(hand.load(Ordering::Relaxed)),
            Self::System => UnixMillis(match SystemTime::now().duration_since(UNIX_EPOCH) {
                Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
                Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |millis| -millis),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_passes_and_never_goes_back() {
        let (clock, hand) = Clock::manual(UnixMillis(5_000));
        let at = |millis: i64| {
            hand.store(millis, Ordering::Relaxed);
            clock.monotonic()
        };
        assert_eq!(at(5_000), Duration::ZERO);
        assert_eq!(at(7_000), Duration::from_secs(2));
        assert_eq!(at(1_000), Duration::from_secs(2), "a step back");
        assert_eq!(at(4_000), Duration::from_secs(5), "and on from there");
        assert_eq!(at(i64::MIN), Duration::from_secs(5));
        assert!(at(i64::MAX) >= Duration::from_secs(5));
        let first = Clock::System.monotonic();
        assert!(Clock::System.monotonic() >= first);
    }
}
