//! Makes a role. Nobody makes one that holds a permission which they lack.

use crate::{
    Error, Result,
    app::App,
    model::{Event, Permissions, Reason, RoleId, RoleName},
    ops::{
        audit::{self, Entry},
        authority::{Authority, Can, Denied, RolesWrite},
        idempotency::{self, Earlier, IdempotencyKey},
        roles::administrators,
    },
    store::{Tx, roles},
};

/// What it came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CreateRole {
    Done(RoleId),
    /// The same request has made this role before.
    DoneBefore(RoleId),
    NameTaken,
    /// There are as many roles as there may be.
    TooMany,
    /// Another request has used the idempotency key.
    KeyReused,
    AuthorityLost,
    /// The role would hold permissions that the one who asks lacks.
    AuthorityExceeded,
}

/// Makes a role, for the holder of `roles:write`.
///
/// # Errors
/// The database's, or the machine's.
pub async fn create_role(
    app: &App,
    authority: &Can<RolesWrite>,
    name: &RoleName,
    permissions: &Permissions,
    key: Option<&IdempotencyKey>,
) -> Result<CreateRole> {
    if let Some(outcome) = before(app, key).await? {
        return Ok(outcome);
    }
    let outcome = insert(app, authority, (name, permissions), key).await?;
    match outcome {
        CreateRole::NameTaken if key.is_some() => Ok(before(app, key).await?.unwrap_or(CreateRole::NameTaken)),
        CreateRole::AuthorityExceeded => {
            let entry = Entry::refused(Event::PermissionsChange, Reason::AuthorityExceeded)
                .with("role", name.as_text())
                .with("to", permissions.as_text());
            audit::record_refusal(app, &authority.holder().audit_context(), entry).await?;
            Ok(outcome)
        }
        outcome => Ok(outcome),
    }
}

async fn insert(
    app: &App,
    authority: &Can<RolesWrite>,
    (name, permissions): (&RoleName, &Permissions),
    key: Option<&IdempotencyKey>,
) -> Result<CreateRole> {
    // Never the number of a role that was: whoever still named that one must not find this.
    let id = RoleId(i64::from_le_bytes(app.rng.bytes()?) & i64::MAX);
    let now = app.clock.now();
    app.db
        .write(async |mut tx: Tx| {
            administrators::take_turns(&mut tx).await?;
            match Authority::Holder(authority).judge(&mut tx, permissions).await? {
                Ok(()) => {}
                Err(Denied::Lost) => return tx.roll_back(CreateRole::AuthorityLost).await,
                Err(Denied::Exceeded) => return tx.roll_back(CreateRole::AuthorityExceeded).await,
            }
            let count = roles::all(&mut tx).await?.len();
            if u32::try_from(count).is_ok_and(|count| count >= roles::ROLES) {
                return tx.roll_back(CreateRole::TooMany).await;
            }
            let is_made = roles::insert(&mut tx, id, name, permissions, now).await?;
            if !is_made || !idempotency::note(&mut tx, key, &id.0.to_be_bytes(), now).await? {
                return tx.roll_back(CreateRole::NameTaken).await;
            }
            let entry =
                Entry::done(Event::PermissionsChange).with("role", name.as_text()).with("to", permissions.as_text());
            audit::record(app, &mut tx, &authority.holder().audit_context(), entry).await?;
            tx.commit(CreateRole::Done(id)).await
        })
        .await
}

async fn before(app: &App, key: Option<&IdempotencyKey>) -> Result<Option<CreateRole>> {
    let mut conn = app.db.read().await?;
    Ok(match idempotency::look(app, &mut conn, key).await? {
        Earlier::Nothing => None,
        Earlier::Another => Some(CreateRole::KeyReused),
        Earlier::Made(id) => {
            let id = id.try_into().map_err(|_| Error::Corrupt("a role's number that is not 8 bytes long"))?;
            Some(CreateRole::DoneBefore(RoleId(i64::from_be_bytes(id))))
        }
    })
}
