//! A rate limit for one kind of log line, for lines that any client can cause.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// A rate limit for one kind of log line.
#[derive(Debug)]
pub struct LogLimiter {
    pause: Duration,
    logged_at: Mutex<Option<Instant>>,
}

impl LogLimiter {
    /// Creates a limiter with this time between two lines.
    #[must_use]
    pub const fn new(pause: Duration) -> Self {
        Self { pause, logged_at: Mutex::new(None) }
    }

    /// Returns whether the line may be written now.
    pub fn may_log(&self) -> bool {
        let mut logged_at = self.logged_at.lock().unwrap_or_else(PoisonError::into_inner);
        let may = logged_at.is_none_or(|logged_at| logged_at.elapsed() >= self.pause);
        if may {
            *logged_at = Some(Instant::now());
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_same_line_is_not_written_twice_in_a_minute() {
        let limiter = LogLimiter::new(Duration::from_secs(60));
        let mut logged = Vec::new();
        for _ in 0..130 {
            logged.push(limiter.may_log());
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        let at: Vec<_> = (0..130).filter(|second| logged[*second]).collect();
        assert_eq!(at, [0, 60, 120]);
    }
}
