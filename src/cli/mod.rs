//! The command line, one file for each command. Like `http`, it calls `ops` and decides nothing.
//!
//! Exit codes: 0 done, 1 rejected or failed, 2 wrong usage. Passwords come from the terminal or from standard input.
//! Arguments would be visible to other users of the machine.

mod adopt;
mod announce;
mod audit;
mod breached;
mod completions;
mod config;
mod doctor;
mod encrypted;
mod explain;
mod failed_logins;
mod hash;
mod healthcheck;
mod local_server;
mod metrics_listener;
mod migrate;
mod outcome;
mod output;
mod password_input;
mod progress;
mod role;
mod runtime;
mod secret;
mod serve;
mod session;
mod user;

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{CommandFactory as _, Parser, Subcommand};

use self::{outcome::CommandOutcome, runtime::configuration};
use crate::{
    Result,
    app::App,
    config::{Flags, read as config_values},
};

/// Keeps an application's users: sign-up, login, sessions, roles and passwords.
#[derive(Parser)]
#[command(name = "doorward", version, about, max_term_width = 100)]
struct Arguments {
    /// Configuration file [default: doorward.toml, if it exists]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Database: sqlite:PATH or mysql://USER:PASSWORD@HOST/DATABASE
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve HTTP
    Serve {
        /// Address and port to listen on [default: 127.0.0.1:5000]
        #[arg(long, value_name = "ADDRESS")]
        listen: Option<String>,
    },
    /// Create, list and change users
    #[command(subcommand)]
    User(user::UserCommand),
    /// List, create and change roles
    #[command(subcommand)]
    Role(role::RoleCommand),
    /// List and revoke sessions
    #[command(subcommand)]
    Session(session::SessionCommand),
    /// Show and export the audit trail
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Show the decisions on a request, and the rule of each
    Explain(explain::ExplainArguments),
    /// Adopt the users of the legacy application
    #[command(subcommand)]
    Adopt(adopt::AdoptCommand),
    /// Identify and check password hashes, and measure the cost of hashing on this machine
    #[command(subcommand)]
    Hash(hash::HashCommand),
    /// Create and search lists of forbidden passwords
    #[command(subcommand)]
    Breached(breached::BreachedCommand),
    /// Show and perform the database's migrations
    #[command(subcommand)]
    Migrate(migrate::MigrateCommand),
    /// List, rotate and retire the secrets of this installation
    #[command(subcommand)]
    Secret(secret::SecretCommand),
    /// Check and show the configuration
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Check this installation for mistakes and weaknesses
    Doctor {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Ask a running server whether it is ready, for container health checks
    Healthcheck,
    /// Print a script that completes commands in a shell
    Completions { shell: completions::CompletedShell },
}

/// Runs the program with these arguments, starting with its own name.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(problem) if problem.use_stderr() => {
            let text = problem.to_string();
            let line = text.lines().next().unwrap_or("error: wrong usage");
            // For a missing subcommand, clap's message is the help itself.
            output::error(if line.starts_with("error:") { line } else { &text });
            return ExitCode::from(2);
        }
        Err(help) => {
            output::line(help.to_string().trim_end());
            return end(Ok(CommandOutcome::Done));
        }
    };
    let flags = Flags { config: arguments.config, database_url: arguments.database_url, ..Flags::default() };
    end(run(arguments.command, flags))
}

/// Returns the exit code. A command that could not write its output has failed.
fn end(outcome: Result<CommandOutcome>) -> ExitCode {
    match output::finish().and(outcome) {
        Ok(CommandOutcome::Done) => ExitCode::SUCCESS,
        Ok(CommandOutcome::Refused) => ExitCode::FAILURE,
        Err(error) => {
            output::error(format_args!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command, flags: Flags) -> Result<CommandOutcome> {
    match command {
        Command::Serve { listen } => serve::run(&Flags { listen, ..flags }),
        Command::User(command) => with_app(&flags, async |app| user::run(app, command).await),
        Command::Role(command) => with_app(&flags, async |app| role::run(app, command).await),
        Command::Session(command) => with_app(&flags, async |app| session::run(app, command).await),
        Command::Audit(command) => with_app(&flags, async |app| audit::run(app, command).await),
        Command::Explain(arguments) => with_app(&flags, async |app| explain::run(app, arguments).await),
        Command::Adopt(command) => adopt::run(flags, command),
        Command::Hash(command) => hash::run(command, &flags),
        Command::Breached(command) => breached::run(command),
        Command::Migrate(command) => {
            let config = configuration(&flags)?;
            runtime::run(&config, migrate::run(config.clone(), command))
        }
        Command::Secret(command) => secret::run(&configuration(&flags)?, command),
        Command::Config(command) => config::run(command, &flags),
        Command::Doctor { json } => {
            let values = config_values(&flags)?;
            let config = runtime::validated(&values)?;
            runtime::run(&config, doctor::run(config.clone(), values.ignored_variables(), json))
        }
        Command::Healthcheck => healthcheck::run(&configuration(&flags)?),
        Command::Completions { shell } => Ok(completions::run(shell, Arguments::command())),
    }
}

/// Runs a command over a ready database.
fn with_app(flags: &Flags, command: impl AsyncFnOnce(&App) -> Result<CommandOutcome>) -> Result<CommandOutcome> {
    let config = configuration(flags)?;
    runtime::run(&config, async { command(&runtime::ready_app(config.clone()).await?).await })
}
