//! Changes what an account is called, which role it has and what the application keeps of it.
//!
//! Invariant: the whole edit is one conditional statement on the version that was read in the same transaction, so that
//! two edits at once are either both seen or the second is told that the first was there.

mod audit;

use std::time::Duration;

use crate::{
    Error, Result,
    app::App,
    model::{AttributesPatch, Name, Permission, Permissions, Precondition, TooLarge, User, UserAttributes, UserId},
    ops::{
        accounts::name_rules::{self, Asking},
        audit::AuditContext,
        auth::reauthenticate::RecentlyAuthenticated,
        authority::{Authority, Can, Denied, RolesWrite, SignedIn, UsersWrite},
        roles::administrators,
    },
    store::{
        Ended, Tx, adoptions, roles, session_ends,
        user_edits::{self, Edit, Edited},
        users,
    },
};

/// What is to be changed; what is `None` stays.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Changes {
    pub name: Option<Name>,
    /// The role's name.
    pub role: Option<String>,
    pub must_change_password: Option<bool>,
    /// Of the user's own part and of the administrators'.
    pub attributes: Option<AttributesPatch>,
    pub admin_attributes: Option<AttributesPatch>,
}

/// What an edit came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditUser {
    Done,
    NoSuchUser,
    NoSuchRole,
    /// An administrator asked to rename their own account in the way that is for others' and asks for no fresh login.
    OwnAccount,
    NameTaken,
    /// The name is reserved, or looks like an administrator's.
    NameReserved,
    /// While the old application runs, its table has a say in what its users are called.
    NameLinked,
    /// Too many names were asked for from the same address. The next may come after this time.
    Throttled(Duration),
    /// The account is not as the client saw it.
    Outdated,
    AttributesTooLarge,
    AdminAttributesTooLarge,
    /// There would be no administrator left.
    LastAdministrator,
    /// The session that asked has ended meanwhile, or its user has lost the permission.
    AuthorityLost,
    /// The account, or the role that is to be given, may do what the one who asks may not.
    AuthorityExceeded,
}

/// Changes one's own account: what the application keeps of it, and, after a fresh login, its name. Names that are asked for
/// are counted with sign-ups, since they tell as much: whether somebody has the name.
///
/// # Errors
/// The database's.
pub async fn own(
    app: &App,
    signed_in: &SignedIn,
    attributes: Option<AttributesPatch>,
    name: Option<(Name, &RecentlyAuthenticated)>,
    precondition: &Precondition,
) -> Result<EditUser> {
    let changes = Changes { name: name.map(|(name, _)| name), attributes, ..Changes::default() };
    let is_administrator = signed_in.can::<UsersWrite>().is_some();
    if let Some(name) = changes.name.as_ref().filter(|_| !is_administrator)
        && let Err(after) = app.rate_limits.sign_up(signed_in.audit_context().source.address, name.key().as_bytes())
    {
        return Ok(EditUser::Throttled(after));
    }
    let asking = if is_administrator { Asking::Administrator } else { Asking::ForThemselves };
    let is_reserved = is_name_refused(app, signed_in.user_id(), &changes, asking).await?;
    app.db
        .write(async |mut tx: Tx| {
            let user = users::by_id(&mut tx, signed_in.user_id()).await?;
            let outcome = match user {
                Some(user) if signed_in.still_holds(&mut tx).await? => {
                    edit_in(app, &mut tx, &signed_in.audit_context(), (&user, precondition), (&changes, is_reserved))
                        .await?
                }
                _ => EditUser::AuthorityLost,
            };
            end(tx, outcome).await
        })
        .await
}

/// Changes another's account, for the holder of `users:write`; to give a role takes `roles:write` too.
///
/// # Errors
/// The database's.
pub async fn as_administrator(
    app: &App,
    authority: &Can<UsersWrite>,
    id: UserId,
    (changes, giving): (&Changes, Option<&Can<RolesWrite>>),
    precondition: &Precondition,
) -> Result<EditUser> {
    if changes.role.is_some() && giving.is_none() {
        return Ok(EditUser::AuthorityLost);
    }
    if changes.name.is_some() && authority.holder().user_id() == id {
        return Ok(EditUser::OwnAccount);
    }
    edit(app, &Authority::Holder(authority), id, (changes, giving), precondition).await
}

/// Gives a user another role, for the operator.
///
/// # Errors
/// The database's.
pub async fn set_role_as_operator(app: &App, id: UserId, role: &str) -> Result<EditUser> {
    let changes = Changes { role: Some(role.to_owned()), ..Changes::default() };
    edit(app, &Authority::Operator, id, (&changes, None), &Precondition::None).await
}

async fn edit(
    app: &App,
    acting: &Authority<'_, UsersWrite>,
    id: UserId,
    (changes, giving): (&Changes, Option<&Can<RolesWrite>>),
    precondition: &Precondition,
) -> Result<EditUser> {
    let is_reserved = is_name_refused(app, id, changes, Asking::Administrator).await?;
    let outcome = app
        .db
        .write(async |mut tx: Tx| {
            if changes.role.is_some() {
                administrators::take_turns(&mut tx).await?;
            }
            let outcome = match users::by_id(&mut tx, id).await? {
                None => EditUser::NoSuchUser,
                Some(user) => match acting.judge_on(&mut tx, &user).await? {
                    Err(denied) => denied.into(),
                    Ok(()) => match judge_role(&mut tx, acting, changes.role.as_deref(), giving).await? {
                        Err(why) => why,
                        Ok(()) => {
                            let what = (changes, is_reserved);
                            edit_in(app, &mut tx, &acting.audit_context(), (&user, precondition), what).await?
                        }
                    },
                },
            };
            end(tx, outcome).await
        })
        .await?;
    if matches!(outcome, EditUser::AuthorityExceeded | EditUser::LastAdministrator) {
        audit::refused(app, &acting.audit_context(), id, changes, outcome).await?;
    }
    Ok(outcome)
}

/// Whether the role may be given by whoever acts.
async fn judge_role(
    tx: &mut Tx,
    acting: &Authority<'_, UsersWrite>,
    role: Option<&str>,
    giving: Option<&Can<RolesWrite>>,
) -> Result<std::result::Result<(), EditUser>> {
    let Some(role) = role else { return Ok(Ok(())) };
    let Some(role) = roles::by_name(tx, role).await? else { return Ok(Err(EditUser::NoSuchRole)) };
    let judged = match giving {
        Some(giving) => Authority::Holder(giving).judge(tx, &role.permissions).await?,
        None => acting.judge(tx, &role.permissions).await?,
    };
    Ok(judged.map_err(EditUser::from))
}

/// Whether the new name, if there is one, is reserved or looks like an administrator's: asked before the transaction, as at
/// sign-up, since names are compared by their looks one by one.
async fn is_name_refused(app: &App, id: UserId, changes: &Changes, asking: Asking) -> Result<bool> {
    match &changes.name {
        Some(name) if app.legacy.is_none() => {
            name_rules::refuse(app, &mut app.db.read().await?, (name, Some(id)), asking).await
        }
        _ => Ok(false),
    }
}

/// The edit itself, once it is clear that it may be made.
async fn edit_in(
    app: &App,
    tx: &mut Tx,
    by: &AuditContext,
    (user, precondition): (&User, &Precondition),
    (changes, is_reserved): (&Changes, bool),
) -> Result<EditUser> {
    if !precondition.admits(user.version) {
        return Ok(EditUser::Outdated);
    }
    if *changes == Changes::default() {
        return Ok(EditUser::Done);
    }
    if changes.name.is_some() && app.legacy.is_some() {
        return Ok(EditUser::NameLinked);
    }
    if is_reserved {
        return Ok(EditUser::NameReserved);
    }
    let attributes = match merged(tx, user.id, changes).await? {
        Ok(attributes) => attributes,
        Err(why) => return Ok(why),
    };
    let before = roles::by_id(tx, user.role_id).await?;
    let role = match &changes.role {
        None => before.clone(),
        Some(role) => roles::by_name(tx, role).await?,
    };
    let Some(role) = role else { return Ok(EditUser::NoSuchRole) };
    let had_administrators = changes.role.is_some() && administrators::are_left(tx).await?;
    let edited = Edited {
        name: changes.name.as_ref(),
        role_id: role.id,
        password_change_required_at: match changes.must_change_password {
            None => user.password_change_required_at,
            Some(must_change) => must_change.then(|| user.password_change_required_at.unwrap_or(app.clock.now())),
        },
        attributes: &attributes,
    };
    match user_edits::edit(tx, user.id, user.version, &edited).await? {
        Edit::Done => {}
        Edit::NameTaken => return Ok(EditUser::NameTaken),
        // Somebody else was here between the look and the statement: the whole of it is tried again.
        Edit::Outdated => return Err(Error::Conflict("the account changed at the same moment".to_owned())),
    }
    if changes.name.is_some() {
        // An adopted user who is called otherwise here is not the row's any more, should the link come back.
        adoptions::password_is_from_here(tx, user.id, None, app.clock.now()).await?;
    }
    let loses_power = before.as_ref().is_some_and(|before| before.permissions.contains(Permission::RolesWrite));
    if had_administrators && loses_power && !administrators::are_left(tx).await? {
        return Ok(EditUser::LastAdministrator);
    }
    let had = before.as_ref().map_or_else(Permissions::none, |before| before.permissions.clone());
    if role.permissions.hold_more_than(&had) {
        // Whoever has one of their tokens, from whatever time, must not come to power with them (ASVS 7.2.4).
        let ended = session_ends::end_all_of(tx, user.id).await?;
        audit::sessions_ended(app, tx, by, user, ended).await?;
    }
    audit::done(app, tx, by, user, changes, (before.as_ref(), &role)).await?;
    Ok(EditUser::Done)
}

async fn merged(tx: &mut Tx, id: UserId, changes: &Changes) -> Result<std::result::Result<UserAttributes, EditUser>> {
    let Some(UserAttributes { mut own, mut admin }) = users::attributes(tx, id).await? else {
        return Ok(Err(EditUser::NoSuchUser));
    };
    if let Some(patch) = &changes.attributes {
        match own.patched(patch) {
            Ok(merged) => own = merged,
            Err(TooLarge) => return Ok(Err(EditUser::AttributesTooLarge)),
        }
    }
    if let Some(patch) = &changes.admin_attributes {
        match admin.patched(patch) {
            Ok(merged) => admin = merged,
            Err(TooLarge) => return Ok(Err(EditUser::AdminAttributesTooLarge)),
        }
    }
    Ok(Ok(UserAttributes { own, admin }))
}

async fn end(tx: Tx, outcome: EditUser) -> Result<Ended<EditUser>> {
    if outcome == EditUser::Done { tx.commit(outcome).await } else { tx.roll_back(outcome).await }
}

impl From<Denied> for EditUser {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Lost => Self::AuthorityLost,
            Denied::Exceeded => Self::AuthorityExceeded,
        }
    }
}
