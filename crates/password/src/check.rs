//! One check of a password: against the stored hash and, where timing would reveal something, against the decoy.
//!
//! This module knows neither names nor queues. Invariant: a wrong password never costs less than a check against the
//! decoy alone. So a wrong password is never answered sooner than an unknown name.

use crate::{Password, Scratch, StoredHash, Work, first_guess, scheme::Tried};

/// What a password is checked against.
pub(crate) struct Check {
    stored: StoredHash,
    decoy: Option<StoredHash>,
}

/// The kernel that does not use the thread's memory; it allocates its own.
const KERNEL_WITH_ITS_OWN: &str = "yescrypt";

impl Check {
    /// Returns a check against `stored` alone.
    pub(crate) fn alone(stored: StoredHash) -> Self {
        Self { stored, decoy: None }
    }

    /// Returns a check against `stored`, and also against `decoy` if the password is wrong and that check cost less
    /// than the decoy: the stored hash is cheap, or the password is too long to be computed.
    pub(crate) fn beside(stored: StoredHash, decoy: StoredHash) -> Self {
        Self { stored, decoy: Some(decoy) }
    }

    pub(crate) fn scheme(&self) -> &'static str {
        self.stored.scheme()
    }

    /// Returns the largest possible work, and the memory in KiB.
    pub(crate) fn demand(&self, password: &Password) -> (Work, u32) {
        let (work, memory) = (self.stored.work_on(password), self.stored.memory_kib());
        let Some(decoy) = self.decoy_for(work, password) else { return (work, memory) };
        let more = decoy.memory_kib();
        let together = if work.kernel == KERNEL_WITH_ITS_OWN { memory.saturating_add(more) } else { memory.max(more) };
        (work.and(decoy.work_on(password)), together)
    }

    /// Performs the check. Returns `None` when memory runs out.
    pub(crate) fn perform(&self, password: &Password, scratch: &mut Scratch) -> Option<Tried> {
        let tried = self.stored.tried(password, scratch)?;
        match self.decoy_for(tried.work, password) {
            Some(decoy) if !tried.fits => {
                let spent = decoy.tried(password, scratch)?;
                Some(Tried { fits: false, work: tried.work.and(spent.work) })
            }
            _ => Some(tried),
        }
    }

    /// Returns the decoy if it costs more than `work`.
    fn decoy_for(&self, work: Work, password: &Password) -> Option<&StoredHash> {
        self.decoy.as_ref().filter(|decoy| first_guess(work) < first_guess(decoy.work_on(password)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::{Salt, Settings};

    const TODAY: Settings = Settings::Pbkdf2Sha256 { iterations: 20_000 };
    const RIGHT: &str = "correct horse battery staple";

    fn decoy() -> StoredHash {
        TODAY.unmatchable(Salt([3; 16]), [5; 32]).unwrap()
    }

    fn check(stored: &str) -> Check {
        Check::beside(StoredHash::parse(stored).unwrap(), decoy())
    }

    fn perform(check: &Check, password: &str) -> Tried {
        check.perform(&Password::new(password.to_owned()), &mut Scratch::default()).unwrap()
    }

    fn hash(settings: Settings) -> String {
        settings.hash(&Password::new(RIGHT.to_owned()), Salt([9; 16]), &mut Scratch::default()).unwrap()
    }

    // A4
    #[test]
    fn a_wrong_password_against_a_cheap_hash_costs_no_less_than_an_unknown_name() {
        let cheap = [
            "{SSHA}s4W6GgrCXa9CwvhkSlo5+2L5qCg3hlDK".to_owned(),
            "9cc2ae8a1ba7a93da39b46fc1019c481".to_owned(),
            hash(Settings::Pbkdf2Sha256 { iterations: 1000 }),
            hash(Settings::Argon2id { memory_kib: 64, iterations: 1, parallelism: 1 }),
        ];
        // The second one is not in normal form, so an unknown name with it costs two hashes.
        for wrong in ["wrong", "e\u{301}te\u{301}", ""] {
            let unknown = perform(&Check::alone(decoy()), wrong).work;
            for stored in &cheap {
                let tried = perform(&check(stored), wrong);
                assert!(!tried.fits && first_guess(tried.work) >= first_guess(unknown), "{stored}: {:?}", tried.work);
                let (asked, _) = check(stored).demand(&Password::new(wrong.to_owned()));
                assert_eq!(asked, tried.work, "{stored}: the demand must equal the computed work");
            }
        }
        let right = perform(&check(&hash(Settings::Pbkdf2Sha256 { iterations: 1000 })), RIGHT);
        assert!(right.fits);
        assert_eq!(right.work.units, 1000, "a right password must cost only its own hash");
    }

    #[test]
    fn a_hash_that_costs_as_much_as_today_is_checked_alone() {
        for iterations in [20_000, 30_000] {
            let tried = perform(&check(&hash(Settings::Pbkdf2Sha256 { iterations })), "wrong");
            assert_eq!((tried.fits, tried.work.units), (false, iterations.into()));
        }
    }

    #[test]
    fn a_password_too_long_for_the_hash_costs_as_much_as_an_unknown_name() {
        let (dots, long) = (".".repeat(86), "x".repeat(4096));
        let unknown = perform(&Check::alone(decoy()), &long).work;
        for stored in [format!("$6$rounds=656000$salt${dots}"), "$P$HSi2CkLpmkkAonyrsIm138UVmn7fvz0".to_owned()] {
            let tried = perform(&check(&stored), &long);
            assert_eq!((tried.fits, tried.work), (false, unknown), "{stored}");
            let alone = perform(&Check::alone(StoredHash::parse(&stored).unwrap()), &long);
            assert_eq!(alone.work.units, 0, "{stored} was computed");
        }
    }

    #[test]
    fn memory_outside_the_threads_own_is_counted_in_addition() {
        let today = Settings::Argon2id { memory_kib: 65_536, iterations: 2, parallelism: 1 };
        let decoy = today.unmatchable(Salt([3; 16]), [5; 32]).unwrap();
        let password = Password::new("any".to_owned());
        let memory = |stored: &str| {
            let stored = StoredHash::parse(stored).unwrap();
            let own = stored.memory_kib();
            (own, Check::beside(stored, decoy.clone()).demand(&password).1)
        };
        let (own, together) = memory(&format!("$y$j75$abcd${}", ".".repeat(43)));
        assert_eq!(together, own + 65_536);
        let (_, together) = memory(&format!("scrypt:1024:8:1$salt${}", "0".repeat(128)));
        assert_eq!(together, 65_536);
    }
}
