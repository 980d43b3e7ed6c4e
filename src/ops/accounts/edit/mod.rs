//! Changes an account: its name, its role, and the attributes that the application keeps.
//!
//! Invariant: the whole edit is one conditional statement on the version that was read in the same transaction. Two
//! concurrent edits take effect one after the other, or the second is refused.

mod apply;
mod audit;
mod changes;
mod refused;
mod role_change;

use self::{
    apply::{Edit, patched},
    role_change::RoleChange,
};
pub use self::{
    changes::Changes,
    refused::{EditOwnRefused, EditRefused, EditUserRefused, SetRoleRefused},
};
use crate::{
    Result,
    app::App,
    model::{AttributesPatch, Name, Precondition, Reason, TooLarge, UserId},
    ops::{
        accounts::name_rules::{self, Asking},
        audit::AuditContext,
        auth::reauthenticate::RecentlyAuthenticated,
        authority::{Can, UsersWrite},
        outcome::OpResult,
        principal::Principal,
        roles::administrators,
        signed_in::SignedIn,
        steps::{self, Steps, Stop},
    },
    store::{
        Tx,
        accounts::{self, Account, AccountKey},
        roles,
    },
};

/// Changes the user's own account: the attributes, and the name after a reauthentication. Requested names count as
/// sign-ups, because the response also shows whether the name exists.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn own(
    app: &App,
    signed_in: &SignedIn,
    attributes: Option<AttributesPatch>,
    name: Option<(Name, &RecentlyAuthenticated)>,
    precondition: &Precondition,
) -> OpResult<Account, EditOwnRefused> {
    let changes = Changes { name: name.map(|(name, _)| name), attributes, ..Changes::default() };
    let (by, id) = (signed_in.audit_context(), signed_in.user_id());
    let is_administrator = signed_in.can::<UsersWrite>().is_some();
    if changes.name.is_some()
        && !is_administrator
        && let Err(after) = app.rate_limits.sign_up(by.source.address)
    {
        return Ok(Err(EditOwnRefused::Throttled(after)));
    }
    let asking = if is_administrator { Asking::Administrator } else { Asking::ForThemselves };
    let is_reserved = is_name_refused(app, id.into(), &changes, asking).await?;
    let ended = app
        .db
        .write(async |mut tx: Tx| {
            let steps = edit_own(app, &mut tx, signed_in, (&changes, is_reserved), precondition).await;
            steps::end(tx, steps).await
        })
        .await?;
    steps::conclude(app, &by, ended).await
}

/// Changes another user's account, for the holder of `users:write`.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn as_administrator(
    app: &App,
    authority: &Can<UsersWrite>,
    key: impl Into<AccountKey>,
    changes: &Changes,
    precondition: &Precondition,
) -> OpResult<Account, EditUserRefused> {
    let (key, by) = (key.into(), authority.audit_context());
    let is_reserved = is_name_refused(app, key, changes, Asking::Administrator).await?;
    let ended = app
        .db
        .write(async |mut tx: Tx| {
            let steps = edit_other(app, &mut tx, authority, (key, precondition), (changes, is_reserved)).await;
            steps::end(tx, steps).await
        })
        .await?;
    steps::conclude(app, &by, ended).await
}

/// Gives a user another role, for the operator. A role with more permissions ends the user's sessions.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn set_role_as_operator(app: &App, id: UserId, role: &str) -> OpResult<(), SetRoleRefused> {
    let by = Principal::Operator.audit_context();
    let ended = app
        .db
        .write(async |mut tx: Tx| {
            let steps = set_role(app, &mut tx, &by, id, role).await;
            steps::end(tx, steps).await
        })
        .await?;
    steps::conclude(app, &by, ended).await
}

async fn edit_own(
    app: &App,
    tx: &mut Tx,
    signed_in: &SignedIn,
    (changes, is_name_reserved): (&Changes, bool),
    precondition: &Precondition,
) -> Steps<Account, EditOwnRefused> {
    let found = accounts::find(tx, signed_in.user_id().into()).await?;
    let account = found.ok_or_else(|| Stop::refused(EditOwnRefused::SessionEnded))?;
    if !signed_in.still_holds(tx).await? {
        return Err(Stop::refused(EditOwnRefused::SessionEnded));
    }
    if !precondition.admits(account.user.version) {
        return Err(Stop::refused(EditOwnRefused::Outdated));
    }
    let edit = Edit { changes, is_name_reserved, role: account.role.clone(), admin: account.attributes.admin.clone() };
    let before = account.user.clone();
    let account = apply::apply(app, tx, account, edit).await.map_err(|stop| stop.map(EditOwnRefused::Edit))?;
    audit::members_changed(app, tx, &signed_in.audit_context(), &before, changes).await?;
    Ok(account)
}

async fn edit_other(
    app: &App,
    tx: &mut Tx,
    authority: &Can<UsersWrite>,
    (key, precondition): (AccountKey, &Precondition),
    (changes, is_name_reserved): (&Changes, bool),
) -> Steps<Account, EditUserRefused> {
    if changes.role.is_some() {
        administrators::take_turns(tx).await?;
    }
    let found = accounts::find(tx, key).await?;
    let account = found.ok_or_else(|| Stop::refused(EditUserRefused::NoSuchUser))?;
    if changes.name.is_some() && authority.holder().user_id() == Some(account.user.id) {
        return Err(Stop::refused(EditUserRefused::OwnAccount));
    }
    let refused = |reason| audit::refused(&account, changes.role.as_ref(), reason);
    let judged = authority.judge(tx, &account.role.permissions).await?;
    judged.map_err(|denied| Stop::denied(denied, refused))?;
    let role = match &changes.role {
        None => account.role.clone(),
        Some(grant) => {
            let role = roles::by_name(tx, &grant.role).await?;
            let role = role.ok_or_else(|| Stop::refused(EditUserRefused::NoSuchRole))?;
            let judged = grant.authority.judge(tx, &role.permissions).await?;
            judged.map_err(|denied| Stop::denied(denied, refused))?;
            role
        }
    };
    if !precondition.admits(account.user.version) {
        return Err(Stop::refused(EditUserRefused::Outdated));
    }
    let admin = patched(&account.attributes.admin, changes.admin_attributes.as_ref())
        .map_err(|TooLarge| Stop::refused(EditUserRefused::AdminAttributesTooLarge))?;
    let change = match changes.role {
        Some(_) => Some(RoleChange::begin(tx, &account.role, &role).await?),
        None => None,
    };
    let last_administrator = refused(Reason::LastAdministrator);
    let by = authority.audit_context();
    let edit = Edit { changes, is_name_reserved, role, admin };
    let before = account.user.clone();
    let account = apply::apply(app, tx, account, edit).await.map_err(|stop| stop.map(EditUserRefused::Edit))?;
    if let Some(change) = change
        && !change.finish(app, tx, &by, &before).await?
    {
        return Err(Stop::recorded(EditUserRefused::LastAdministrator, last_administrator));
    }
    audit::members_changed(app, tx, &by, &before, changes).await?;
    Ok(account)
}

async fn set_role(app: &App, tx: &mut Tx, by: &AuditContext, id: UserId, name: &str) -> Steps<(), SetRoleRefused> {
    administrators::take_turns(tx).await?;
    let found = accounts::find(tx, id.into()).await?;
    let account = found.ok_or_else(|| Stop::refused(SetRoleRefused::NoSuchUser))?;
    let role = roles::by_name(tx, name).await?.ok_or_else(|| Stop::refused(SetRoleRefused::NoSuchRole))?;
    let change = RoleChange::begin(tx, &account.role, &role).await?;
    apply::set_role(tx, &account, &role).await?;
    if change.finish(app, tx, by, &account.user).await? {
        return Ok(());
    }
    let entry = audit::refused_role(&account, name, Reason::LastAdministrator);
    Err(Stop::recorded(SetRoleRefused::LastAdministrator, entry))
}

/// Returns whether the new name is reserved or looks like an administrator's. The check is before the transaction, as
/// at sign-up, because it compares the appearances of many names.
async fn is_name_refused(app: &App, key: AccountKey, changes: &Changes, asking: Asking) -> Result<bool> {
    let Some(name) = changes.name.as_ref().filter(|_| app.legacy.is_none()) else { return Ok(false) };
    let mut conn = app.db.read().await?;
    let own = accounts::id_of(&mut conn, key).await?;
    name_rules::refuse(app, &mut conn, (name, own), asking).await
}
