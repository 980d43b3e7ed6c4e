//! The room for connections: who gets a place, and what all of them are told of how much room there is.
//!
//! Invariant: newcomers wait for a place in the order in which they came, and whoever has one is told that they wait.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::Instant,
};

/// How often the same trouble is logged.
const QUIET: Duration = Duration::from_secs(60);

/// What connections are told about all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Crowd {
    Room,
    Full,
    /// The server stops.
    Leaving,
}

pub(super) struct Places {
    free: Arc<Semaphore>,
    most: usize,
    pub crowd: watch::Sender<Crowd>,
    log: Quiet,
    is_full_logged: bool,
}

impl Places {
    pub fn new(most: usize) -> Self {
        Self {
            free: Arc::new(Semaphore::new(most)),
            most,
            crowd: watch::Sender::new(Crowd::Room),
            log: Quiet::new(QUIET),
            is_full_logged: false,
        }
    }

    /// A place, when there is one: who comes meanwhile waits in the system's queue, and those who are here have to make
    /// room.
    pub async fn take(&mut self) -> Option<OwnedSemaphorePermit> {
        if let Ok(place) = Arc::clone(&self.free).try_acquire_owned() {
            if self.free.available_permits() >= self.enough() && self.announce(Crowd::Room) && self.is_full_logged {
                self.is_full_logged = false;
                tracing::info!("there is room for connections again");
            }
            return Some(place);
        }
        if self.announce(Crowd::Full) && self.log.may_speak() {
            self.is_full_logged = true;
            tracing::warn!(
                connections = self.most,
                "as many connections as there is room for; each ends after its answer, idle ones early"
            );
        }
        Arc::clone(&self.free).acquire_owned().await.ok()
    }

    /// So many free places are room again: not the first one, so that not everybody is told at every coming and going.
    fn enough(&self) -> usize {
        (self.most / 16).max(2).min(self.most.saturating_sub(1))
    }

    /// Says how things are; whether that was news.
    fn announce(&self, state: Crowd) -> bool {
        self.crowd.send_if_modified(|known| std::mem::replace(known, state) != state)
    }

    /// Lets everybody go, and waits for them.
    pub async fn emptied(&self) {
        self.announce(Crowd::Leaving);
        // Fails only when the semaphore is closed, and nobody closes it.
        drop(self.free.acquire_many(u32::try_from(self.most).unwrap_or(u32::MAX)).await);
    }
}

/// Keeps one kind of log line rare.
pub(super) struct Quiet {
    pause: Duration,
    spoke: Mutex<Option<Instant>>,
}

impl Quiet {
    pub const fn new(pause: Duration) -> Self {
        Self { pause, spoke: Mutex::new(None) }
    }

    /// Of trouble that goes on.
    pub const fn for_long() -> Self {
        Self::new(QUIET)
    }

    /// Whether the line may be written now.
    pub fn may_speak(&self) -> bool {
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

    /// How things are, as a newcomer finds them when so many of `most` places are taken, in this order.
    async fn told(most: usize, taken: &[usize]) -> Vec<Crowd> {
        let mut places = Places::new(most);
        let mut held = Vec::new();
        let mut told = Vec::new();
        for taken in taken {
            held.truncate(*taken);
            while held.len() < *taken {
                held.push(places.take().await.unwrap());
            }
            // The newcomer, who goes again.
            drop(tokio::time::timeout(Duration::from_millis(1), places.take()).await);
            told.push(*places.crowd.borrow());
        }
        told
    }

    // G11
    #[tokio::test(start_paused = true)]
    async fn a_full_house_has_room_again_when_some_have_gone() {
        use Crowd::{Full, Room};
        assert_eq!(told(64, &[63, 64, 63, 62, 60, 59, 63]).await, [Room, Full, Full, Full, Full, Room, Room]);
        // Few places: not at each coming and going either.
        assert_eq!(told(8, &[7, 8, 7, 6, 5, 8]).await, [Room, Full, Full, Full, Room, Full]);
        assert_eq!(told(2, &[2, 1, 0]).await, [Full, Full, Room]);
        assert_eq!(told(1, &[1, 0]).await, [Full, Room]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_same_line_is_not_written_twice_in_a_minute() {
        let quiet = Quiet::for_long();
        let mut spoken = Vec::new();
        for _ in 0..130 {
            spoken.push(quiet.may_speak());
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        let at: Vec<_> = (0..130).filter(|second| spoken[*second]).collect();
        assert_eq!(at, [0, 60, 120]);
    }
}
