//! The key under which failed logins are counted: an account, a known device of its user, or an unknown name.
//!
//! Invariants: two keys never collide by accident. The key of a name reveals nothing without the secret key, because a
//! typed name may be a password in the wrong field.

use sha2::{Digest as _, Sha256};

use super::{NameKey, SecretKey, UserId};

/// A failure key. Failures under the same key count together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailureKey([u8; 32]);

impl FailureKey {
    /// Returns the key for an account, for all clients without a known device. It needs no secret, so it survives a
    /// change of the secrets.
    #[must_use]
    pub fn of_user(user: UserId) -> Self {
        Self::hashed(&[b"user", &user.0.to_be_bytes()])
    }

    /// Returns the key for a device on which this user has logged in before.
    #[must_use]
    pub fn of_device(user: UserId, device: &[u8; 16]) -> Self {
        Self::hashed(&[b"device", &user.0.to_be_bytes(), device])
    }

    /// Returns the key for an unknown name. It is a keyed hash, because the name may be a password in the wrong field.
    #[must_use]
    pub fn of_name(key: &SecretKey, name: &NameKey) -> Self {
        Self(key.tag("login failures of a name", name.as_bytes()))
    }

    fn hashed(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new_with_prefix(b"doorward login failures");
        for part in parts {
            hash.update([u8::try_from(part.len()).unwrap_or(u8::MAX)]);
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    /// Returns the stored bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn budgets_are_apart() {
        let key = SecretKey::new([7; 32]);
        let name = NameKey::to_find("1").unwrap();
        let failure_keys = [
            FailureKey::of_user(UserId(1)),
            FailureKey::of_user(UserId(2)),
            FailureKey::of_device(UserId(1), &[0; 16]),
            FailureKey::of_device(UserId(1), &[1; 16]),
            FailureKey::of_device(UserId(2), &[0; 16]),
            FailureKey::of_name(&key, &name),
            FailureKey::of_name(&SecretKey::new([8; 32]), &name),
        ];
        for (place, failure_key) in failure_keys.iter().enumerate() {
            assert!(failure_keys.iter().skip(place + 1).all(|other| other != failure_key));
        }
    }
}
