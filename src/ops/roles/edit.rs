//! Changes the permissions of a role, and deletes roles.
//!
//! Invariants: no principal changes a role that holds, or would hold, a permission that the principal lacks. A user who
//! can manage roles remains. A role with users is not deleted.

use crate::{
    Error,
    app::App,
    model::{Event, Permissions, Precondition, Reason, Role, RoleId, RoleName},
    ops::{
        audit::{self, AuditEntry},
        authority::{Can, RolesWrite},
        outcome::{Denied, OpResult},
        roles::administrators,
        steps::{self, Steps, Stop},
    },
    store::{Tx, roles},
};

/// The reason why a role is not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditRoleRefused {
    NoSuchRole,
    /// The role has another version than the one that the client read.
    Outdated,
    /// Doorward requires all permissions of this role.
    BuiltIn,
    /// No administrator would remain.
    LastAdministrator,
    Denied(Denied),
}

/// The reason why a role is not deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeleteRoleRefused {
    NoSuchRole,
    /// The role has another version than the one that the client read.
    Outdated,
    /// A user has the role.
    InUse,
    /// Doorward requires the role.
    BuiltIn,
    Denied(Denied),
}

/// Replaces the permissions of a role, for the holder of `roles:write`. Returns the changed role.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn set_permissions(
    app: &App,
    authority: &Can<RolesWrite>,
    name: &RoleName,
    permissions: &Permissions,
    precondition: &Precondition,
) -> OpResult<Role, EditRoleRefused> {
    let by = authority.audit_context();
    let ended = app
        .db
        .write(async |mut tx: Tx| {
            let steps = set_in(app, &mut tx, authority, (name, permissions), precondition).await;
            steps::end(tx, steps).await
        })
        .await?;
    steps::conclude(app, &by, ended).await
}

/// Deletes a role that no user has, for the holder of `roles:write`.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn delete(
    app: &App,
    authority: &Can<RolesWrite>,
    name: &RoleName,
    precondition: &Precondition,
) -> OpResult<(), DeleteRoleRefused> {
    let by = authority.audit_context();
    let ended = app
        .db
        .write(async |mut tx: Tx| {
            let steps = delete_in(app, &mut tx, authority, name, precondition).await;
            steps::end(tx, steps).await
        })
        .await?;
    steps::conclude(app, &by, ended).await
}

async fn set_in(
    app: &App,
    tx: &mut Tx,
    authority: &Can<RolesWrite>,
    (name, permissions): (&RoleName, &Permissions),
    precondition: &Precondition,
) -> Steps<Role, EditRoleRefused> {
    administrators::take_turns(tx).await?;
    let found = roles::by_name(tx, name.as_text()).await?;
    let mut role = found.ok_or_else(|| Stop::refused(EditRoleRefused::NoSuchRole))?;
    let described = |entry: AuditEntry| entry.with("role", name.as_text()).with("to", permissions.as_text());
    let refused = |reason| described(AuditEntry::refused(Event::PermissionsChange, reason));
    for set in [&role.permissions, permissions] {
        authority.judge(tx, set).await?.map_err(|denied| Stop::denied(denied, refused))?;
    }
    if !precondition.admits(role.version) {
        return Err(Stop::refused(EditRoleRefused::Outdated));
    }
    let had_administrators = administrators::are_left(tx).await?;
    if !roles::set_permissions(tx, role.id, role.version, permissions).await? {
        return Err(conflict().into());
    }
    if had_administrators && !administrators::are_left(tx).await? {
        return Err(Stop::recorded(EditRoleRefused::LastAdministrator, refused(Reason::LastAdministrator)));
    }
    // No principal grants a permission that it lacks, so a permission without a holder could never be granted again.
    if role.id == RoleId::ADMIN && !permissions.hold_all() {
        return Err(Stop::refused(EditRoleRefused::BuiltIn));
    }
    let entry = described(AuditEntry::done(Event::PermissionsChange));
    audit::record(app, tx, &authority.audit_context(), entry).await?;
    role.permissions = permissions.clone();
    role.version += 1;
    Ok(role)
}

async fn delete_in(
    app: &App,
    tx: &mut Tx,
    authority: &Can<RolesWrite>,
    name: &RoleName,
    precondition: &Precondition,
) -> Steps<(), DeleteRoleRefused> {
    administrators::take_turns(tx).await?;
    let found = roles::by_name(tx, name.as_text()).await?;
    let role = found.ok_or_else(|| Stop::refused(DeleteRoleRefused::NoSuchRole))?;
    let described = |entry: AuditEntry| entry.with("role", name.as_text()).with("deleted", true);
    let refused = |reason| described(AuditEntry::refused(Event::PermissionsChange, reason));
    let judged = authority.judge(tx, &role.permissions).await?;
    judged.map_err(|denied| Stop::denied(denied, refused))?;
    if !precondition.admits(role.version) {
        return Err(Stop::refused(DeleteRoleRefused::Outdated));
    }
    if RoleId::BUILT_IN.contains(&role.id) {
        return Err(Stop::refused(DeleteRoleRefused::BuiltIn));
    }
    if roles::is_in_use(tx, role.id).await? {
        return Err(Stop::refused(DeleteRoleRefused::InUse));
    }
    if !roles::delete(tx, role.id, role.version).await? {
        return Err(conflict().into());
    }
    let entry = described(AuditEntry::done(Event::PermissionsChange));
    Ok(audit::record(app, tx, &authority.audit_context(), entry).await?)
}

fn conflict() -> Error {
    Error::Conflict("the role changed at the same moment".to_owned())
}

impl From<Denied> for EditRoleRefused {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl From<Denied> for DeleteRoleRefused {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}
