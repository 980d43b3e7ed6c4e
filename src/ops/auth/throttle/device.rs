//! Known devices: the device from which an attempt comes, and the cookie that makes a device known.

use crate::{
    Result,
    app::App,
    model::{DeviceToken, KnownDevice, Source, Uid, UserId},
    store::{Tx, credentials::Credential, login_failures, users},
};

/// The maximum number of failure keys with failures for one account, including the key of unknown clients. Further
/// devices count under the key of unknown clients. So 20 devices have their own key, or 19 if unknown clients have
/// failed.
const MOST_KEYS: i64 = 20;

/// Returns the device of the request and the version of the key that signed its cookie, if the device is known for `user`
/// with this password version.
pub(in crate::ops) fn known(
    app: &App,
    source: &Source,
    (user, password_version): (Uid, i64),
) -> Option<(KnownDevice, u32)> {
    let (device, version) = KnownDevice::read(source.device.as_ref()?, |version| app.secrets.throttle.get(version))?;
    let is_theirs = device.user == user && device.password_version == password_version;
    (is_theirs && !device.has_expired(app.clock.now())).then_some((device, version))
}

/// Returns whether a device of this user without failures gets its own failure key. A client that knows the password
/// can register any number of devices. They must not allow it more guesses after a change of the password. The account
/// row is locked until the transaction ends, so devices that fail at the same moment are counted one by one.
pub(super) async fn has_place(tx: &mut Tx, user: UserId) -> Result<bool> {
    Ok(users::hold(tx, user).await? && login_failures::count_of(tx, user).await? < MOST_KEYS)
}

/// Returns the cookie for a client that has just logged in with this credential; `None` if its cookie is still valid.
pub(in crate::ops) fn after_login(app: &App, source: &Source, by: &Credential) -> Result<Option<DeviceToken>> {
    if !app.config.throttle_enabled {
        return Ok(None);
    }
    let now = app.clock.now();
    let key = app.secrets.throttle.current();
    let (user, password_version) = (by.party.uid, by.password_version);
    let device = match known(app, source, (user, password_version)) {
        Some((device, version)) if version == key.0 && !device.is_renewal_due(now) => return Ok(None),
        // The device keeps its id, so its failures keep counting.
        Some((device, _)) => KnownDevice { issued_at: now, ..device },
        None => KnownDevice::new(user, password_version, now, &app.rng)?,
    };
    Ok(Some(device.sign(key)))
}

/// Returns the cookie for a client that has just changed its password to this credential, if the device was known with the
/// previous password.
pub(in crate::ops) fn after_change(app: &App, source: &Source, changed: &Credential) -> Option<DeviceToken> {
    if !app.config.throttle_enabled {
        return None;
    }
    let password_version = changed.password_version;
    let (device, _) = known(app, source, (changed.party.uid, password_version.checked_sub(1)?))?;
    let device = KnownDevice { password_version, issued_at: app.clock.now(), ..device };
    Some(device.sign(app.secrets.throttle.current()))
}
