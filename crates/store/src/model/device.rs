//! A known device: a client on which a user has logged in with the right password, recognised by a signed cookie.
//!
//! Its only effect is a separate failure key: clients that guess the password do not lock out the owner of the device.
//! Invariants: a cookie without a valid signature, or of another user, has no effect. Neither the cookie nor a
//! presented value can be printed.

use std::{fmt, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{Rng, SecretKey, Uid, UnixMillis};
use crate::Result;

/// The time for which a device stays known after a login.
pub const DEVICE_LIFETIME: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// The age after which a login renews the cookie.
const RENEWED_AFTER: Duration = Duration::from_secs(182 * 24 * 60 * 60);

const PREFIX: &str = "dwd_";
const PURPOSE: &str = "known device";
/// The fields: version of the key, user, device, version of the password, instant.
const SIGNED_BYTES: usize = 4 + 16 + 16 + 8 + 8;
const TAG_BYTES: usize = 32;

/// A device of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownDevice {
    pub user: Uid,
    /// 128 random bits.
    pub id: [u8; 16],
    /// The version of the password at that login. After a change of the password, the device has no effect.
    pub password_version: i64,
    pub issued_at: UnixMillis,
}

/// The plaintext cookie of a known device, on its way to the client.
pub struct DeviceToken(String);

/// The value that a client presents as the cookie of a known device.
#[derive(Clone, PartialEq, Eq)]
pub struct PresentedDevice(Arc<str>);

impl KnownDevice {
    /// Creates a new device.
    ///
    /// # Errors
    /// Returns an error if the system provides no random bits.
    pub fn new(user: Uid, password_version: i64, now: UnixMillis, rng: &Rng) -> Result<Self> {
        Ok(Self { user, id: rng.bytes()?, password_version, issued_at: now })
    }

    /// Returns the cookie, signed with the key of this version.
    #[must_use]
    pub fn sign(&self, (version, key): (u32, &SecretKey)) -> DeviceToken {
        let mut bytes = Vec::with_capacity(SIGNED_BYTES + TAG_BYTES);
        bytes.extend_from_slice(&version.to_be_bytes());
        bytes.extend_from_slice(self.user.as_bytes());
        bytes.extend_from_slice(&self.id);
        bytes.extend_from_slice(&self.password_version.to_be_bytes());
        bytes.extend_from_slice(&self.issued_at.0.to_be_bytes());
        let tag = key.tag(PURPOSE, &bytes);
        bytes.extend_from_slice(&tag);
        DeviceToken(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Reads a presented cookie and returns the device and the version of the key. `key_of` must return the key that
    /// signed it.
    #[must_use]
    pub fn read<'a>(
        presented: &PresentedDevice,
        key_of: impl FnOnce(u32) -> Option<&'a SecretKey>,
    ) -> Option<(Self, u32)> {
        let bytes = URL_SAFE_NO_PAD.decode(presented.0.strip_prefix(PREFIX)?).ok()?;
        let (signed, tag) = bytes.split_last_chunk::<TAG_BYTES>()?;
        let (version, rest) = signed.split_first_chunk::<4>()?;
        let (user, rest) = rest.split_first_chunk::<16>()?;
        let (id, rest) = rest.split_first_chunk::<16>()?;
        let (password_version, rest) = rest.split_first_chunk::<8>()?;
        let issued_at: [u8; 8] = rest.try_into().ok()?;
        let version = u32::from_be_bytes(*version);
        if !key_of(version)?.is_tag_of(PURPOSE, signed, tag) {
            return None;
        }
        let device = Self {
            user: Uid::from_stored(user).ok()?,
            id: *id,
            password_version: i64::from_be_bytes(*password_version),
            issued_at: UnixMillis(i64::from_be_bytes(issued_at)),
        };
        Some((device, version))
    }

    /// Returns whether the device has expired.
    #[must_use]
    pub fn has_expired(&self, now: UnixMillis) -> bool {
        self.issued_at <= now.minus(DEVICE_LIFETIME)
    }

    /// Returns whether a login should renew the cookie.
    #[must_use]
    pub fn is_renewal_due(&self, now: UnixMillis) -> bool {
        self.issued_at <= now.minus(RENEWED_AFTER)
    }
}

impl DeviceToken {
    /// Returns the cookie's value. Use it only in the response that sets the cookie.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl PresentedDevice {
    /// Reads a presented value. Returns `None` if it does not have the form of a cookie of a known device.
    #[must_use]
    pub fn new(value: &[u8]) -> Option<Self> {
        const LENGTH: usize = PREFIX.len() + ((SIGNED_BYTES + TAG_BYTES) * 4).div_ceil(3);
        let is_sound = value.len() == LENGTH && value.starts_with(PREFIX.as_bytes());
        str::from_utf8(value).ok().filter(|_| is_sound).map(|text| Self(text.into()))
    }
}

impl fmt::Debug for DeviceToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DeviceToken(…)")
    }
}

impl fmt::Debug for PresentedDevice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PresentedDevice(…)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const NOW: UnixMillis = UnixMillis(1_795_348_800_000);

    fn device() -> KnownDevice {
        KnownDevice::new(Uid::new(NOW, &Rng::system()).unwrap(), 3, NOW, &Rng::system()).unwrap()
    }

    fn presented(token: &DeviceToken) -> PresentedDevice {
        PresentedDevice::new(token.reveal().as_bytes()).unwrap()
    }

    #[test]
    fn what_was_signed_is_read_by_its_own_key_alone() {
        let (one, other) = (SecretKey::new([1; 32]), SecretKey::new([2; 32]));
        let device = device();
        let cookie = presented(&device.sign((7, &one)));
        assert_eq!(KnownDevice::read(&cookie, |version| (version == 7).then_some(&one)), Some((device, 7)));
        assert_eq!(KnownDevice::read(&cookie, |_| Some(&other)), None);
        assert_eq!(KnownDevice::read(&cookie, |_| None), None);
    }

    /// Every bit is signed, including the version of the key.
    #[test]
    fn no_bit_can_be_changed() {
        let key = SecretKey::new([1; 32]);
        let cookie = device().sign((7, &key));
        let bytes = URL_SAFE_NO_PAD.decode(cookie.reveal().strip_prefix(PREFIX).unwrap()).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(changed));
            let changed = PresentedDevice::new(text.as_bytes()).unwrap();
            assert_eq!(KnownDevice::read(&changed, |_| Some(&key)), None, "bit {bit}");
        }
    }

    #[test]
    fn anything_else_is_no_device() {
        let cookie = device().sign((1, &SecretKey::new([1; 32])));
        let text = cookie.reveal();
        for junk in
            ["", "dwd_", &text[1..], &text[..text.len() - 1], &format!("{text}A"), &text.replace("dwd_", "dws_")]
        {
            assert_eq!(PresentedDevice::new(junk.as_bytes()), None, "{junk}");
        }
        let junk = PresentedDevice::new("dwd_".bytes().chain([b'!'; 112]).collect::<Vec<_>>().as_slice()).unwrap();
        assert_eq!(KnownDevice::read(&junk, |_| panic!("nothing was signed")), None);
        let shown = format!("{cookie:?} {:?}", presented(&cookie));
        assert!(!shown.contains(text), "{shown}");
    }

    #[test]
    fn a_device_is_renewed_after_half_a_year_and_forgotten_after_a_whole_one() {
        let device = device();
        let day = Duration::from_secs(24 * 60 * 60);
        for (days, is_due, has_expired) in
            [(0, false, false), (181, false, false), (182, true, false), (365, true, true)]
        {
            let now = NOW.plus(day * days);
            assert_eq!((device.is_renewal_due(now), device.has_expired(now)), (is_due, has_expired), "{days}");
        }
        let before = NOW.minus(day * 400);
        assert!(!device.has_expired(before) && !device.is_renewal_due(before), "a clock that was set back");
    }
}
