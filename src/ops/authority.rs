//! Proofs of authority: values that only a successful check can make.
//!
//! [`SignedIn`] comes from [`crate::ops::auth::sign_in_check`] alone, or from another of the same session; [`Can`] from a `SignedIn`
//! whose role holds the permission; and [`crate::ops::auth::reauthenticate`] makes those that need the password. A proof says what was so
//! when it was made; an operation that removes authority asks again inside its transaction. Invariant: nobody grants a
//! permission that they lack, nor acts on the account of somebody who holds one: see [`Authority::judge`].

use std::marker::PhantomData;

use crate::{
    Result,
    app::App,
    model::{Actor, Event, Party, Permission, Permissions, Reason, Session, Source, TokenHash, User, UserId},
    ops::audit::{AuditContext, Entry, record_refusal},
    store::{Conn, roles, sessions},
};

/// A request that came with a live session.
#[derive(Debug, Clone)]
pub struct SignedIn {
    token: TokenHash,
    found: sessions::Found,
    source: Source,
}

/// A signed-in user who holds the permission `P`.
#[derive(Debug, Clone)]
pub struct Can<P>(SignedIn, PhantomData<P>);

/// A permission as a type.
pub trait PermissionMarker {
    /// The permission.
    const PERMISSION: Permission;
}

macro_rules! permission_markers {
    ($($name:ident)*) => {
        $(
            #[doc = concat!("[`Permission::", stringify!($name), "`] as a type.")]
            #[derive(Debug, Clone, Copy)]
            pub struct $name;

            impl PermissionMarker for $name {
                const PERMISSION: Permission = Permission::$name;
            }
        )*
    };
}

permission_markers! { UsersRead UsersWrite SessionsRead SessionsRevoke RolesWrite AuditRead }

impl SignedIn {
    pub(super) fn new(token: TokenHash, found: sessions::Found, source: Source) -> Self {
        Self { token, found, source }
    }

    /// The same session as it is found by the token that it has just got.
    pub(super) fn renewed(&self, token: TokenHash, found: sessions::Found) -> Self {
        Self { token, found, source: self.source.clone() }
    }

    /// Whose session it is.
    #[must_use]
    pub fn user_id(&self) -> UserId {
        self.found.session.user_id
    }

    /// That user, as the audit trail names them.
    #[must_use]
    pub fn user(&self) -> &Party {
        &self.found.user
    }

    /// The name of that user's role.
    #[must_use]
    pub fn role_name(&self) -> &str {
        &self.found.role_name
    }

    /// What that role allows. Nothing counts until a password that must be changed is changed: see [`SignedIn::can`].
    #[must_use]
    pub fn permissions(&self) -> &Permissions {
        &self.found.permissions
    }

    /// Whether the user must choose another password before anything else.
    #[must_use]
    pub fn must_change_password(&self) -> bool {
        self.found.must_change_password
    }

    /// The session.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.found.session
    }

    pub(super) fn token(&self) -> &TokenHash {
        &self.token
    }

    /// Who acts, and from where.
    pub(super) fn audit_context(&self) -> AuditContext {
        AuditContext { actor: Actor::User(self.found.user.clone()), source: self.source.clone() }
    }

    /// The proof that this user's role holds the permission `P`, if it does.
    #[must_use]
    pub fn can<P: PermissionMarker>(&self) -> Option<Can<P>> {
        let holds = !self.found.must_change_password && self.found.permissions.contains(P::PERMISSION);
        holds.then(|| Can(self.clone(), PhantomData))
    }

    /// As [`SignedIn::can`]; that the permission is missing is written into the audit trail, with what it was for.
    ///
    /// # Errors
    /// The database's.
    pub async fn demand<P: PermissionMarker>(&self, app: &App, what: &str) -> Result<Option<Can<P>>> {
        if self.found.must_change_password {
            self.refuse_until_password_is_changed(app, what).await?;
            return Ok(None);
        }
        let can = self.can::<P>();
        if can.is_none() {
            let entry = Entry::refused(Event::AuthorizationFail, Reason::PermissionMissing)
                .with("permission", P::PERMISSION.word())
                .with("resource", what);
            record_refusal(app, &self.audit_context(), entry).await?;
        }
        Ok(can)
    }

    /// Writes down that nothing but a change of the password was open to this user.
    ///
    /// # Errors
    /// The database's.
    pub async fn refuse_until_password_is_changed(&self, app: &App, what: &str) -> Result<()> {
        let entry = Entry::refused(Event::AuthorizationFail, Reason::PasswordChangeRequired).with("resource", what);
        record_refusal(app, &self.audit_context(), entry).await
    }

    /// Whether the session is still there, inside a transaction that is about to act on it.
    pub(super) async fn still_holds(&self, conn: &mut Conn) -> Result<bool> {
        let found = sessions::by_token(conn, &self.token).await?;
        Ok(found.is_some_and(|found| !found.must_change_password || self.found.must_change_password))
    }
}

impl<P: PermissionMarker> Can<P> {
    /// Who holds it.
    #[must_use]
    pub fn holder(&self) -> &SignedIn {
        &self.0
    }

    /// What the holder may do now, if the session is still there; asked inside a transaction that is about to act on it.
    async fn permissions_now(&self, conn: &mut Conn) -> Result<Option<Permissions>> {
        let found = sessions::by_token(conn, self.0.token()).await?;
        Ok(found.map(|found| if found.must_change_password { Permissions::none() } else { found.permissions }))
    }
}

/// By what authority an operation on another's account or on a role is performed.
#[derive(Debug)]
pub(super) enum Authority<'a, P> {
    /// On the command line, where no permission is asked for.
    Operator,
    Holder(&'a Can<P>),
}

/// Why an authority does not suffice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denied {
    /// The session has ended meanwhile.
    Lost,
    /// The actor has lost the permission meanwhile; or what is to be granted, or the account that is to be touched, holds
    /// one that the actor lacks.
    Exceeded,
}

impl<P: PermissionMarker> Authority<'_, P> {
    /// Who acts, and from where.
    pub(super) fn audit_context(&self) -> AuditContext {
        match self {
            Self::Operator => AuditContext::operator(),
            Self::Holder(can) => can.holder().audit_context(),
        }
    }

    /// Whether the authority still holds, and suffices for what concerns holders of `of`. Inside the transaction.
    pub(super) async fn judge(&self, conn: &mut Conn, of: &Permissions) -> Result<std::result::Result<(), Denied>> {
        let Self::Holder(can) = self else { return Ok(Ok(())) };
        Ok(match can.permissions_now(conn).await? {
            None => Err(Denied::Lost),
            Some(own) if own.contains(P::PERMISSION) && own.covers(of) => Ok(()),
            Some(_) => Err(Denied::Exceeded),
        })
    }

    /// As [`Authority::judge`], for what concerns `user`.
    pub(super) async fn judge_on(&self, conn: &mut Conn, user: &User) -> Result<std::result::Result<(), Denied>> {
        if matches!(self, Self::Operator) {
            return Ok(Ok(()));
        }
        match roles::by_id(conn, user.role_id).await? {
            Some(role) => self.judge(conn, &role.permissions).await,
            // Nobody knows what such an account may do.
            None => Ok(Err(Denied::Exceeded)),
        }
    }
}
