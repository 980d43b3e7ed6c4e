//! Creates a role. Invariant: no principal creates a role with a permission that the principal lacks.

use crate::{
    app::App,
    model::{Event, Permissions, Role, RoleId, RoleName},
    ops::{
        audit::{self, AuditEntry},
        authority::{Can, RolesWrite},
        idempotency::{
            self, IdempotencyKey,
            replay::{self, RoleReplayRefused},
        },
        outcome::{Denied, OpResult},
        roles::administrators,
        steps::{self, Steps, Stop},
    },
    store::{Tx, roles},
};

/// The reason why a role is not created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreateRoleRefused {
    NameTaken,
    /// The limit of roles is reached.
    TooMany,
    Replay(RoleReplayRefused),
    Denied(Denied),
}

/// Creates a role, for the holder of `roles:write`. A repeated request gets the role of the first one.
///
/// # Errors
/// Returns an error if the database or the system fails.
pub async fn create_role(
    app: &App,
    authority: &Can<RolesWrite>,
    name: &RoleName,
    permissions: &Permissions,
    key: Option<&IdempotencyKey>,
) -> OpResult<Role, CreateRoleRefused> {
    match replay::role(app, key).await? {
        Ok(None) => {}
        Ok(Some(role)) => return Ok(Ok(role)),
        Err(refused) => return Ok(Err(CreateRoleRefused::Replay(refused))),
    }
    let role = Role {
        // The id is random, because an id that refers to a deleted role must not match a new one.
        id: RoleId(i64::from_le_bytes(app.rng.bytes()?) & i64::MAX),
        name: name.as_text().to_owned(),
        permissions: permissions.clone(),
        version: 1,
        created_at: app.clock.now(),
    };
    let ended = app
        .db
        .write(async |mut tx: Tx| {
            let steps = insert(app, &mut tx, authority, (name, &role), key).await;
            steps::end(tx, steps).await
        })
        .await?;
    match steps::conclude(app, &authority.audit_context(), ended).await? {
        // The same request may have created the role at the same moment.
        Err(CreateRoleRefused::NameTaken) => Ok(match replay::role(app, key).await? {
            Ok(None) => Err(CreateRoleRefused::NameTaken),
            Ok(Some(role)) => Ok(role),
            Err(refused) => Err(CreateRoleRefused::Replay(refused)),
        }),
        outcome => Ok(outcome.map(|()| role)),
    }
}

async fn insert(
    app: &App,
    tx: &mut Tx,
    authority: &Can<RolesWrite>,
    (name, role): (&RoleName, &Role),
    key: Option<&IdempotencyKey>,
) -> Steps<(), CreateRoleRefused> {
    let described = |entry: AuditEntry| entry.with("role", name.as_text()).with("to", role.permissions.as_text());
    administrators::take_turns(tx).await?;
    let judged = authority.judge(tx, &role.permissions).await?;
    judged.map_err(|denied| {
        Stop::denied(denied, |reason| described(AuditEntry::refused(Event::PermissionsChange, reason)))
    })?;
    let count = roles::all(tx).await?.len();
    if u32::try_from(count).is_ok_and(|count| count >= roles::ROLES) {
        return Err(Stop::refused(CreateRoleRefused::TooMany));
    }
    let is_made = roles::insert(tx, role.id, name, &role.permissions, role.created_at).await?;
    if !is_made || !idempotency::note(tx, key, &role.id.0.to_be_bytes(), role.created_at).await? {
        return Err(Stop::refused(CreateRoleRefused::NameTaken));
    }
    let entry = described(AuditEntry::done(Event::PermissionsChange));
    Ok(audit::record(app, tx, &authority.audit_context(), entry).await?)
}

impl From<Denied> for CreateRoleRefused {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}
