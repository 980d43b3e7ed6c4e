//! The hasher: the current settings, the hash pool, and the decoy that is checked for an unknown user.
//!
//! Invariant: a check against nothing, or against a string that is not a hash, costs as much as a check against a hash
//! with the current settings. A check that fails never costs less.

use std::time::{Duration, Instant};

use crate::{
    HashPool, HashPoolError, HashPoolSize, HashPoolState, Overloaded, Password, Peppers, Salt, Settings, StoredHash,
    Unreadable, check::Check, pepper,
};

/// The longest wait of an upgrade. No client waits for it, and the next login tries again.
const UPGRADE_WAIT: Duration = Duration::from_secs(60);

/// Computes and checks hashes outside the async threads, within a deadline.
pub struct Hasher {
    settings: Settings,
    pool: HashPool,
    max_wait: Duration,
    decoy: StoredHash,
    peppers: Peppers,
}

/// The outcome of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// The password is correct.
    Fits,
    /// The password is wrong, or no hash is stored.
    Differs,
    /// The stored string is not a hash that can be checked. For the client this is a wrong password.
    Unreadable(Unreadable),
}

/// The reason why a hasher could not be created.
#[derive(Debug, thiserror::Error)]
pub enum HasherError {
    #[error("the settings for new hashes are out of bounds")]
    Settings(#[from] Unreadable),
    #[error("cannot start the hashing threads: {0}")]
    Threads(#[from] std::io::Error),
}

impl Hasher {
    /// Starts the hash pool. `bits` must be random and secret; the decoy is made of them, so no known password matches
    /// it.
    ///
    /// # Errors
    /// [`HasherError`].
    pub fn start(
        settings: Settings,
        size: HashPoolSize,
        max_wait: Duration,
        (salt, bits): (Salt, [u8; 32]),
    ) -> Result<Self, HasherError> {
        let decoy = settings.unmatchable(salt, bits)?;
        Ok(Self { settings, pool: HashPool::start(size)?, max_wait, decoy, peppers: Peppers::default() })
    }

    /// Adds peppers. New hashes and the decoy use the current pepper; older ones serve checks only.
    #[must_use]
    pub fn peppered(mut self, peppers: Peppers) -> Self {
        let decoy = self.decoy.clone().mixed(peppers.current());
        if let Ok(decoy) = decoy.with(&peppers) {
            self.decoy = decoy;
        }
        self.peppers = peppers;
        self
    }

    /// Hashes the NFC form of a new password with the current settings.
    ///
    /// # Errors
    /// [`HashPoolError`].
    pub async fn hash(&self, password: Password, salt: Salt) -> Result<String, HashPoolError> {
        let (password, version) = self.peppers.mix(password);
        let hash = self.pool.hash(self.settings, password, salt, self.deadline()).await?;
        Ok(pepper::mark(&hash, version))
    }

    /// Hashes a new password as received, without a pepper and with other settings: for software that reads such
    /// hashes.
    ///
    /// # Errors
    /// [`HashPoolError`].
    pub async fn hash_as_received(
        &self,
        settings: Settings,
        password: Password,
        salt: Salt,
    ) -> Result<String, HashPoolError> {
        self.pool.hash_as_received(settings, password, salt, self.deadline()).await
    }

    /// Rehashes the NFC form of a known password with the current settings, using spare capacity only.
    ///
    /// # Errors
    /// [`HashPoolError`].
    pub async fn upgrade(&self, password: Password, salt: Salt) -> Result<String, HashPoolError> {
        let (password, version) = self.peppers.mix(password);
        let hash = self.pool.upgrade(self.settings, password, salt, Instant::now() + UPGRADE_WAIT).await?;
        Ok(pepper::mark(&hash, version))
    }

    /// Checks a password against the stored hash, or against the decoy if nothing is stored.
    ///
    /// # Errors
    /// [`HashPoolError`].
    pub async fn verify(&self, stored: Option<&str>, password: Password) -> Result<Verification, HashPoolError> {
        let parsed = stored.map(|stored| StoredHash::parse(stored)?.with(&self.peppers));
        let check = match &parsed {
            Some(Ok(hash)) => Check::beside(hash.clone(), self.decoy.clone()),
            Some(Err(_)) | None => Check::alone(self.decoy.clone()),
        };
        let fits = self.pool.check(check, password, self.deadline()).await?;
        Ok(match parsed {
            Some(Ok(_)) if fits => Verification::Fits,
            Some(Err(why)) => Verification::Unreadable(why),
            Some(Ok(_)) | None => Verification::Differs,
        })
    }

    /// Returns when to try again, if a check with the current settings would be rejected now. Called before any lookup,
    /// it makes the rejection cheap and the same for every name.
    #[must_use]
    pub fn is_full(&self) -> Option<Overloaded> {
        self.pool.would_refuse(&self.decoy, self.deadline())
    }

    /// Returns whether `stored` is weaker than a new hash of `password` with the current settings.
    #[must_use]
    pub fn is_weaker(&self, stored: &str, password: &Password) -> bool {
        StoredHash::parse(stored).is_ok_and(|hash| {
            // A later pepper counts too: an operator who returns to an older pepper must be able to retire the later
            // one. While nodes disagree, a login costs one more hash at most, from spare capacity.
            hash.pepper() != self.peppers.current() || hash.is_weaker_than(&self.settings, password)
        })
    }

    /// Returns the settings of new hashes.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// Returns the number of hashing threads.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.pool.threads()
    }

    /// Returns the state of the hash pool.
    #[must_use]
    pub fn state(&self) -> HashPoolState {
        self.pool.state()
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.max_wait
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::{num::NonZeroUsize, pin::pin, task::Poll};

    use super::*;
    use crate::first_guess;

    /// About a second of work, so that the assertions run while it is computed.
    const TODAY: Settings = Settings::Pbkdf2Sha256 { iterations: 10_000_000 };

    #[tokio::test]
    async fn the_pool_counts_the_decoy_behind_a_cheap_hash() {
        let size = HashPoolSize { threads: NonZeroUsize::MIN, keep_kib: 64 };
        let hasher = Hasher::start(TODAY, size, Duration::from_secs(3600), (Salt([1; 16]), [2; 32])).unwrap();
        let stored = Some("{SSHA}s4W6GgrCXa9CwvhkSlo5+2L5qCg3hlDK");
        let mut wrong = pin!(hasher.verify(stored, Password::new("wrong".to_owned())));
        let waits = std::future::poll_fn(|context| Poll::Ready(wrong.as_mut().poll(context).is_pending())).await;
        assert!(waits);
        assert!(hasher.state().expected_wait > first_guess(TODAY.work()) / 2);
        assert_eq!(wrong.await, Ok(Verification::Differs));
    }
}
