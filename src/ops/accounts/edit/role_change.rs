//! A change of role. Invariants: at least one administrator remains. A user who gains permissions must log in again.

use super::audit;
use crate::{
    Result,
    app::App,
    model::{Permission, Role, User},
    ops::{audit::AuditContext, roles::administrators},
    store::{Tx, session_ends},
};

/// A change of role in a transaction that has passed the guard.
pub(super) struct RoleChange {
    before: Role,
    after: Role,
    had_administrators: bool,
}

impl RoleChange {
    /// Begins the change, before the account is written.
    pub async fn begin(tx: &mut Tx, before: &Role, after: &Role) -> Result<Self> {
        let had_administrators = administrators::are_left(tx).await?;
        Ok(Self { before: before.clone(), after: after.clone(), had_administrators })
    }

    /// Finishes the change, after the account is written. Returns false if no administrator remains.
    pub async fn finish(self, app: &App, tx: &mut Tx, by: &AuditContext, user: &User) -> Result<bool> {
        let loses_power = self.before.permissions.contains(Permission::RolesWrite);
        if self.had_administrators && loses_power && !administrators::are_left(tx).await? {
            return Ok(false);
        }
        if self.after.permissions.hold_more_than(&self.before.permissions) {
            // A stolen token must not gain the new permissions (ASVS 7.2.4).
            let ended = session_ends::end_all_of(tx, user.id).await?;
            audit::sessions_ended(app, tx, by, user, ended).await?;
        }
        if self.before.id != self.after.id {
            audit::role_changed(app, tx, by, user, (&self.before, &self.after)).await?;
        }
        Ok(true)
    }
}
