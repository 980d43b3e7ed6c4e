//! Reauthenticates a signed-in user, by a recent login or by the current password (NIST SP 800-63B-4 §2.1.3, ASVS 7.5.1).
//!
//! Invariant: a [`RecentlyAuthenticated`] needs a login within the last five minutes or the right password, and a
//! [`PasswordConfirmed`] the right password. A wrong password is rejected even after a recent login.

use doorward_password::{Password, nfc};

use crate::{
    app::App,
    model::{Event, NameKey, Reason},
    ops::{
        audit::{AuditEntry, record_refusal},
        auth::check_password::{Checked, PresentedPassword, check},
        outcome::{Limited, OpResult},
        signed_in::SignedIn,
    },
    store::credentials::Credential,
};

/// The proof that this user logged in within the last five minutes, or has just given the current password.
#[derive(Debug)]
pub struct RecentlyAuthenticated(SignedIn);

/// The proof that this user has just given the current password.
pub struct PasswordConfirmed {
    signed_in: SignedIn,
    credential: Credential,
    current: Password,
}

/// The reason why the current password is not confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotConfirmed {
    WrongPassword,
    Limited(Limited),
}

/// The reason why a user is not recently authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotReauthenticated {
    /// The login is too old, and no password was given.
    RecentLoginRequired,
    NotConfirmed(NotConfirmed),
}

impl RecentlyAuthenticated {
    /// Returns the session of the user.
    #[must_use]
    pub fn signed_in(&self) -> &SignedIn {
        &self.0
    }
}

impl PasswordConfirmed {
    /// Returns the session of the user.
    #[must_use]
    pub fn signed_in(&self) -> &SignedIn {
        &self.signed_in
    }

    /// Returns the credential that the password proved.
    pub(in crate::ops) fn credential(&self) -> &Credential {
        &self.credential
    }

    /// Returns whether `password` is the one that was given, in any Unicode form, because hashes do not depend on it.
    pub(in crate::ops) fn is_current(&self, password: &Password) -> bool {
        nfc(self.current.reveal()) == nfc(password.reveal())
    }
}

/// Requires a recent login, or the current password if one is given, before `what` is done.
///
/// # Errors
/// Returns an error if a database or the system fails.
pub async fn recently(
    app: &App,
    signed_in: &SignedIn,
    current: Option<Password>,
    what: &str,
) -> OpResult<RecentlyAuthenticated, NotReauthenticated> {
    let Some(current) = current else {
        if signed_in.session().is_recent(app.clock.now()) {
            return Ok(Ok(RecentlyAuthenticated(signed_in.clone())));
        }
        let entry = AuditEntry::refused(Event::AuthorizationFail, Reason::RecentLoginRequired).with("resource", what);
        record_refusal(app, &signed_in.audit_context(), entry).await?;
        return Ok(Err(NotReauthenticated::RecentLoginRequired));
    };
    let confirmed = confirm_password(app, signed_in, current, Event::LoginFail).await?;
    Ok(confirmed.map(|confirmed| RecentlyAuthenticated(confirmed.signed_in)).map_err(NotReauthenticated::NotConfirmed))
}

/// Requires the current password. A wrong one is recorded as `event`.
///
/// # Errors
/// Returns an error if a database or the system fails.
pub async fn confirm_password(
    app: &App,
    signed_in: &SignedIn,
    current: Password,
    event: Event,
) -> OpResult<PasswordConfirmed, NotConfirmed> {
    let by = signed_in.audit_context();
    let typed = signed_in.user().name.as_str();
    let Ok(name) = NameKey::to_find(typed) else { return Ok(Err(NotConfirmed::WrongPassword)) };
    let presented = PresentedPassword { typed, name: &name, password: &current, user: Some(signed_in.user_id()) };
    let right = match check(app, &by, &presented, event).await? {
        Checked::Right(right) => *right,
        Checked::Wrong => return Ok(Err(NotConfirmed::WrongPassword)),
        Checked::Limited(limited) => return Ok(Err(NotConfirmed::Limited(limited))),
    };
    right.ticket.pass_at_once(app).await?;
    let Some(credential) = right.source.into_credential() else { return Ok(Err(NotConfirmed::WrongPassword)) };
    Ok(Ok(PasswordConfirmed { signed_in: signed_in.clone(), credential, current }))
}
