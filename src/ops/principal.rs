//! The principal of an operation: the acting party and its permissions.
//!
//! Invariant: only this module decides the permissions of each kind of principal and its name in the audit trail, so a
//! new kind is one more variant.

use crate::{
    Result,
    model::{Actor, Permission, Permissions, Source, UserId},
    ops::{audit::AuditContext, signed_in::SignedIn},
    store::Conn,
};

/// The acting party.
#[derive(Debug, Clone)]
pub enum Principal {
    /// A user with a session.
    Session(Box<SignedIn>),
    /// The operator on the command line, who holds every permission.
    Operator,
}

/// The permissions of a principal at one moment.
pub(super) enum Held {
    Everything,
    Permissions(Permissions),
}

impl Principal {
    /// Returns the acting user; `None` for the operator.
    #[must_use]
    pub fn user_id(&self) -> Option<UserId> {
        match self {
            Self::Session(signed_in) => Some(signed_in.user_id()),
            Self::Operator => None,
        }
    }

    /// Returns the actor and the source of an audit event.
    pub(super) fn audit_context(&self) -> AuditContext {
        match self {
            Self::Session(signed_in) => signed_in.audit_context(),
            Self::Operator => AuditContext { actor: Actor::Operator, source: Source::default() },
        }
    }

    /// Returns whether the principal held the permission when it was authenticated.
    pub(super) fn holds(&self, permission: Permission) -> bool {
        match self {
            Self::Session(signed_in) => {
                !signed_in.must_change_password() && signed_in.permissions().contains(permission)
            }
            Self::Operator => true,
        }
    }

    /// Returns the principal's current permissions, inside a transaction; `None` if its authentication has ended.
    pub(super) async fn held_now(&self, conn: &mut Conn) -> Result<Option<Held>> {
        match self {
            Self::Session(signed_in) => Ok(signed_in.permissions_now(conn).await?.map(Held::Permissions)),
            Self::Operator => Ok(Some(Held::Everything)),
        }
    }
}

impl Held {
    /// Returns whether it contains `permission` and everything in `of`.
    pub(super) fn covers(&self, permission: Permission, of: &Permissions) -> bool {
        match self {
            Self::Everything => true,
            Self::Permissions(held) => held.contains(permission) && held.covers(of),
        }
    }
}

impl SignedIn {
    /// Returns the actor and the source of an audit event.
    pub(super) fn audit_context(&self) -> AuditContext {
        AuditContext { actor: Actor::User(self.user().clone()), source: self.source().clone() }
    }
}
