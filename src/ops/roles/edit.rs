//! Changes what a role allows, and deletes roles.
//!
//! Invariants: nobody changes a role that holds, or would hold, a permission which they lack; somebody who can manage
//! roles stays; a role goes only when nobody has it.

use crate::{
    Error, Result,
    app::App,
    model::{Event, Permissions, Precondition, Reason, Role, RoleId, RoleName},
    ops::{
        audit::{self, Entry},
        authority::{Authority, Can, Denied, RolesWrite},
        roles::administrators,
    },
    store::{Ended, Tx, roles},
};

/// What it came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditRole {
    Done,
    NoSuchRole,
    /// The role is not as the client saw it.
    Outdated,
    /// Somebody has the role.
    InUse,
    /// Doorward itself needs the role, or the permissions that it has.
    BuiltIn,
    /// There would be no administrator left.
    LastAdministrator,
    AuthorityLost,
    /// The role holds, or would hold, permissions that the one who asks lacks.
    AuthorityExceeded,
}

/// Replaces what a role allows, for the holder of `roles:write`.
///
/// # Errors
/// The database's.
pub async fn set_permissions(
    app: &App,
    authority: &Can<RolesWrite>,
    name: &RoleName,
    permissions: &Permissions,
    precondition: &Precondition,
) -> Result<EditRole> {
    edit(app, authority, name, Some(permissions), precondition).await
}

/// Deletes a role that nobody has, for the holder of `roles:write`.
///
/// # Errors
/// The database's.
pub async fn delete(
    app: &App,
    authority: &Can<RolesWrite>,
    name: &RoleName,
    precondition: &Precondition,
) -> Result<EditRole> {
    edit(app, authority, name, None, precondition).await
}

async fn edit(
    app: &App,
    authority: &Can<RolesWrite>,
    name: &RoleName,
    permissions: Option<&Permissions>,
    precondition: &Precondition,
) -> Result<EditRole> {
    let outcome = app
        .db
        .write(async |mut tx: Tx| {
            administrators::take_turns(&mut tx).await?;
            let outcome = match roles::by_name(&mut tx, name.as_text()).await? {
                None => EditRole::NoSuchRole,
                Some(role) => match judge(&mut tx, authority, &role, permissions, precondition).await? {
                    Err(why) => why,
                    Ok(()) => perform(&mut tx, &role, permissions).await?,
                },
            };
            end(app, tx, authority, name, (permissions, outcome)).await
        })
        .await?;
    let reason = match outcome {
        EditRole::LastAdministrator => Reason::LastAdministrator,
        EditRole::AuthorityExceeded => Reason::AuthorityExceeded,
        outcome => return Ok(outcome),
    };
    let entry = describe(Entry::refused(Event::PermissionsChange, reason), name, permissions);
    audit::record_refusal(app, &authority.holder().audit_context(), entry).await?;
    Ok(outcome)
}

/// Whether it may be done.
async fn judge(
    tx: &mut Tx,
    authority: &Can<RolesWrite>,
    role: &Role,
    permissions: Option<&Permissions>,
    precondition: &Precondition,
) -> Result<std::result::Result<(), EditRole>> {
    let acting = Authority::Holder(authority);
    for set in std::iter::once(&role.permissions).chain(permissions) {
        match acting.judge(tx, set).await? {
            Ok(()) => {}
            Err(Denied::Lost) => return Ok(Err(EditRole::AuthorityLost)),
            Err(Denied::Exceeded) => return Ok(Err(EditRole::AuthorityExceeded)),
        }
    }
    if !precondition.admits(role.version) {
        return Ok(Err(EditRole::Outdated));
    }
    let is_built_in = RoleId::BUILT_IN.contains(&role.id);
    Ok(if permissions.is_none() && is_built_in { Err(EditRole::BuiltIn) } else { Ok(()) })
}

async fn perform(tx: &mut Tx, role: &Role, permissions: Option<&Permissions>) -> Result<EditRole> {
    let had_administrators = administrators::are_left(tx).await?;
    let is_done = match permissions {
        Some(permissions) => roles::set_permissions(tx, role.id, role.version, permissions).await?,
        None if roles::is_in_use(tx, role.id).await? => return Ok(EditRole::InUse),
        None => roles::delete(tx, role.id, role.version).await?,
    };
    if !is_done {
        return Err(Error::Conflict("the role changed at the same moment".to_owned()));
    }
    if had_administrators && !administrators::are_left(tx).await? {
        return Ok(EditRole::LastAdministrator);
    }
    // Nobody gives a permission that they lack, so one that its last holder gave up would be lost for good.
    if role.id == RoleId::ADMIN && permissions.is_some_and(|permissions| !permissions.hold_all()) {
        return Ok(EditRole::BuiltIn);
    }
    Ok(EditRole::Done)
}

async fn end(
    app: &App,
    mut tx: Tx,
    authority: &Can<RolesWrite>,
    name: &RoleName,
    (permissions, outcome): (Option<&Permissions>, EditRole),
) -> Result<Ended<EditRole>> {
    if outcome != EditRole::Done {
        return tx.roll_back(outcome).await;
    }
    let entry = describe(Entry::done(Event::PermissionsChange), name, permissions);
    audit::record(app, &mut tx, &authority.holder().audit_context(), entry).await?;
    tx.commit(outcome).await
}

fn describe(entry: Entry, name: &RoleName, permissions: Option<&Permissions>) -> Entry {
    let entry = entry.with("role", name.as_text());
    match permissions {
        Some(permissions) => entry.with("to", permissions.as_text()),
        None => entry.with("deleted", true),
    }
}
