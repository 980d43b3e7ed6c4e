//! `doorward user …`: the operator's commands for accounts.

mod show;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{
    Outcome,
    output::{self, printable},
    password_input,
};
use crate::{
    Error, Result,
    app::{App, Purpose},
    model::{Name, NameKey, Role, User, UserId},
    ops::{
        accounts::{
            change_password::{self, OperatorSetPasswordRefused},
            delete::{self, OperatorDeleteRefused},
            disable::{self, OperatorDisableRefused},
            edit::{self, SetRoleRefused},
            sign_up::{self, NewAccountRefused, OperatorCreateRefused},
            unlock,
        },
        secrets,
    },
    store::{roles, users},
};

/// The number of users in one database query.
const PAGE: u32 = 1000;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Create a user; the password is asked for, or read with --password-stdin
    Create {
        name: String,
        #[arg(long, default_value = "user")]
        role: String,
        /// Read the password from standard input
        #[arg(long)]
        password_stdin: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List all users
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show one user
    Show {
        #[command(flatten)]
        user: Target,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Give a user another role
    SetRole {
        #[command(flatten)]
        user: Target,
        role: String,
    },
    /// Set a user's password and end their sessions
    SetPassword {
        #[command(flatten)]
        user: Target,
        /// Read the password from standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Close a user's account and end their sessions
    Disable {
        #[command(flatten)]
        user: Target,
    },
    /// Open a closed account again
    Enable {
        #[command(flatten)]
        user: Target,
    },
    /// Open password login again after too many wrong passwords
    Unlock {
        #[command(flatten)]
        user: Target,
    },
    /// Delete a user
    Delete {
        #[command(flatten)]
        user: Target,
    },
}

/// The user that a command concerns.
#[derive(Args)]
pub(super) struct Target {
    /// The user's name, or their number with --by-id
    user: String,
    /// USER is a number
    #[arg(long)]
    by_id: bool,
}

impl Target {
    /// Returns the user, if present.
    pub(super) async fn find(&self, app: &App) -> Result<Option<User>> {
        let mut conn = app.db.read().await?;
        if self.by_id {
            return match self.user.parse() {
                Ok(id) => users::by_id(&mut conn, UserId(id)).await,
                Err(_) => Ok(None),
            };
        }
        match NameKey::to_find(&self.user) {
            Ok(key) => users::by_key(&mut conn, &key).await,
            Err(_) => Ok(None),
        }
    }
}

pub(super) async fn run(app: &App, command: Command) -> Result<Outcome> {
    match command {
        Command::Create { name, role, password_stdin, json } => create(app, &name, &role, password_stdin, json).await,
        Command::List { json } => list(app, json).await,
        Command::Show { user, json } => show::run(app, &user, json).await,
        Command::SetRole { user, role } => {
            let Some(user) = user.find(app).await? else { return no_such_user() };
            match edit::set_role_as_operator(app, user.id, &role).await? {
                Ok(()) => done(format_args!("{} now has the role {role}", printable(&user.name))),
                Err(SetRoleRefused::NoSuchUser) => no_such_user(),
                Err(SetRoleRefused::NoSuchRole) => refused(format_args!("no such role: {role:?}")),
                Err(SetRoleRefused::LastAdministrator) => last_administrator(),
            }
        }
        Command::SetPassword { user, password_stdin } => set_password(app, &user, password_stdin).await,
        Command::Disable { user } => {
            let Some(user) = user.find(app).await? else { return no_such_user() };
            match disable::disable_as_operator(app, user.id).await? {
                Ok(sessions_ended) => {
                    done(format_args!("{} is disabled; sessions ended: {sessions_ended}", printable(&user.name)))
                }
                Err(OperatorDisableRefused::LastAdministrator) => last_administrator(),
                Err(OperatorDisableRefused::NoSuchUser) => no_such_user(),
            }
        }
        Command::Enable { user } => {
            let Some(user) = user.find(app).await? else { return no_such_user() };
            match disable::enable_as_operator(app, user.id).await? {
                true => done(format_args!("{} is enabled", printable(&user.name))),
                false => no_such_user(),
            }
        }
        Command::Unlock { user } => {
            let Some(user) = user.find(app).await? else { return no_such_user() };
            let name = printable(&user.name);
            match unlock::as_operator(app, user.id).await? {
                Some(true) => done(format_args!("password login of {name} is open again")),
                Some(false) => done(format_args!("password login of {name} was open")),
                None => no_such_user(),
            }
        }
        Command::Delete { user } => {
            let Some(user) = user.find(app).await? else { return no_such_user() };
            match delete::as_operator(app, user.id).await? {
                Ok(()) => done(format_args!("{} is deleted", printable(&user.name))),
                Err(OperatorDeleteRefused::LastAdministrator) => last_administrator(),
                Err(OperatorDeleteRefused::NoSuchUser) => no_such_user(),
            }
        }
    }
}

async fn create(app: &App, name: &str, role: &str, password_stdin: bool, json: bool) -> Result<Outcome> {
    let name = match Name::new(name) {
        Ok(name) => name,
        Err(problem) => return refused(problem),
    };
    secrets::agree(app, &[Purpose::Pepper]).await?;
    let password = password_input::read(password_stdin)?;
    password_input::warn_if_weak(&app.config.password, &password, name.as_typed());
    match sign_up::as_operator(app, &name, password, role).await? {
        Ok(id) if json => {
            output::json(&json!({ "id": id.0, "name": name.as_typed(), "role": role }));
            Ok(Outcome::Done)
        }
        Ok(id) => done(format_args!("created user {} with the role {role}: {name}", id.0)),
        Err(OperatorCreateRefused::NoSuchRole) => refused(format_args!("no such role: {role:?}")),
        Err(OperatorCreateRefused::Account(why)) => match why {
            NewAccountRefused::NameTaken => refused("the name is already in use"),
            NewAccountRefused::NameReserved => refused("the name is reserved"),
            NewAccountRefused::NameUnfit => refused("the name does not fit into the legacy table"),
            NewAccountRefused::PasswordRejected(problem) => refused(problem),
            NewAccountRefused::Limited(_) => Err(not_hashed()),
        },
    }
}

async fn set_password(app: &App, user: &Target, password_stdin: bool) -> Result<Outcome> {
    let Some(user) = user.find(app).await? else { return no_such_user() };
    secrets::agree(app, &[Purpose::Pepper]).await?;
    let password = password_input::read(password_stdin)?;
    password_input::warn_if_weak(&app.config.password, &password, &user.name);
    match change_password::as_operator(app, user.id, password).await? {
        Ok(sessions_ended) => {
            let name = printable(&user.name);
            done(format_args!("the password of {name} is set; sessions ended: {sessions_ended}"))
        }
        Err(OperatorSetPasswordRefused::NoSuchUser) => no_such_user(),
        Err(OperatorSetPasswordRefused::PasswordRejected(problem)) => refused(problem),
        Err(OperatorSetPasswordRefused::Limited(_)) => Err(not_hashed()),
    }
}

fn not_hashed() -> Error {
    Error::System("the password could not be hashed".to_owned())
}

async fn list(app: &App, json: bool) -> Result<Outcome> {
    let mut conn = app.db.read().await?;
    let roles = roles::all(&mut conn).await?;
    let mut after = UserId(0);
    let mut found = Vec::new();
    loop {
        let page = users::page(&mut conn, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        found.extend(page);
    }
    if json {
        output::json(&found.iter().map(|user| as_json(user, &roles)).collect());
    } else {
        let rows: Vec<_> = found.iter().map(|user| cells(user, &roles)).collect();
        output::table(&["ID", "NAME", "ROLE", "CREATED", "LAST LOGIN", "DISABLED"], &rows);
    }
    Ok(Outcome::Done)
}

fn role_name<'a>(user: &User, roles: &'a [Role]) -> &'a str {
    roles.iter().find(|role| role.id == user.role_id).map_or("", |role| &role.name)
}

fn as_json(user: &User, roles: &[Role]) -> Value {
    json!({
        "id": user.id.0,
        "uid": user.uid.to_string(),
        "name": user.name,
        "role": role_name(user, roles),
        "created_at": user.created_at.to_string(),
        "last_login_at": user.last_login_at.map(|at| at.to_string()),
        "disabled_at": user.disabled_at.map(|at| at.to_string()),
    })
}

fn cells(user: &User, roles: &[Role]) -> Vec<String> {
    let or_dash = |at: Option<crate::model::UnixMillis>| at.map_or_else(|| "-".to_owned(), |at| at.to_string());
    vec![
        user.id.0.to_string(),
        printable(&user.name),
        role_name(user, roles).to_owned(),
        user.created_at.to_string(),
        or_dash(user.last_login_at),
        or_dash(user.disabled_at),
    ]
}

fn done(text: impl std::fmt::Display) -> Result<Outcome> {
    output::line(text);
    Ok(Outcome::Done)
}

pub(super) fn refused(text: impl std::fmt::Display) -> Result<Outcome> {
    output::error(format_args!("refused: {text}"));
    Ok(Outcome::Refused)
}

pub(super) fn no_such_user() -> Result<Outcome> {
    refused("no such user")
}

fn last_administrator() -> Result<Outcome> {
    refused("this is the last administrator; create another one first")
}
