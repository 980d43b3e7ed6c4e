//! The connection limit, and the load state that every connection observes.
//!
//! Invariant: new connections get a permit in the order of their arrival, and open connections learn that others wait.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::Instant,
};

/// The shortest time between two log lines about the same problem.
const QUIET: Duration = Duration::from_secs(60);

/// The load of the server, as every connection sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LoadState {
    Available,
    Full,
    /// The server is stopping.
    Stopping,
}

pub(super) struct ConnectionLimit {
    free: Arc<Semaphore>,
    most: usize,
    pub load: watch::Sender<LoadState>,
    log: LogLimiter,
    is_full_logged: bool,
}

impl ConnectionLimit {
    pub fn new(most: usize) -> Self {
        Self {
            free: Arc::new(Semaphore::new(most)),
            most,
            load: watch::Sender::new(LoadState::Available),
            log: LogLimiter::new(QUIET),
            is_full_logged: false,
        }
    }

    /// Waits for a permit. Until then, new connections wait in the system's queue, and open connections must close after
    /// their response.
    pub async fn take(&mut self) -> Option<OwnedSemaphorePermit> {
        if let Ok(place) = Arc::clone(&self.free).try_acquire_owned() {
            if self.free.available_permits() >= self.enough()
                && self.announce(LoadState::Available)
                && self.is_full_logged
            {
                self.is_full_logged = false;
                tracing::info!("below the connection limit again");
            }
            return Some(place);
        }
        if self.announce(LoadState::Full) && self.log.may_log() {
            self.is_full_logged = true;
            tracing::warn!(
                connections = self.most,
                "connection limit reached; closing each connection after its response"
            );
        }
        Arc::clone(&self.free).acquire_owned().await.ok()
    }

    /// Returns the number of free permits that ends the state `Full`. More than one, so that the state does not change with
    /// every connection.
    fn enough(&self) -> usize {
        (self.most / 16).max(2).min(self.most.saturating_sub(1))
    }

    /// Publishes the load state. Returns whether it changed.
    fn announce(&self, state: LoadState) -> bool {
        self.load.send_if_modified(|known| std::mem::replace(known, state) != state)
    }

    /// Asks all connections to end, and waits for them.
    pub async fn drain(&self) {
        self.announce(LoadState::Stopping);
        // Fails only when the semaphore is closed, which never happens.
        drop(self.free.acquire_many(u32::try_from(self.most).unwrap_or(u32::MAX)).await);
    }
}

/// Limits how often one kind of log line is written.
pub(super) struct LogLimiter {
    pause: Duration,
    spoke: Mutex<Option<Instant>>,
}

impl LogLimiter {
    pub const fn new(pause: Duration) -> Self {
        Self { pause, spoke: Mutex::new(None) }
    }

    /// Returns the limiter for a problem that lasts.
    pub const fn for_minutes() -> Self {
        Self::new(QUIET)
    }

    /// Returns whether the line may be written now.
    pub fn may_log(&self) -> bool {
        let mut spoke = self.spoke.lock().unwrap_or_else(PoisonError::into_inner);
        let may = spoke.is_none_or(|spoke| spoke.elapsed() >= self.pause);
        if may {
            *spoke = Some(Instant::now());
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the load states that a new connection observes while `taken` of `most` permits are in use.
    async fn told(most: usize, taken: &[usize]) -> Vec<LoadState> {
        let mut limit = ConnectionLimit::new(most);
        let mut held = Vec::new();
        let mut told = Vec::new();
        for taken in taken {
            held.truncate(*taken);
            while held.len() < *taken {
                held.push(limit.take().await.unwrap());
            }
            // The new connection, which closes at once.
            drop(tokio::time::timeout(Duration::from_millis(1), limit.take()).await);
            told.push(*limit.load.borrow());
        }
        told
    }

    // G11
    #[tokio::test(start_paused = true)]
    async fn a_full_house_has_room_again_when_some_have_gone() {
        use LoadState::{Available, Full};
        assert_eq!(
            told(64, &[63, 64, 63, 62, 60, 59, 63]).await,
            [Available, Full, Full, Full, Full, Available, Available]
        );
        // With few permits, the state does not change with every connection either.
        assert_eq!(told(8, &[7, 8, 7, 6, 5, 8]).await, [Available, Full, Full, Full, Available, Full]);
        assert_eq!(told(2, &[2, 1, 0]).await, [Full, Full, Available]);
        assert_eq!(told(1, &[1, 0]).await, [Full, Available]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_same_line_is_not_written_twice_in_a_minute() {
        let quiet = LogLimiter::for_minutes();
        let mut spoken = Vec::new();
        for _ in 0..130 {
            spoken.push(quiet.may_log());
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        let at: Vec<_> = (0..130).filter(|second| spoken[*second]).collect();
        assert_eq!(at, [0, 60, 120]);
    }
}
