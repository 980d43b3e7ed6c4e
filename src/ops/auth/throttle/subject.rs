//! The subject of an attempt: the account whose password is tested, and the failure keys that count it.

use super::device;
use crate::{
    app::App,
    model::{FailureKey, NameKey, Party, Source, UserId},
    store::credentials::Credential,
};

/// The account whose password is to be tested.
pub(in crate::ops) struct ThrottleSubject {
    pub(super) user: Option<UserId>,
    pub(super) party: Option<Party>,
    /// The failure key of all clients without a known device of the user.
    pub(super) strangers: FailureKey,
    /// The failure key of the device, if it is a known device of the user.
    pub(super) device: Option<FailureKey>,
}

impl ThrottleSubject {
    /// Creates the subject of the account with this name, or of `user` if only that account may match.
    pub(in crate::ops) fn new(
        app: &App,
        source: &Source,
        name: &NameKey,
        user: Option<UserId>,
        known: Option<&Credential>,
    ) -> Self {
        match user.or(known.map(|known| known.user_id)) {
            Some(user) => Self::of_user(app, source, user, known),
            None => {
                let strangers = FailureKey::of_name(app.secrets.throttle.current().1, name);
                Self { user: None, party: None, strangers, device: None }
            }
        }
    }

    /// Creates the subject of this account, whose credential is `None` if the account is deleted.
    pub(in crate::ops) fn of_user(app: &App, source: &Source, user: UserId, known: Option<&Credential>) -> Self {
        let device = known.and_then(|known| device::known(app, source, (known.party.uid, known.password_version)));
        Self {
            user: Some(user),
            party: known.map(|known| known.party.clone()),
            strangers: FailureKey::of_user(user),
            device: device.map(|(device, _)| FailureKey::of_device(user, &device.id)),
        }
    }
}
