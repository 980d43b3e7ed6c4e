//! The passwords whose stored hashes are to be made anew, known for as long as it takes and no longer.
//!
//! A queue and nothing else: it knows neither hashes nor SQL. Invariant: it holds a bounded number of passwords, each
//! wiped when it is dropped; what finds it full is left to that user's next login.

use doorward_password::Password;
use tokio::sync::{Mutex, mpsc};

use crate::store::credentials::Credential;

/// Most upgrades that wait.
const LIMIT: usize = 256;

/// A password that was just found right, and the hash that it was found right by.
pub struct Upgrade {
    pub credential: Credential,
    pub password: Password,
}

/// The upgrades that wait.
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
    /// Adds one, or drops it when there are too many.
    pub fn offer(&self, upgrade: Upgrade) {
        drop(self.offer.try_send(upgrade));
    }

    /// The next one, as soon as there is one.
    pub async fn next(&self) -> Option<Upgrade> {
        self.take.lock().await.recv().await
    }

    /// The next one, if there is one.
    pub async fn next_if_any(&self) -> Option<Upgrade> {
        self.take.lock().await.try_recv().ok()
    }
}
