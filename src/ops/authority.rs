//! Proofs of authority: values that only a successful check can make.
//!
//! [`SignedIn`] comes from [`super::sign_in_check`] alone, and [`Can`] from a `SignedIn` whose role holds the permission.
//! A proof says what was so when it was made; an operation that removes authority asks again inside its transaction.

use std::marker::PhantomData;

use crate::{
    Result,
    model::{Permission, Permissions, Session, TokenHash, UserId},
    store::{Conn, sessions},
};

/// A request that came with a live session.
#[derive(Debug, Clone)]
pub struct SignedIn {
    token: TokenHash,
    session: Session,
    user_name: String,
    permissions: Permissions,
}

/// A signed-in user who holds the permission `P`.
pub struct Can<P>(SignedIn, PhantomData<P>);

/// A permission as a type.
pub trait Power {
    /// The permission.
    const PERMISSION: Permission;
}

/// `users:write`
pub struct UsersWrite;

impl Power for UsersWrite {
    const PERMISSION: Permission = Permission::UsersWrite;
}

impl SignedIn {
    pub(super) fn new(token: TokenHash, found: sessions::Found) -> Self {
        let sessions::Found { session, user_name, permissions } = found;
        Self { token, session, user_name, permissions }
    }

    /// Whose session it is.
    #[must_use]
    pub fn user_id(&self) -> UserId {
        self.session.user_id
    }

    /// That user's name, as typed.
    #[must_use]
    pub fn user_name(&self) -> &str {
        &self.user_name
    }

    pub(super) fn token(&self) -> &TokenHash {
        &self.token
    }

    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    /// The proof that this user's role holds the permission `P`, if it does.
    #[must_use]
    pub fn can<P: Power>(&self) -> Option<Can<P>> {
        self.permissions.contains(P::PERMISSION).then(|| Can(self.clone(), PhantomData))
    }

    /// Whether the session is still there, inside a transaction that is about to act on it.
    pub(super) async fn still_holds(&self, conn: &mut Conn) -> Result<bool> {
        Ok(sessions::by_token(conn, &self.token).await?.is_some())
    }
}

impl<P: Power> Can<P> {
    /// Who holds it.
    #[must_use]
    pub fn holder(&self) -> &SignedIn {
        &self.0
    }

    /// Whether the session is still there and its user still holds the permission, inside a transaction that is about to
    /// act on it.
    pub(super) async fn still_holds(&self, conn: &mut Conn) -> Result<bool> {
        let found = sessions::by_token(conn, self.0.token()).await?;
        Ok(found.is_some_and(|found| found.permissions.contains(P::PERMISSION)))
    }
}
