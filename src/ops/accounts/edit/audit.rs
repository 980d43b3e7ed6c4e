//! The audit records of an edit.
//!
//! Invariant: a record names the members that changed and not their values, except the name and the role.

use serde_json::Value;

use super::changes::Changes;
use crate::{
    Result,
    app::App,
    model::{Event, Reason, Role, User},
    ops::{
        accounts::role_grant::RoleGrant,
        audit::{self, AuditContext, AuditEntry},
    },
    store::{Tx, accounts::Account},
};

/// Records the members that changed, except the role.
pub(super) async fn members_changed(
    app: &App,
    tx: &mut Tx,
    by: &AuditContext,
    user: &User,
    changes: &Changes,
) -> Result<()> {
    let changed: Vec<Value> = [
        ("name", changes.name.is_some()),
        ("must_change_password", changes.must_change_password.is_some()),
        ("attributes", changes.attributes.is_some()),
        ("admin_attributes", changes.admin_attributes.is_some()),
    ]
    .into_iter()
    .filter(|(_, is_changed)| *is_changed)
    .map(|(what, _)| what.into())
    .collect();
    if changed.is_empty() {
        return Ok(());
    }
    let mut entry = AuditEntry::done(Event::UserUpdated).on(user.party()).with("changed", changed);
    if let Some(name) = &changes.name {
        entry = entry.with("new_name", name.as_typed());
    }
    audit::record(app, tx, by, entry).await
}

/// Records a change of role.
pub(super) async fn role_changed(
    app: &App,
    tx: &mut Tx,
    by: &AuditContext,
    user: &User,
    (before, after): (&Role, &Role),
) -> Result<()> {
    let entry = AuditEntry::done(Event::AuthorizationChange)
        .on(user.party())
        .with("from", before.name.as_str())
        .with("to", after.name.as_str());
    audit::record(app, tx, by, entry).await
}

/// Records that sessions ended with the edit, if any did.
pub(super) async fn sessions_ended(app: &App, tx: &mut Tx, by: &AuditContext, user: &User, ended: u64) -> Result<()> {
    if ended == 0 {
        return Ok(());
    }
    let entry =
        AuditEntry::done(Event::SessionEnd).on(user.party()).because(Reason::Revoked).with("sessions_ended", ended);
    audit::record(app, tx, by, entry).await
}

/// Describes a refused edit.
pub(super) fn refused(account: &Account, grant: Option<&RoleGrant>, reason: Reason) -> AuditEntry {
    match grant {
        Some(grant) => refused_role(account, &grant.role, reason),
        None => AuditEntry::refused(Event::UserUpdated, reason).on(account.user.party()),
    }
}

/// Describes a refused change of role.
pub(super) fn refused_role(account: &Account, role: &str, reason: Reason) -> AuditEntry {
    AuditEntry::refused(Event::AuthorizationChange, reason).with("to", role).on(account.user.party())
}
