//! Known devices: which one a try comes from, and the cookie that makes one known.

use crate::{
    Result,
    app::App,
    model::{Budget, DeviceToken, KnownDevice, Source, Uid, UserId},
    store::login_failures,
};

/// Budgets of one account that may have failures at one time, that of strangers among them.
const MOST_BUDGETS: i64 = 20;

/// The device that the request presents, and the version of the key that signed it, provided that it is one of `user`'s.
pub(super) fn known(app: &App, source: &Source, user: Uid) -> Option<(KnownDevice, u32)> {
    let (device, version) = KnownDevice::read(source.device.as_ref()?, |version| app.secrets.throttle.get(version))?;
    (device.user == user && !device.has_expired(app.clock.now())).then_some((device, version))
}

/// The budget of a device, unless too many of its user's have failed already: whoever once knew the password may have made
/// any number of devices known, and has no more guesses at the next one for it.
pub(super) async fn budget(app: &App, device: Budget, user: UserId) -> Result<Option<Budget>> {
    let mut conn = app.db.read().await?;
    let is_in_use = login_failures::find(&mut conn, &device).await?.is_some();
    Ok((is_in_use || login_failures::count_of(&mut conn, user).await? < MOST_BUDGETS).then_some(device))
}

/// The cookie for whoever has just logged in as `user`; none when the client has a good one.
pub(in crate::ops) fn after_login(app: &App, source: &Source, user: Uid) -> Result<Option<DeviceToken>> {
    if !app.config.throttle_enabled {
        return Ok(None);
    }
    let now = app.clock.now();
    let key = app.secrets.throttle.current();
    let device = match known(app, source, user) {
        Some((device, version)) if version == key.0 && !device.is_renewal_due(now) => return Ok(None),
        // The same device: what has failed on it counts on.
        Some((device, _)) => KnownDevice { issued_at: now, ..device },
        None => KnownDevice::new(user, now, &app.rng)?,
    };
    Ok(Some(device.sign(key)))
}
