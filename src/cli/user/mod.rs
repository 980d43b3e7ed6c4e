//! `doorward user …`: the operator's commands for accounts.

mod display;
mod list;
mod show;
mod target;

use clap::{ArgAction, Subcommand};
use serde_json::json;

use self::target::Target;
use super::{
    outcome::{CommandOutcome, done, last_administrator, no_such_user, refused},
    output::{self, printable},
    password_input,
};
use crate::{
    Error, Result,
    app::{App, Purpose},
    model::Name,
    ops::{
        accounts::{
            change_password::{self, NewPassword, OperatorSetPasswordRefused},
            delete::{self, OperatorDeleteRefused},
            disable::{self, OperatorDisableRefused},
            edit::{self, SetRoleRefused},
            sign_up::{self, NewAccountRefused, OperatorCreateRefused},
            unlock,
        },
        secrets,
    },
};

#[derive(Subcommand)]
pub(super) enum UserCommand {
    /// Create a user; the password is asked for, or read with --password-stdin
    Create {
        name: String,
        #[arg(long, default_value = "user")]
        role: String,
        /// Read the password from standard input: exactly one line
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
    /// Show one user, by name, number or UUID
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
    /// Set a user's password and end their sessions; the user must change it at the next login
    SetPassword {
        #[command(flatten)]
        user: Target,
        /// Whether the user must change the password before anything else
        #[arg(long, value_name = "BOOL", default_value_t = true, action = ArgAction::Set)]
        must_change_password: bool,
        /// Read the password from standard input: exactly one line
        #[arg(long)]
        password_stdin: bool,
    },
    /// Disable a user's account and end their sessions
    Disable {
        #[command(flatten)]
        user: Target,
    },
    /// Enable a disabled account
    Enable {
        #[command(flatten)]
        user: Target,
    },
    /// Reopen password login after too many wrong passwords
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

pub(super) async fn run(app: &App, command: UserCommand) -> Result<CommandOutcome> {
    match command {
        UserCommand::Create { name, role, password_stdin, json } => {
            create(app, &name, &role, password_stdin, json).await
        }
        UserCommand::List { json } => list::run(app, json).await,
        UserCommand::Show { user, json } => show::run(app, &user, json).await,
        UserCommand::SetRole { user, role } => {
            let Some(user) = user.find(app).await? else { return no_such_user() };
            match edit::set_role_as_operator(app, user.id, &role).await? {
                Ok(()) => done(format_args!("{} now has the role {role}", printable(&user.name))),
                Err(SetRoleRefused::NoSuchUser) => no_such_user(),
                Err(SetRoleRefused::NoSuchRole) => refused(format_args!("no such role: {role:?}")),
                Err(SetRoleRefused::LastAdministrator) => last_administrator(),
            }
        }
        UserCommand::SetPassword { user, must_change_password, password_stdin } => {
            set_password(app, &user, must_change_password, password_stdin).await
        }
        UserCommand::Disable { user } => {
            let Some(user) = user.find(app).await? else { return no_such_user() };
            match disable::disable_as_operator(app, user.id).await? {
                Ok(sessions_ended) => {
                    done(format_args!("{} is disabled; sessions ended: {sessions_ended}", printable(&user.name)))
                }
                Err(OperatorDisableRefused::LastAdministrator) => last_administrator(),
                Err(OperatorDisableRefused::NoSuchUser) => no_such_user(),
            }
        }
        UserCommand::Enable { user } => {
            let Some(user) = user.find(app).await? else { return no_such_user() };
            match disable::enable_as_operator(app, user.id).await? {
                true => done(format_args!("{} is enabled", printable(&user.name))),
                false => no_such_user(),
            }
        }
        UserCommand::Unlock { user } => {
            let Some(user) = user.find(app).await? else { return no_such_user() };
            let name = printable(&user.name);
            match unlock::as_operator(app, user.id).await? {
                Some(true) => done(format_args!("password login of {name} is open again")),
                Some(false) => done(format_args!("password login of {name} was open")),
                None => no_such_user(),
            }
        }
        UserCommand::Delete { user } => {
            let Some(user) = user.find(app).await? else { return no_such_user() };
            match delete::as_operator(app, user.id).await? {
                Ok(()) => done(format_args!("{} is deleted", printable(&user.name))),
                Err(OperatorDeleteRefused::LastAdministrator) => last_administrator(),
                Err(OperatorDeleteRefused::NoSuchUser) => no_such_user(),
            }
        }
    }
}

async fn create(app: &App, name: &str, role: &str, password_stdin: bool, json: bool) -> Result<CommandOutcome> {
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
            Ok(CommandOutcome::Done)
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

async fn set_password(app: &App, user: &Target, must_change: bool, password_stdin: bool) -> Result<CommandOutcome> {
    let Some(user) = user.find(app).await? else { return no_such_user() };
    secrets::agree(app, &[Purpose::Pepper]).await?;
    let password = password_input::read(password_stdin)?;
    password_input::warn_if_weak(&app.config.password, &password, &user.name);
    let new = NewPassword { must_change, ..NewPassword::of_operator(password) };
    match change_password::as_operator(app, user.id, new).await? {
        Ok(sessions_ended) => {
            let name = printable(&user.name);
            let next = if must_change { "; it must be changed at the next login" } else { "" };
            done(format_args!("the password of {name} is set; sessions ended: {sessions_ended}{next}"))
        }
        Err(OperatorSetPasswordRefused::NoSuchUser) => no_such_user(),
        Err(OperatorSetPasswordRefused::PasswordRejected(problem)) => refused(problem),
        Err(OperatorSetPasswordRefused::Limited(_)) => Err(not_hashed()),
    }
}

fn not_hashed() -> Error {
    Error::System("the password could not be hashed".to_owned())
}
