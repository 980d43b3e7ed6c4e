//! The proof that a request has a live session.
//!
//! Invariant: only [`crate::ops::auth`] creates one, from a session that it found alive, opened or renewed.

use crate::{
    Result,
    model::{Party, Permissions, Session, Source, TokenHash, UserId},
    store::{Conn, sessions},
};

/// A request with a live session.
#[derive(Debug, Clone)]
pub struct SignedIn {
    token: TokenHash,
    found: sessions::Found,
    source: Source,
}

impl SignedIn {
    pub(super) fn new(token: TokenHash, found: sessions::Found, source: Source) -> Self {
        Self { token, found, source }
    }

    /// Returns the same session under its new token.
    pub(super) fn renewed(&self, token: TokenHash, found: sessions::Found) -> Self {
        Self { token, found, source: self.source.clone() }
    }

    /// Returns the user of the session.
    #[must_use]
    pub fn user_id(&self) -> UserId {
        self.found.session.user_id
    }

    /// Returns the user as the audit trail names them.
    #[must_use]
    pub fn user(&self) -> &Party {
        &self.found.user
    }

    /// Returns the name of the user's role.
    #[must_use]
    pub fn role_name(&self) -> &str {
        &self.found.role_name
    }

    /// Returns the permissions of the role. None of them counts while the password must be changed; see
    /// [`SignedIn::can`].
    #[must_use]
    pub fn permissions(&self) -> &Permissions {
        &self.found.permissions
    }

    /// Returns whether the user must first change the password.
    #[must_use]
    pub fn must_change_password(&self) -> bool {
        self.found.must_change_password
    }

    /// Returns the session.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.found.session
    }

    /// Returns the origin of the request.
    pub(super) fn source(&self) -> &Source {
        &self.source
    }

    pub(super) fn token(&self) -> &TokenHash {
        &self.token
    }

    /// Returns whether the session still exists, inside a transaction that acts for it.
    pub(super) async fn still_holds(&self, conn: &mut Conn) -> Result<bool> {
        let found = sessions::by_token(conn, &self.token).await?;
        Ok(found.is_some_and(|found| !found.must_change_password || self.found.must_change_password))
    }

    /// Returns the permissions that count now, inside a transaction; `None` if the session has ended.
    pub(super) async fn permissions_now(&self, conn: &mut Conn) -> Result<Option<Permissions>> {
        let found = sessions::by_token(conn, &self.token).await?;
        Ok(found.map(|found| if found.must_change_password { Permissions::none() } else { found.permissions }))
    }
}
