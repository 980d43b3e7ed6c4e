//! Proofs of authority: values that only a successful check creates.
//!
//! A [`Can`] proves that a [`Principal`] held a permission at the time of the check. An operation that grants or
//! removes something checks again inside its transaction. Invariant: no principal grants a permission that it lacks, or
//! acts on an account with a permission that it lacks; see [`Can::judge`].

use std::marker::PhantomData;

use crate::{
    Result,
    app::App,
    model::{Event, Permission, Permissions, Reason},
    ops::{
        audit::{AuditContext, AuditEntry, record_refusal},
        outcome::Denied,
        principal::Principal,
        signed_in::SignedIn,
    },
    store::Conn,
};

/// The proof that a principal holds the permission `P`.
#[derive(Debug, Clone)]
pub struct Can<P>(Principal, PhantomData<P>);

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

impl Principal {
    /// Returns the proof that the principal holds the permission `P`, if it does.
    #[must_use]
    pub fn can<P: PermissionMarker>(&self) -> Option<Can<P>> {
        self.holds(P::PERMISSION).then(|| Can(self.clone(), PhantomData))
    }

    /// Returns the proof as [`Principal::can`] does. A missing permission is recorded, with its purpose.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn demand<P: PermissionMarker>(&self, app: &App, what: &str) -> Result<Option<Can<P>>> {
        if let Self::Session(signed_in) = self
            && signed_in.must_change_password()
        {
            signed_in.refuse_until_password_is_changed(app, what).await?;
            return Ok(None);
        }
        let can = self.can::<P>();
        if can.is_none() {
            let entry = AuditEntry::refused(Event::AuthorizationFail, Reason::PermissionMissing)
                .with("permission", P::PERMISSION.word())
                .with("resource", what);
            record_refusal(app, &self.audit_context(), entry).await?;
        }
        Ok(can)
    }
}

impl SignedIn {
    /// Returns the proof that this user's role holds the permission `P`, if it does.
    #[must_use]
    pub fn can<P: PermissionMarker>(&self) -> Option<Can<P>> {
        Principal::Session(Box::new(self.clone())).can()
    }

    /// Does the same as [`Principal::demand`].
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn demand<P: PermissionMarker>(&self, app: &App, what: &str) -> Result<Option<Can<P>>> {
        Principal::Session(Box::new(self.clone())).demand(app, what).await
    }

    /// Records that the user may only change the password.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn refuse_until_password_is_changed(&self, app: &App, what: &str) -> Result<()> {
        let entry =
            AuditEntry::refused(Event::AuthorizationFail, Reason::PasswordChangeRequired).with("resource", what);
        record_refusal(app, &self.audit_context(), entry).await
    }
}

impl<P: PermissionMarker> Can<P> {
    /// Returns the principal that holds the permission.
    #[must_use]
    pub fn holder(&self) -> &Principal {
        &self.0
    }

    /// Returns the actor and the source of an audit event.
    pub(super) fn audit_context(&self) -> AuditContext {
        self.0.audit_context()
    }

    /// Returns whether the authority still holds, and covers `of`, the permissions of the accounts or roles that the
    /// operation concerns. Must be called inside the transaction.
    pub(super) async fn judge(&self, conn: &mut Conn, of: &Permissions) -> Result<std::result::Result<(), Denied>> {
        Ok(match self.0.held_now(conn).await? {
            None => Err(Denied::Lost),
            Some(held) if held.covers(P::PERMISSION, of) => Ok(()),
            Some(_) => Err(Denied::Exceeded),
        })
    }
}
