//! The hasher: today's settings, the lane, and the hash that stands in for an unknown user's.
//!
//! Invariant: checking a password against nothing, or against a string that is not a hash, costs what checking it
//! against a hash of today's settings costs, and a check that fails never costs less.

use std::time::{Duration, Instant};

use crate::{
    HashPool, HashPoolError, HashPoolSize, HashPoolState, Overloaded, Password, Peppers, Salt, Settings, StoredHash,
    Unreadable, check::Check, pepper,
};

/// How long an upgrade may wait: nobody waits for it, and the next login brings another.
const UPGRADE_WAIT: Duration = Duration::from_secs(60);

/// Makes and checks hashes, off the async threads and by a deadline.
pub struct Hasher {
    settings: Settings,
    pool: HashPool,
    max_wait: Duration,
    decoy: StoredHash,
    peppers: Peppers,
}

/// What a check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// The password is right.
    Fits,
    /// It is wrong, or there was nothing that it could fit.
    Differs,
    /// What is stored is not a hash that can be checked. For the client this is a wrong password.
    Unreadable(Unreadable),
}

/// Why a hasher could not be made.
#[derive(Debug, thiserror::Error)]
pub enum HasherError {
    #[error("the settings for new hashes are out of bounds")]
    Settings(#[from] Unreadable),
    #[error("no threads for hashing can be had: {0}")]
    Threads(#[from] std::io::Error),
}

impl Hasher {
    /// Starts the lane. `bits` are random; nobody is told them, and no password is known that fits the hash made of them.
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

    /// The same, with peppers: today's goes into new hashes and into the stand-in, older ones are for checks.
    #[must_use]
    pub fn peppered(mut self, peppers: Peppers) -> Self {
        let decoy = self.decoy.clone().mixed(peppers.current());
        if let Ok(decoy) = decoy.with(&peppers) {
            self.decoy = decoy;
        }
        self.peppers = peppers;
        self
    }

    /// Hashes the NFC form of a new password by today's settings.
    ///
    /// # Errors
    /// [`HashPoolError`].
    pub async fn hash(&self, password: Password, salt: Salt) -> Result<String, HashPoolError> {
        let (password, version) = self.peppers.mix(password);
        let hash = self.pool.hash(self.settings, password, salt, self.deadline()).await?;
        Ok(pepper::mark(&hash, version))
    }

    /// Hashes a new password as it was received and without a pepper, by other settings than today's: for software that reads those.
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

    /// Hashes the NFC form of a known password anew by today's settings, with spare capacity only.
    ///
    /// # Errors
    /// [`HashPoolError`].
    pub async fn upgrade(&self, password: Password, salt: Salt) -> Result<String, HashPoolError> {
        let (password, version) = self.peppers.mix(password);
        let hash = self.pool.upgrade(self.settings, password, salt, Instant::now() + UPGRADE_WAIT).await?;
        Ok(pepper::mark(&hash, version))
    }

    /// Checks a password against what is stored, or against the stand-in when nothing is.
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

    /// When it is worth trying again, if a check of today's settings that comes now would be refused. Asked before
    /// anything is looked up, it makes a refusal cheap and the same for every name.
    #[must_use]
    pub fn is_full(&self) -> Option<Overloaded> {
        self.pool.would_refuse(&self.decoy, self.deadline())
    }

    /// Whether `stored` is a hash that is weaker than one that today's settings would make of `password`.
    #[must_use]
    pub fn is_weaker(&self, stored: &str, password: &Password) -> bool {
        StoredHash::parse(stored).is_ok_and(|hash| {
            // Also a later one: who goes back to an older pepper must come to an end with the later one. While nodes are of two
            // minds, that costs a login one more hash at most, and that from spare capacity.
            hash.pepper() != self.peppers.current() || hash.is_weaker_than(&self.settings, password)
        })
    }

    /// The settings of new hashes.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// Threads that hash.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.pool.threads()
    }

    /// The lane at this moment.
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

    /// A second of work, so that what is asserted meanwhile is asserted while it is done.
    const TODAY: Settings = Settings::Pbkdf2Sha256 { iterations: 10_000_000 };

    #[tokio::test]
    async fn the_lane_reckons_with_the_stand_in_behind_a_cheap_hash() {
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
