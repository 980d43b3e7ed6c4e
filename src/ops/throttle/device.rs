//! Known devices: which one a try comes from, and the cookie that makes one known.

use crate::{
    Result,
    app::App,
    model::{DeviceToken, KnownDevice, Source, Uid},
};

/// The device that the request presents, and the version of the key that signed it, provided that it is one of `user`'s.
pub(super) fn known(app: &App, source: &Source, user: Uid) -> Option<(KnownDevice, u32)> {
    let (device, version) = KnownDevice::read(source.device.as_ref()?, |version| app.secrets.throttle.get(version))?;
    (device.user == user && !device.has_expired(app.clock.now())).then_some((device, version))
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
