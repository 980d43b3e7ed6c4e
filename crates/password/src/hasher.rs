//! The hasher: the current settings, the hash pool, and the decoy that is checked for an unknown user.
//!
//! Invariant: a check against nothing, or against a string that is not a hash, costs as much as a check against a hash
//! with the current settings. A check that fails never costs less.

use std::time::{Duration, Instant};

use crate::{
    Lane, LaneError, LaneSize, LaneState, Overloaded, Password, Peppers, Salt, Settings, StoredHash, Unreadable,
    check::Check, pepper,
};

/// The longest wait of an upgrade. No client waits for it, and the next login tries again.
const UPGRADE_WAIT: Duration = Duration::from_secs(60);

/// Computes and checks hashes outside the async threads, within a deadline.
pub struct Hasher {
    settings: Settings,
    lane: Lane,
    max_wait: Duration,
    stand_in: StoredHash,
    peppers: Peppers,
}

/// The outcome of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The password is correct.
    Fits,
    /// The password is wrong, or no hash is stored.
    Differs,
    /// The stored string is not a hash that can be checked. For the client this is a wrong password.
    Unreadable(Unreadable),
}

/// The reason why a hasher could not be created.
#[derive(Debug, thiserror::Error)]
pub enum HasherProblem {
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
    /// [`HasherProblem`].
    pub fn start(
        settings: Settings,
        size: LaneSize,
        max_wait: Duration,
        (salt, bits): (Salt, [u8; 32]),
    ) -> Result<Self, HasherProblem> {
        let stand_in = settings.unmatchable(salt, bits)?;
        Ok(Self { settings, lane: Lane::start(size)?, max_wait, stand_in, peppers: Peppers::default() })
    }

    /// Adds peppers. New hashes and the decoy use the current pepper; older ones serve checks only.
    #[must_use]
    pub fn peppered(mut self, peppers: Peppers) -> Self {
        let stand_in = self.stand_in.clone().mixed(peppers.current());
        if let Ok(stand_in) = stand_in.with(&peppers) {
            self.stand_in = stand_in;
        }
        self.peppers = peppers;
        self
    }

    /// Hashes the NFC form of a new password with the current settings.
    ///
    /// # Errors
    /// [`LaneError`].
    pub async fn hash(&self, password: Password, salt: Salt) -> Result<String, LaneError> {
        let (password, version) = self.peppers.mix(password);
        let hash = self.lane.hash(self.settings, password, salt, self.deadline()).await?;
        Ok(pepper::mark(&hash, version))
    }

    /// Hashes a new password as received, without a pepper and with other settings: for software that reads such
    /// hashes.
    ///
    /// # Errors
    /// [`LaneError`].
    pub async fn hash_as_received(
        &self,
        settings: Settings,
        password: Password,
        salt: Salt,
    ) -> Result<String, LaneError> {
        self.lane.hash_as_received(settings, password, salt, self.deadline()).await
    }

    /// Rehashes the NFC form of a known password with the current settings, using spare capacity only.
    ///
    /// # Errors
    /// [`LaneError`].
    pub async fn upgrade(&self, password: Password, salt: Salt) -> Result<String, LaneError> {
        let (password, version) = self.peppers.mix(password);
        let hash = self.lane.upgrade(self.settings, password, salt, Instant::now() + UPGRADE_WAIT).await?;
        Ok(pepper::mark(&hash, version))
    }

    /// Checks a password against the stored hash, or against the decoy if nothing is stored.
    ///
    /// # Errors
    /// [`LaneError`].
    pub async fn verify(&self, stored: Option<&str>, password: Password) -> Result<Verdict, LaneError> {
        let parsed = stored.map(|stored| StoredHash::parse(stored)?.with(&self.peppers));
        let check = match &parsed {
            Some(Ok(hash)) => Check::beside(hash.clone(), self.stand_in.clone()),
            Some(Err(_)) | None => Check::alone(self.stand_in.clone()),
        };
        let fits = self.lane.check(check, password, self.deadline()).await?;
        Ok(match parsed {
            Some(Ok(_)) if fits => Verdict::Fits,
            Some(Err(why)) => Verdict::Unreadable(why),
            Some(Ok(_)) | None => Verdict::Differs,
        })
    }

    /// Returns when to try again, if a check with the current settings would be rejected now. Called before any lookup,
    /// it makes the rejection cheap and the same for every name.
    #[must_use]
    pub fn is_full(&self) -> Option<Overloaded> {
        self.lane.would_refuse(&self.stand_in, self.deadline())
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
        self.lane.threads()
    }

    /// Returns the state of the hash pool.
    #[must_use]
    pub fn state(&self) -> LaneState {
        self.lane.state()
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
    async fn the_lane_reckons_with_the_stand_in_behind_a_cheap_hash() {
        let size = LaneSize { threads: NonZeroUsize::MIN, keep_kib: 64 };
        let hasher = Hasher::start(TODAY, size, Duration::from_secs(3600), (Salt([1; 16]), [2; 32])).unwrap();
        let stored = Some("{SSHA}s4W6GgrCXa9CwvhkSlo5+2L5qCg3hlDK");
        let mut wrong = pin!(hasher.verify(stored, Password::new("wrong".to_owned())));
        let waits = std::future::poll_fn(|context| Poll::Ready(wrong.as_mut().poll(context).is_pending())).await;
        assert!(waits);
        assert!(hasher.state().expected_wait > first_guess(TODAY.work()) / 2);
        assert_eq!(wrong.await, Ok(Verdict::Differs));
    }
}
