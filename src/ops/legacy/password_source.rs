//! The password source of an account: the valid hash, of the local database or of the legacy table.
//!
//! Invariant: no code outside this folder knows which of the two it is. [`PasswordSource::commit`] writes the local
//! changes after a right password, inside the caller's transaction.

use super::{
    candidate::LeftBehind,
    take_over::{ChangedUser, LegacyOnlyUser},
};
use crate::{
    Result,
    app::App,
    model::{Party, Uid, UnixMillis, UserId},
    store::{Tx, credentials::Credential},
};

/// The hash against which a password is tested, with the changes to write if the password is right.
pub(in crate::ops) struct PasswordSource(Kind);

enum Kind {
    /// The local password is valid.
    Local(Credential),
    /// The password has changed in the legacy table since it was taken over.
    Changed(Box<ChangedUser>),
    /// The user exists in the legacy table only.
    LegacyOnly(Box<LegacyOnlyUser>),
}

/// A change of the account between the look-up and the commit. The password must be looked up again.
pub(in crate::ops) struct Overtaken(Option<LeftBehind>);

impl PasswordSource {
    pub(super) fn local(credential: Credential) -> Self {
        Self(Kind::Local(credential))
    }

    pub(super) fn changed(user: ChangedUser) -> Self {
        Self(Kind::Changed(Box::new(user)))
    }

    pub(super) fn legacy_only(user: LegacyOnlyUser) -> Self {
        Self(Kind::LegacyOnly(Box::new(user)))
    }

    /// Returns the valid hash; `None` for a user without a password.
    pub(in crate::ops) fn hash(&self) -> Option<&str> {
        match &self.0 {
            Kind::Local(credential) => credential.password_hash.as_deref(),
            Kind::Changed(changed) => Some(&changed.stored),
            Kind::LegacyOnly(user) => Some(&user.stored),
        }
    }

    /// Returns the local credential of the account; `None` for a user who exists only in the legacy table.
    fn credential(&self) -> Option<&Credential> {
        match &self.0 {
            Kind::Local(credential) => Some(credential),
            Kind::Changed(changed) => Some(&changed.credential),
            Kind::LegacyOnly(_) => None,
        }
    }

    /// Returns the local credential of the account; see [`PasswordSource::credential`].
    pub(in crate::ops) fn into_credential(self) -> Option<Credential> {
        match self.0 {
            Kind::Local(credential) => Some(credential),
            Kind::Changed(changed) => Some(changed.credential),
            Kind::LegacyOnly(_) => None,
        }
    }

    /// Returns the local account as the audit trail names it, if it exists.
    pub(in crate::ops) fn party(&self) -> Option<&Party> {
        self.credential().map(|credential| &credential.party)
    }

    /// Returns whether the source belongs to this user.
    pub(in crate::ops) fn is_of(&self, user: UserId) -> bool {
        self.credential().is_some_and(|credential| credential.user_id == user)
    }

    /// Logs that the hash of a local account cannot be verified.
    pub(in crate::ops) fn log_unreadable(&self, why: impl std::fmt::Display) {
        if let Kind::Local(credential) = &self.0 {
            tracing::error!(user_id = credential.user_id.0, %why, "a stored password hash cannot be checked");
        }
    }

    /// Returns whether the account may be adopted with this password, because its row is the first with the name. Must
    /// be called only after a right password, because it may read the whole legacy table.
    pub(in crate::ops) async fn is_first_of_name(&self, app: &App) -> Result<bool> {
        let (Kind::LegacyOnly(user), Some(application)) = (&self.0, &app.legacy) else { return Ok(true) };
        user.is_first_of_name(app, application).await
    }

    /// Adopts the user or takes over the changed password, if required. Returns the credential that the password
    /// proved.
    pub(in crate::ops) async fn commit(
        &self,
        app: &App,
        tx: &mut Tx,
        new_uid: Uid,
        now: UnixMillis,
    ) -> Result<std::result::Result<Credential, Overtaken>> {
        match &self.0 {
            Kind::Local(credential) => Ok(Ok(credential.clone())),
            Kind::Changed(changed) => Ok(changed.take_over(app, tx).await?.ok_or(Overtaken(None))),
            Kind::LegacyOnly(user) => Ok(user.adopt(app, tx, new_uid, now).await?.map_err(|why| Overtaken(Some(why)))),
        }
    }
}

impl Overtaken {
    /// Logs the reason why the user was not adopted, if it is known.
    pub(in crate::ops) fn log(&self) {
        if let Some(why) = &self.0 {
            tracing::warn!(%why, "a user of the legacy table could not be adopted");
        }
    }
}
