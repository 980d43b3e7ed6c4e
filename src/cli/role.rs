//! `doorward role …`: the operator's commands for roles.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{
    outcome::{CommandOutcome, done, last_administrator, refused},
    output,
};
use crate::{
    Error, Result,
    app::App,
    model::{Permissions, Precondition, Role, RoleName},
    ops::{
        Can, Principal, RolesWrite,
        roles::{
            create::{self, CreateRoleRefused},
            edit::{self, DeleteRoleRefused, EditRoleRefused},
        },
    },
    store::roles,
};

#[derive(Subcommand)]
pub(super) enum RoleCommand {
    /// List all roles
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show one role
    Show {
        name: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Create a role with these permissions
    Create {
        name: String,
        /// As in users:read: Doorward's own permissions, or the application's
        #[arg(value_name = "PERMISSION")]
        permissions: Vec<String>,
    },
    /// Replace the permissions of a role
    Edit {
        name: String,
        #[command(flatten)]
        permissions: NewPermissions,
    },
    /// Delete a role that no user has
    Delete { name: String },
}

/// The permissions that replace those of a role.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(super) struct NewPermissions {
    /// All permissions that the role keeps or gets
    #[arg(value_name = "PERMISSION")]
    permissions: Vec<String>,
    /// Remove all permissions
    #[arg(long)]
    none: bool,
}

pub(super) async fn run(app: &App, command: RoleCommand) -> Result<CommandOutcome> {
    match command {
        RoleCommand::List { json } => list(app, json).await,
        RoleCommand::Show { name, json } => show(app, &name, json).await,
        RoleCommand::Create { name, permissions } => create(app, &name, &permissions).await,
        RoleCommand::Edit { name, permissions } => edit(app, &name, &permissions.permissions).await,
        RoleCommand::Delete { name } => delete(app, &name).await,
    }
}

async fn list(app: &App, json: bool) -> Result<CommandOutcome> {
    let roles = roles::all(&mut app.db.read().await?).await?;
    if json {
        output::json(&roles.iter().map(as_json).collect());
    } else {
        let row =
            |role: &Role| vec![role.name.clone(), role.created_at.to_string(), role.permissions.as_text().to_owned()];
        let rows: Vec<_> = roles.iter().map(row).collect();
        output::table(&["NAME", "CREATED", "PERMISSIONS"], &rows);
    }
    Ok(CommandOutcome::Done)
}

async fn show(app: &App, name: &str, json: bool) -> Result<CommandOutcome> {
    let Some(role) = roles::by_name(&mut app.db.read().await?, name).await? else { return no_such_role(name) };
    if json {
        output::json(&as_json(&role));
    } else {
        output::line(format_args!("name         {}", role.name));
        output::line(format_args!("created      {}", role.created_at));
        output::line(format_args!("permissions  {}", role.permissions.as_text()));
    }
    Ok(CommandOutcome::Done)
}

async fn create(app: &App, name: &str, permissions: &[String]) -> Result<CommandOutcome> {
    let Some(name) = RoleName::new(name) else { return invalid_name() };
    let Some(permissions) = permissions_of(permissions) else { return invalid_permissions() };
    match create::create_role(app, &authority()?, &name, &permissions, None).await? {
        Ok(role) => done(format_args!("created the role {}", role.name)),
        Err(CreateRoleRefused::NameTaken) => refused("another role has this name"),
        Err(CreateRoleRefused::TooMany) => refused("the limit of roles is reached; delete one first"),
        Err(CreateRoleRefused::Replay(_) | CreateRoleRefused::Denied(_)) => Err(not_the_operators()),
    }
}

async fn edit(app: &App, name: &str, permissions: &[String]) -> Result<CommandOutcome> {
    let Some(name) = RoleName::new(name) else { return no_such_role(name) };
    let Some(permissions) = permissions_of(permissions) else { return invalid_permissions() };
    match edit::set_permissions(app, &authority()?, &name, &permissions, &Precondition::None).await? {
        Ok(role) => done(format_args!("the role {} has the permissions: {}", role.name, role.permissions.as_text())),
        Err(EditRoleRefused::NoSuchRole) => no_such_role(name.as_text()),
        Err(EditRoleRefused::BuiltIn) => refused("the role admin keeps all of Doorward's own permissions"),
        Err(EditRoleRefused::LastAdministrator) => last_administrator(),
        Err(EditRoleRefused::Outdated | EditRoleRefused::Denied(_)) => Err(not_the_operators()),
    }
}

async fn delete(app: &App, name: &str) -> Result<CommandOutcome> {
    let Some(name) = RoleName::new(name) else { return no_such_role(name) };
    match edit::delete(app, &authority()?, &name, &Precondition::None).await? {
        Ok(()) => done(format_args!("the role {name} is deleted")),
        Err(DeleteRoleRefused::NoSuchRole) => no_such_role(name.as_text()),
        Err(DeleteRoleRefused::InUse) => refused("users have this role; give them another role first"),
        Err(DeleteRoleRefused::BuiltIn) => refused("the roles admin and user cannot be deleted"),
        Err(DeleteRoleRefused::Outdated | DeleteRoleRefused::Denied(_)) => Err(not_the_operators()),
    }
}

fn as_json(role: &Role) -> Value {
    json!({
        "name": role.name,
        "permissions": role.permissions.words().collect::<Vec<_>>(),
        "created_at": role.created_at.to_string(),
    })
}

/// Returns the operator's proof.
fn authority() -> Result<Can<RolesWrite>> {
    Principal::Operator.can().ok_or_else(not_the_operators)
}

/// Returns the set of these permissions. Commas separate them too.
fn permissions_of(words: &[String]) -> Option<Permissions> {
    Permissions::new(words.iter().flat_map(|word| word.split(',')).map(str::trim).filter(|word| !word.is_empty()))
}

fn no_such_role(name: &str) -> Result<CommandOutcome> {
    refused(format_args!("no such role: {name:?}"))
}

fn invalid_name() -> Result<CommandOutcome> {
    refused("the name of a role must be at most 64 lower-case letters, digits, `-` or `_`, and begin with a letter")
}

fn invalid_permissions() -> Result<CommandOutcome> {
    refused("permissions must have the form noun:verb, as in users:read, and be at most 60")
}

/// Returns the error of an outcome that the operator's authority excludes.
fn not_the_operators() -> Error {
    Error::Corrupt("an operation that refused the operator's authority")
}
