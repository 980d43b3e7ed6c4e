//! What the audit trail is told of an edit.
//!
//! Invariant: it says what was changed and not to what, but for the name and the role, which other events go by.

use serde_json::Value;

use super::{Changes, EditUser};
use crate::{
    Result,
    app::App,
    model::{Event, Reason, Role, User, UserId},
    ops::audit::{self, AuditContext, Entry},
    store::{Tx, users},
};

/// One event for a change of role, and one for everything else: what was changed, not to what, but for the name.
pub(super) async fn done(
    app: &App,
    tx: &mut Tx,
    by: &AuditContext,
    user: &User,
    changes: &Changes,
    (before, after): (Option<&Role>, &Role),
) -> Result<()> {
    if before.is_none_or(|before| before.id != after.id) {
        let entry = Entry::done(Event::AuthorizationChange)
            .on(user.party())
            .with("from", before.map(|before| before.name.as_str()))
            .with("to", after.name.as_str());
        audit::record(app, tx, by, entry).await?;
    }
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
    let mut entry = Entry::done(Event::UserUpdated).on(user.party()).with("changed", changed);
    if let Some(name) = &changes.name {
        entry = entry.with("new_name", name.as_typed());
    }
    audit::record(app, tx, by, entry).await
}

/// That sessions ended with the edit, if there were any.
pub(super) async fn sessions_ended(app: &App, tx: &mut Tx, by: &AuditContext, user: &User, ended: u64) -> Result<()> {
    if ended == 0 {
        return Ok(());
    }
    let entry = Entry::done(Event::SessionEnd).on(user.party()).because(Reason::Revoked).with("sessions_ended", ended);
    audit::record(app, tx, by, entry).await
}

/// A refusal by a rule on authority, with the role that was asked for.
pub(super) async fn refused(
    app: &App,
    by: &AuditContext,
    id: UserId,
    changes: &Changes,
    outcome: EditUser,
) -> Result<()> {
    let reason =
        if outcome == EditUser::LastAdministrator { Reason::LastAdministrator } else { Reason::AuthorityExceeded };
    let event = if changes.role.is_some() { Event::AuthorizationChange } else { Event::UserUpdated };
    let mut entry = Entry::refused(event, reason);
    if let Some(role) = &changes.role {
        entry = entry.with("to", role.as_str());
    }
    if let Some(user) = users::by_id(&mut app.db.read().await?, id).await? {
        entry = entry.on(user.party());
    }
    audit::record_refusal(app, by, entry).await
}
