//! The connection limit, and the load state that every connection observes.
//!
//! Invariants: new connections get a permit in the order of their arrival. Open connections see that others wait.

use std::{sync::Arc, time::Duration};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::{load_state::LoadState, log_limiter::LogLimiter};

/// The shortest time between two log lines about the same problem.
const QUIET: Duration = Duration::from_secs(60);

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
        if let Ok(permit) = Arc::clone(&self.free).try_acquire_owned() {
            if self.free.available_permits() >= self.enough()
                && self.announce(LoadState::Available)
                && self.is_full_logged
            {
                self.is_full_logged = false;
                tracing::info!("below the connection limit again");
            }
            return Some(permit);
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

    /// Returns the number of free permits that ends the state `Full`. It is more than one, so the state does not change
    /// with every connection.
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
        // Fails only if the semaphore is closed, which never happens.
        drop(self.free.acquire_many(u32::try_from(self.most).unwrap_or(u32::MAX)).await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the load states that a new connection observes while `taken` of `most` permits are in use.
    async fn states(most: usize, taken: &[usize]) -> Vec<LoadState> {
        let mut limit = ConnectionLimit::new(most);
        let mut held = Vec::new();
        let mut states = Vec::new();
        for taken in taken {
            held.truncate(*taken);
            while held.len() < *taken {
                held.push(limit.take().await.unwrap());
            }
            // The new connection, which closes at once.
            drop(tokio::time::timeout(Duration::from_millis(1), limit.take()).await);
            states.push(*limit.load.borrow());
        }
        states
    }

    // G11
    #[tokio::test(start_paused = true)]
    async fn a_full_server_is_available_again_after_some_connections_end() {
        use LoadState::{Available, Full};
        assert_eq!(
            states(64, &[63, 64, 63, 62, 60, 59, 63]).await,
            [Available, Full, Full, Full, Full, Available, Available]
        );
        // With few permits, the state does not change with every connection either.
        assert_eq!(states(8, &[7, 8, 7, 6, 5, 8]).await, [Available, Full, Full, Full, Available, Full]);
        assert_eq!(states(2, &[2, 1, 0]).await, [Full, Full, Available]);
        assert_eq!(states(1, &[1, 0]).await, [Full, Available]);
    }
}
