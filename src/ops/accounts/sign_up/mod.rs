//! Creates accounts: by sign-up, for an administrator, or for the operator.

mod new_account;
mod prepare;
mod refused;

use doorward_password::Password;

use self::prepare::PreparedSignUp;
pub use self::{
    new_account::NewAccount,
    refused::{CreateUserRefused, NewAccountRefused, OperatorCreateRefused, RepeatableSignUpRefused, SignUpRefused},
};
use crate::{
    Error, Result,
    app::App,
    model::{Event, Name, PasswordPolicy, Role, Source, UserAttributes, UserId},
    ops::{
        accounts::{name_rules::Asking, role_grant::RoleGrant},
        audit::{AuditContext, AuditEntry},
        authority::{Can, UsersWrite},
        idempotency::{
            IdempotencyKey,
            replay::{self, ReplayRefused},
        },
        outcome::{Limited, OpResult},
        principal::Principal,
        roles::{SIGN_UP_ROLE, administrators},
        steps::{self, Steps, Stop},
    },
    store::{Tx, accounts::Account, roles},
};

/// Creates an account by sign-up, with the role [`SIGN_UP_ROLE`] and the user's own attributes.
///
/// # Errors
/// Returns an error if the database or the system fails.
pub async fn sign_up(app: &App, source: Source, new: NewAccount<'_>) -> OpResult<Account, SignUpRefused> {
    if let Err(refused) = admit(app, &source) {
        return Ok(Err(refused));
    }
    create(app, &AuditContext::anonymous(source), &modest(new), None).await
}

/// Creates an account by a sign-up that the client may repeat.
///
/// # Errors
/// Returns an error if the database or the system fails.
pub async fn sign_up_repeatably(
    app: &App,
    source: Source,
    new: NewAccount<'_>,
    key: &IdempotencyKey,
) -> OpResult<Account, RepeatableSignUpRefused> {
    if let Err(refused) = admit(app, &source) {
        return Ok(Err(RepeatableSignUpRefused::SignUp(refused)));
    }
    let (by, new) = (AuditContext::anonymous(source), modest(new));
    match replayed(app, &by, Some(key), &new).await? {
        Ok(Some(account)) => return Ok(Ok(account)),
        Ok(None) => {}
        Err(refused) => return Ok(Err(RepeatableSignUpRefused::Replay(refused))),
    }
    let created = create(app, &by, &new, Some(key)).await?;
    if let Err(SignUpRefused::Account(NewAccountRefused::NameTaken)) = created {
        // The same request may have created the account at the same moment.
        match replayed(app, &by, Some(key), &new).await? {
            Ok(Some(account)) => return Ok(Ok(account)),
            Ok(None) => {}
            Err(refused) => return Ok(Err(RepeatableSignUpRefused::Replay(refused))),
        }
    }
    Ok(created.map_err(RepeatableSignUpRefused::SignUp))
}

/// Creates an account for an administrator, also while sign-ups are disabled. Without a grant it gets [`SIGN_UP_ROLE`].
///
/// # Errors
/// Returns an error if the database or the system fails.
pub async fn as_administrator(
    app: &App,
    authority: &Can<UsersWrite>,
    grant: Option<&RoleGrant>,
    new: NewAccount<'_>,
    key: Option<&IdempotencyKey>,
) -> OpResult<Account, CreateUserRefused> {
    let by = authority.audit_context();
    match replayed(app, &by, key, &new).await? {
        Ok(Some(account)) => return Ok(Ok(account)),
        Ok(None) => {}
        Err(refused) => return Ok(Err(CreateUserRefused::Replay(refused))),
    }
    let created = create_for(app, authority, grant, &new, key).await?;
    if let Err(CreateUserRefused::Account(NewAccountRefused::NameTaken)) = created {
        // The same request may have created the account at the same moment.
        match replayed(app, &by, key, &new).await? {
            Ok(Some(account)) => return Ok(Ok(account)),
            Ok(None) => {}
            Err(refused) => return Ok(Err(CreateUserRefused::Replay(refused))),
        }
    }
    Ok(created)
}

/// Creates an account with any role for the operator, also while sign-ups are disabled.
///
/// # Errors
/// Returns an error if the database or the system fails.
pub async fn as_operator(
    app: &App,
    name: &Name,
    password: Password,
    role: &str,
) -> OpResult<UserId, OperatorCreateRefused> {
    let by = Principal::Operator.audit_context();
    let new = NewAccount::plain(name, password, PasswordPolicy::Accept);
    let role = roles::by_name(&mut app.db.read().await?, role).await?;
    let Some(role) = role else { return Ok(Err(OperatorCreateRefused::NoSuchRole)) };
    let prepared = match PreparedSignUp::new(app, &new, &role, Asking::Operator).await? {
        Ok(prepared) => prepared,
        Err(refused) => return Ok(Err(OperatorCreateRefused::Account(refused))),
    };
    let ended = app
        .db
        .write(async |mut tx: Tx| {
            let steps = insert_any(app, &mut tx, &by, &prepared).await;
            steps::end(tx, steps).await
        })
        .await;
    let created = steps::conclude(app, &by, prepared.settle(ended).await?).await?;
    Ok(created.map(|account| account.user.id))
}

/// Returns whether this client may sign up now.
fn admit(app: &App, source: &Source) -> std::result::Result<(), SignUpRefused> {
    if !app.config.signup_enabled {
        return Err(SignUpRefused::Disabled);
    }
    app.rate_limits
        .sign_up(source.address)
        .map_err(|after| SignUpRefused::Account(NewAccountRefused::Limited(Limited::Throttled(after))))
}

/// Removes the members that only administrators may request.
fn modest(new: NewAccount<'_>) -> NewAccount<'_> {
    let attributes = UserAttributes { own: new.attributes.own, ..UserAttributes::default() };
    NewAccount { must_change_password: false, attributes, ..new }
}

/// Returns the account that this request created before. A password that the policy rejects is never tested.
async fn replayed(
    app: &App,
    by: &AuditContext,
    key: Option<&IdempotencyKey>,
    new: &NewAccount<'_>,
) -> OpResult<Option<Account>, ReplayRefused> {
    if new.policy.check(&new.password, new.name.as_typed()).is_err() {
        return Ok(Ok(None));
    }
    replay::account(app, by, key, (new.name, &new.password)).await
}

async fn create(
    app: &App,
    by: &AuditContext,
    new: &NewAccount<'_>,
    key: Option<&IdempotencyKey>,
) -> OpResult<Account, SignUpRefused> {
    let role = sign_up_role(app).await?;
    let prepared = match PreparedSignUp::new(app, new, &role, Asking::ForThemselves).await? {
        Ok(prepared) => prepared,
        Err(refused) => return Ok(Err(SignUpRefused::Account(refused))),
    };
    let ended = app
        .db
        .write(async |mut tx: Tx| {
            // Built-in roles are never deleted, so the guard is not needed.
            let steps = prepared.insert(app, &mut tx, by, key).await;
            steps::end(tx, steps.map_err(|stop| stop.map(SignUpRefused::Account))).await
        })
        .await;
    steps::conclude(app, by, prepared.settle(ended).await?).await
}

async fn create_for(
    app: &App,
    authority: &Can<UsersWrite>,
    grant: Option<&RoleGrant>,
    new: &NewAccount<'_>,
    key: Option<&IdempotencyKey>,
) -> OpResult<Account, CreateUserRefused> {
    let role = match grant {
        None => sign_up_role(app).await?,
        Some(grant) => match roles::by_name(&mut app.db.read().await?, &grant.role).await? {
            Some(role) => role,
            None => return Ok(Err(CreateUserRefused::NoSuchRole)),
        },
    };
    let prepared = match PreparedSignUp::new(app, new, &role, Asking::Administrator).await? {
        Ok(prepared) => prepared,
        Err(refused) => return Ok(Err(CreateUserRefused::Account(refused))),
    };
    let by = authority.audit_context();
    let ended = app
        .db
        .write(async |mut tx: Tx| {
            let steps = insert_for(app, &mut tx, (authority, grant), &prepared, key).await;
            steps::end(tx, steps).await
        })
        .await;
    steps::conclude(app, &by, prepared.settle(ended).await?).await
}

/// Checks the authority after the guard, so the role does not change until the end, and inserts the account.
async fn insert_for(
    app: &App,
    tx: &mut Tx,
    (authority, grant): (&Can<UsersWrite>, Option<&RoleGrant>),
    prepared: &PreparedSignUp<'_>,
    key: Option<&IdempotencyKey>,
) -> Steps<Account, CreateUserRefused> {
    administrators::take_turns(tx).await?;
    let role = roles::by_id(tx, prepared.role().id).await?;
    let role = role.ok_or_else(|| Stop::refused(CreateUserRefused::NoSuchRole))?;
    // The record omits the name, because no account has it and it may be a password in the wrong field.
    let refused = |reason| AuditEntry::refused(Event::UserCreated, reason).with("role", role.name.as_str());
    let judged = authority.judge(tx, &role.permissions).await?;
    judged.map_err(|denied| Stop::denied(denied, refused))?;
    if let Some(grant) = grant {
        let judged = grant.authority.judge(tx, &role.permissions).await?;
        judged.map_err(|denied| Stop::denied(denied, refused))?;
    }
    let inserted = prepared.insert(app, tx, &authority.audit_context(), key).await;
    inserted.map_err(|stop| stop.map(CreateUserRefused::Account))
}

async fn insert_any(
    app: &App,
    tx: &mut Tx,
    by: &AuditContext,
    prepared: &PreparedSignUp<'_>,
) -> Steps<Account, OperatorCreateRefused> {
    administrators::take_turns(tx).await?;
    if roles::by_id(tx, prepared.role().id).await?.is_none() {
        return Err(Stop::refused(OperatorCreateRefused::NoSuchRole));
    }
    let inserted = prepared.insert(app, tx, by, None).await;
    inserted.map_err(|stop| stop.map(OperatorCreateRefused::Account))
}

async fn sign_up_role(app: &App) -> Result<Role> {
    let role = roles::by_name(&mut app.db.read().await?, SIGN_UP_ROLE).await?;
    role.ok_or(Error::Corrupt("the role `user` is missing"))
}
