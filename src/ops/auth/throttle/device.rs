//! Known devices: which one a try comes from, and the cookie that makes one known.

use crate::{
    Result,
    app::App,
    model::{DeviceToken, KnownDevice, Source, Uid, UserId},
    store::{Tx, credentials::Credential, login_failures, users},
};

/// A device has a budget of its own while fewer budgets of the account than this have failures, that of strangers among
/// them. So it is 19 devices when strangers have failed before, and otherwise 20, beside which strangers may fail after.
const MOST_BUDGETS: i64 = 20;

/// The device that the request presents, and the version of the key that signed it, provided that it is one of `user`'s
/// since the password has the version that is given.
pub(in crate::ops) fn known(
    app: &App,
    source: &Source,
    (user, password_version): (Uid, i64),
) -> Option<(KnownDevice, u32)> {
    let (device, version) = KnownDevice::read(source.device.as_ref()?, |version| app.secrets.throttle.get(version))?;
    let is_theirs = device.user == user && device.password_version == password_version;
    (is_theirs && !device.has_expired(app.clock.now())).then_some((device, version))
}

/// Whether a device of this user's that has not failed yet may have a budget, unless too many have failed already: whoever
/// knows the password may have made any number of devices known, and has no more guesses at the next one for it. The
/// account is held until the transaction ends, so that devices which come at the same moment are counted one by one.
pub(super) async fn has_place(tx: &mut Tx, user: UserId) -> Result<bool> {
    Ok(users::hold(tx, user).await? && login_failures::count_of(tx, user).await? < MOST_BUDGETS)
}

/// The cookie for whoever has just logged in by this credential; none when the client has a good one.
pub(in crate::ops) fn after_login(app: &App, source: &Source, by: &Credential) -> Result<Option<DeviceToken>> {
    if !app.config.throttle_enabled {
        return Ok(None);
    }
    let now = app.clock.now();
    let key = app.secrets.throttle.current();
    let (user, password_version) = (by.party.uid, by.password_version);
    let device = match known(app, source, (user, password_version)) {
        Some((device, version)) if version == key.0 && !device.is_renewal_due(now) => return Ok(None),
        // The same device: what has failed on it counts on.
        Some((device, _)) => KnownDevice { issued_at: now, ..device },
        None => KnownDevice::new(user, password_version, now, &app.rng)?,
    };
    Ok(Some(device.sign(key)))
}

/// The cookie for whoever has just changed their password to that of this credential, provided that the device was known by
/// the password before: the same device.
pub(in crate::ops) fn after_change(app: &App, source: &Source, changed: &Credential) -> Option<DeviceToken> {
    if !app.config.throttle_enabled {
        return None;
    }
    let password_version = changed.password_version;
    let (device, _) = known(app, source, (changed.party.uid, password_version.checked_sub(1)?))?;
    let device = KnownDevice { password_version, issued_at: app.clock.now(), ..device };
    Some(device.sign(app.secrets.throttle.current()))
}
