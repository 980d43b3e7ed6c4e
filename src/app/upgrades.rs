//! The queue of passwords whose stored hashes wait for an upgrade.
//!
//! Invariant: the queue holds a limited number of passwords, each wiped on drop. If it is full, the user's next login
//! offers the upgrade again.

use doorward_password::Password;
use tokio::sync::{Mutex, mpsc};

use crate::store::credentials::Credential;

/// The maximum number of waiting upgrades.
const LIMIT: usize = 256;

/// A password that was just verified, and the hash that it matched.
pub struct Upgrade {
    pub credential: Credential,
    pub password: Password,
}

/// The waiting upgrades.
pub struct Upgrades {
    offer: mpsc::Sender<Upgrade>,
    take: Mutex<mpsc::Receiver<Upgrade>>,
}

impl Default for Upgrades {
    fn default() -> Self {
        let (offer, take) = mpsc::channel(LIMIT);
        Self { offer, take: Mutex::new(take) }
    }
}

impl Upgrades {
    /// Adds an upgrade, or drops it if the queue is full.
    pub fn offer(&self, upgrade: Upgrade) {
        drop(self.offer.try_send(upgrade));
    }

    /// Waits for the next upgrade.
    pub async fn next(&self) -> Option<Upgrade> {
        self.take.lock().await.recv().await
    }

    /// Returns the next upgrade, if any.
    pub async fn next_if_any(&self) -> Option<Upgrade> {
        self.take.lock().await.try_recv().ok()
    }
}
