//! Instants as unix milliseconds, and the clock that gives them; beside it time as it passes, which no step of the clock
//! turns back.
//!
//! Invariant: nothing else in the program asks the system for the time of day, so that a test can set it.

use std::{
    fmt,
    str::FromStr,
    sync::{
        Arc, LazyLock, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// What [`Clock::monotonic`] counts from.
static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnixMillis(pub i64);

impl UnixMillis {
    /// This instant and `duration` more, or the last one that there is.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// This instant and `duration` less, or the first one that there is.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Display for UnixMillis {
    /// RFC 3339 in UTC, to the second; an instant outside its years shows as plain milliseconds.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.0.div_euclid(1000)) {
            Ok(instant) => write!(formatter, "{instant}"),
            Err(_) => write!(formatter, "{} ms", self.0),
        }
    }
}

impl FromStr for UnixMillis {
    type Err = jiff::Error;

    /// RFC 3339, with an offset from UTC.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<jiff::Timestamp>().map(|instant| Self(instant.as_millisecond()))
    }
}

/// Where the time of day comes from.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The system's clock.
    System,
    /// A clock that stands still until its hand is set; and where the hand was last, with the time that has passed by it.
    Manual(Arc<AtomicI64>, Arc<Mutex<(i64, Duration)>>),
}

impl Clock {
    /// A clock that stands at `now`, and the hand to move it.
    #[must_use]
    pub fn manual(now: UnixMillis) -> (Self, Arc<AtomicI64>) {
        let hand = Arc::new(AtomicI64::new(now.0));
        (Self::Manual(Arc::clone(&hand), Arc::new(Mutex::new((now.0, Duration::ZERO)))), hand)
    }

    /// How much time has passed since some moment of this process. It goes on evenly and never back, whatever is done to
    /// the time of day; a clock that is moved by hand counts what it was moved forward.
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

    /// The time of day now.
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
