//! Signs a new user up, or creates one for an administrator or the operator.

mod granting;
mod rows;

use std::time::Duration;

use doorward_password::Password;

use self::{
    granting::Granting,
    rows::{Rest, insert_in_both, insert_local},
};
use crate::{
    Result,
    app::App,
    model::{Actor, Event, Name, PasswordPolicy, PasswordProblem, Reason, Source, Uid, UserAttributes, UserId},
    ops::{
        accounts::name_rules,
        audit::{self, AuditContext, Entry},
        auth::{
            check_password::{Checked, PresentedPassword, check},
            hash_password::{NotHashed, Overloaded, judge_and_hash},
        },
        authority::{Authority, Can, RolesWrite, UsersWrite},
        idempotency::{self, Earlier, IdempotencyKey},
        legacy::write_back::sign_up::{self, LegacySignUp, NewLegacyRow},
    },
    store::{
        roles,
        users::{self, NewUser},
    },
};

/// The role of whoever signs up by themselves.
pub const SIGN_UP_ROLE: &str = "user";

/// An account that is asked for.
pub struct NewAccount<'a> {
    pub name: &'a Name,
    pub password: Password,
    pub policy: PasswordPolicy,
    /// The role's name.
    pub role: &'a str,
    /// Whether the user must choose another password before anything else.
    pub must_change_password: bool,
    pub attributes: UserAttributes,
    pub key: Option<IdempotencyKey>,
}

/// What a sign-up came to.
#[derive(Debug)]
pub enum SignUp {
    Done(UserId),
    /// The same request has made this user before.
    DoneBefore(UserId),
    /// It has made a user who is deleted by now.
    GoneSince,
    NameTaken,
    /// The name is reserved, or looks like an administrator's.
    NameReserved,
    /// The old application's table, to which sign-ups are written back, has no room for such a name.
    NameUnfit,
    /// Signing up is switched off.
    Closed,
    /// No role of that name exists.
    NoSuchRole,
    PasswordRefused(PasswordProblem),
    /// Too many came before from the same address; or the idempotency key was used before, and too many passwords were wrong
    /// for what it made. The next may come after this time.
    Throttled(Duration),
    Overloaded(Overloaded),
    /// Another request has used the idempotency key.
    KeyReused,
    /// The session that asked has ended meanwhile, or its user has lost the permission.
    AuthorityLost,
    /// The role holds permissions that the one who asks lacks.
    AuthorityExceeded,
}

impl<'a> NewAccount<'a> {
    /// An account with nothing but what every account has.
    #[must_use]
    pub fn plain(name: &'a Name, password: Password, policy: PasswordPolicy) -> Self {
        Self {
            name,
            password,
            policy,
            role: SIGN_UP_ROLE,
            must_change_password: false,
            attributes: UserAttributes::default(),
            key: None,
        }
    }
}

/// Anybody's sign-up: a user with the role [`SIGN_UP_ROLE`], whatever `new` says.
///
/// # Errors
/// The database's, or the machine's.
pub async fn as_anybody(app: &App, source: Source, new: NewAccount<'_>) -> Result<SignUp> {
    if !app.config.signup_enabled {
        return Ok(SignUp::Closed);
    }
    if let Err(after) = app.rate_limits.sign_up(source.address, new.name.key().as_bytes()) {
        return Ok(SignUp::Throttled(after));
    }
    let attributes = UserAttributes { own: new.attributes.own, ..UserAttributes::default() };
    let new = NewAccount { role: SIGN_UP_ROLE, must_change_password: false, attributes, ..new };
    create(app, &AuditContext::anonymous(source), Granting::Nothing, new).await
}

/// An administrator's: any role that they may give, also when signing up is switched off. A role other than
/// [`SIGN_UP_ROLE`] takes `roles:write` too.
///
/// # Errors
/// The database's, or the machine's.
pub async fn as_administrator(
    app: &App,
    authority: &Can<UsersWrite>,
    giving: Option<&Can<RolesWrite>>,
    new: NewAccount<'_>,
) -> Result<SignUp> {
    let granting = match giving {
        Some(giving) => Granting::Role(Authority::Holder(giving), Some(authority)),
        None if new.role == SIGN_UP_ROLE => Granting::Account(authority),
        None => return Ok(SignUp::AuthorityLost),
    };
    create(app, &authority.holder().audit_context(), granting, new).await
}

/// The operator's: any role, also when signing up is switched off, and any password of the length that is stored at all.
///
/// # Errors
/// The database's, or the machine's.
pub async fn as_operator(app: &App, name: &Name, password: Password, role: &str) -> Result<SignUp> {
    let new = NewAccount { role, ..NewAccount::plain(name, password, PasswordPolicy::Accept) };
    create(app, &AuditContext::operator(), Granting::Role(Authority::Operator, None), new).await
}

async fn create(app: &App, by: &AuditContext, granting: Granting<'_>, new: NewAccount<'_>) -> Result<SignUp> {
    let outcome = create_once(app, by, &granting, &new).await?;
    match outcome {
        // The same request may have made the user at the same moment.
        SignUp::NameTaken => Ok(before(app, by, &new).await?.unwrap_or(SignUp::NameTaken)),
        SignUp::AuthorityExceeded => {
            // Not the name, which is that of nobody: a password may have been typed in its place.
            let entry = Entry::refused(Event::UserCreated, Reason::AuthorityExceeded).with("role", new.role);
            audit::record_refusal(app, by, entry).await?;
            Ok(SignUp::AuthorityExceeded)
        }
        outcome => Ok(outcome),
    }
}

/// What the key was used for before, as an outcome. The key remembers nothing of the password, so the account does: with
/// another one this is another request, and whoever does not know it is told nothing of the account.
async fn before(app: &App, by: &AuditContext, new: &NewAccount<'_>) -> Result<Option<SignUp>> {
    let made = {
        let mut conn = app.db.read().await?;
        match idempotency::look(app, &mut conn, new.key.as_ref()).await? {
            Earlier::Nothing => return Ok(None),
            Earlier::Another => return Ok(Some(SignUp::KeyReused)),
            Earlier::Made(uid) => users::by_uid(&mut conn, Uid::from_stored(&uid)?).await?,
        }
    };
    let Some(made) = made else { return Ok(Some(SignUp::GoneSince)) };
    let presented = PresentedPassword {
        typed: new.name.as_typed(),
        name: new.name.key(),
        password: &new.password,
        user: Some(made.id),
    };
    Ok(Some(match check(app, by, &presented, Event::LoginFail).await? {
        // As at a login: that an account is closed is not told to whoever knows its password, and the try stays counted.
        Checked::Right(right) if by.actor == Actor::Anonymous && made.disabled_at.is_some() => {
            right.ticket.fail();
            let entry = Entry::refused(Event::LoginFail, Reason::AccountDisabled).on(made.party());
            audit::record_refusal(app, by, entry).await?;
            SignUp::KeyReused
        }
        Checked::Right(right) => {
            right.ticket.pass_at_once(app).await?;
            SignUp::DoneBefore(made.id)
        }
        Checked::Wrong => SignUp::KeyReused,
        Checked::Throttled(after) => SignUp::Throttled(after),
        Checked::Overloaded(full) => SignUp::Overloaded(full),
    }))
}

async fn create_once(app: &App, by: &AuditContext, granting: &Granting<'_>, new: &NewAccount<'_>) -> Result<SignUp> {
    // First, so that only who could sign up learns whether a name is taken.
    if let Err(problem) = new.policy.check(&new.password, new.name.as_typed()) {
        return Ok(SignUp::PasswordRefused(problem));
    }
    if let Some(outcome) = before(app, by, new).await? {
        return Ok(outcome);
    }
    let role = {
        let mut conn = app.db.read().await?;
        // Only spares the work of a hash; the unique key decides.
        if users::by_key(&mut conn, new.name.key()).await?.is_some() {
            return Ok(SignUp::NameTaken);
        }
        if name_rules::refuse(app, &mut conn, (new.name, None), granting.asking()).await? {
            return Ok(SignUp::NameReserved);
        }
        roles::by_name(&mut conn, new.role).await?
    };
    let Some(role) = role else { return Ok(SignUp::NoSuchRole) };
    let table = match sign_up::before_sign_up(app, new.name).await? {
        LegacySignUp::NotWritten => None,
        LegacySignUp::NameTaken => return Ok(SignUp::NameTaken),
        LegacySignUp::NameUnfit => return Ok(SignUp::NameUnfit),
        LegacySignUp::Written(table) => Some(table),
    };
    let hash = match judge_and_hash(app, new.policy.clone(), new.name.as_typed(), new.password.clone()).await? {
        Ok(hash) => hash,
        Err(NotHashed::Refused(problem)) => return Ok(SignUp::PasswordRefused(problem)),
        Err(NotHashed::Overloaded(full)) => return Ok(SignUp::Overloaded(full)),
    };
    let legacy = match table {
        None => None,
        Some(table) => match NewLegacyRow::new(app, table, &new.password).await? {
            Ok(legacy) => Some(legacy),
            Err(full) => return Ok(SignUp::Overloaded(full)),
        },
    };
    let now = app.clock.now();
    let row = NewUser {
        uid: Uid::new(now, &app.rng)?,
        name: new.name,
        role_id: role.id,
        password_hash: &hash,
        created_at: now,
    };
    let rest = Rest {
        by,
        granting,
        role: &role,
        password_change_required_at: new.must_change_password.then_some(now),
        attributes: &new.attributes,
        key: new.key.as_ref(),
    };
    match legacy {
        None => insert_local(app, &row, &rest).await,
        Some(legacy) => insert_in_both(app, &row, &rest, &legacy).await,
    }
}
