//! Confirms that a signed-in user is still the one who logged in: by a fresh login, or by the current password.
//!
//! NIST SP 800-63B-4 §2.1.3, ASVS 7.5.1. Invariant: a [`RecentlyAuthenticated`] comes of a login that is at most five minutes old or of
//! the right password, and a [`Known`] of the right password alone; a wrong one that was given is never overlooked
//! because the login was fresh.

use std::time::Duration;

use doorward_password::{Password, nfc};

use crate::{
    Error, Result,
    app::App,
    model::{Event, NameKey, Reason},
    ops::{
        audit::{Entry, record_refusal},
        auth::{
            check_password::{Checked, Presented, check},
            hash_password::Overloaded,
        },
        authority::SignedIn,
        legacy::sync::Account,
    },
    store::credentials::Credential,
};

/// The proof that this user logged in within the last five minutes, or has just given the current password.
#[derive(Debug)]
pub struct RecentlyAuthenticated(SignedIn);

/// The proof that this user has just given the current password.
pub struct Known {
    signed_in: SignedIn,
    credential: Credential,
    current: Password,
}

/// Why there is no proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotReauthenticated {
    /// The login is too old, and no password was given.
    RecentLoginRequired,
    WrongPassword,
    /// Too many were wrong before; the next may come after this time.
    Throttled(Duration),
    Overloaded(Overloaded),
}

impl RecentlyAuthenticated {
    /// Whose proof it is.
    #[must_use]
    pub fn signed_in(&self) -> &SignedIn {
        &self.0
    }
}

impl Known {
    /// Whose proof it is.
    #[must_use]
    pub fn signed_in(&self) -> &SignedIn {
        &self.signed_in
    }

    /// What the password was checked against.
    pub(in crate::ops) fn credential(&self) -> &Credential {
        &self.credential
    }

    /// Whether `password` is the very one that was given; as hashes are made of it, so without regard to its Unicode form.
    pub(in crate::ops) fn is_current(&self, password: &Password) -> bool {
        nfc(self.current.reveal()) == nfc(password.reveal())
    }
}

/// A fresh login, or the current password if it is given, before `what` is done.
///
/// # Errors
/// The databases', or the machine's.
pub async fn fresh(
    app: &App,
    signed_in: &SignedIn,
    current: Option<Password>,
    what: &str,
) -> Result<std::result::Result<RecentlyAuthenticated, NotReauthenticated>> {
    let Some(current) = current else {
        if signed_in.session().is_recent(app.clock.now()) {
            return Ok(Ok(RecentlyAuthenticated(signed_in.clone())));
        }
        let entry = Entry::refused(Event::AuthorizationFail, Reason::RecentLoginRequired).with("resource", what);
        record_refusal(app, &signed_in.audit_context(), entry).await?;
        return Ok(Err(NotReauthenticated::RecentLoginRequired));
    };
    let known = known(app, signed_in, current, Event::LoginFail).await?;
    Ok(known.map(|known| RecentlyAuthenticated(known.signed_in)))
}

/// The current password; a wrong one is written down as `event`.
///
/// # Errors
/// The databases', or the machine's.
pub async fn known(
    app: &App,
    signed_in: &SignedIn,
    current: Password,
    event: Event,
) -> Result<std::result::Result<Known, NotReauthenticated>> {
    let by = signed_in.audit_context();
    let typed = signed_in.user().name.as_str();
    let Ok(name) = NameKey::to_find(typed) else { return Ok(Err(NotReauthenticated::WrongPassword)) };
    let presented = Presented { typed, name: &name, password: &current, of: Some(signed_in.user_id()) };
    let right = match check(app, &by, &presented, event).await? {
        Checked::Right(right) => right,
        Checked::Wrong => return Ok(Err(NotReauthenticated::WrongPassword)),
        Checked::Throttled(after) => return Ok(Err(NotReauthenticated::Throttled(after))),
        Checked::Overloaded(full) => return Ok(Err(NotReauthenticated::Overloaded(full))),
    };
    let credential = match *right.account {
        Account::Here(credential) => credential,
        Account::Changed(changed) => changed.credential,
        Account::There(_) | Account::Nobody | Account::Closed(_) => {
            return Err(Error::Corrupt("a password that fits an account which is not that of the session"));
        }
    };
    right.ticket.pass_at_once(app).await?;
    Ok(Ok(Known { signed_in: signed_in.clone(), credential, current }))
}
