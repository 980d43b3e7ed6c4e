//! The passwords whose stored hashes await an upgrade, held no longer than necessary.
//!
//! This queue knows neither hashes nor SQL. Invariant: it holds a bounded number of passwords, each wiped on drop. When
//! it is full, an upgrade is left to the user's next login.

use doorward_password::Password;
use tokio::sync::{Mutex, mpsc};

use crate::store::credentials::Credential;

/// The most waiting upgrades.
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
    /// Adds an upgrade, or drops it when the queue is full.
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
