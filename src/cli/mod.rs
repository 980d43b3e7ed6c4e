//! The command line, one file for each command. Like `http`, it calls `ops` and decides nothing.
//!
//! Exit codes: 0 done, 1 rejected or failed, 2 wrong usage. Passwords come from the terminal or from standard input.
//! Arguments would be visible to other users of the machine.

mod adopt;
mod audit;
mod breached;
mod config;
mod doctor;
mod explain;
mod hash;
mod healthcheck;
mod logging;
mod migrate;
mod output;
mod password_input;
mod progress;
mod secret;
mod serve;
mod session;
mod user;

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::{
    Error, Result,
    app::{App, Missing, Secrets},
    config::{Config, Flags},
    model::{Clock, Rng},
    store::Db,
};

/// Keeps an application's users: sign-up, login, sessions, roles and passwords.
#[derive(Parser)]
#[command(name = "doorward", version, about, max_term_width = 100)]
struct Arguments {
    /// Configuration file [default: doorward.toml, if it is there]
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
    User(user::Command),
    /// List and revoke sessions
    #[command(subcommand)]
    Session(session::Command),
    /// Show and export the audit trail
    #[command(subcommand)]
    Audit(audit::Command),
    /// Tell what was decided for a request, and by which rule
    Explain(explain::Arguments),
    /// Bring over the users of the application whose place Doorward takes
    #[command(subcommand)]
    Adopt(adopt::Command),
    /// Identify and check password hashes, and measure what hashing costs here
    #[command(subcommand)]
    Hash(hash::Command),
    /// Make and search lists of passwords that nobody may choose
    #[command(subcommand)]
    Breached(breached::Command),
    /// Show and perform the database's migrations
    #[command(subcommand)]
    Migrate(migrate::Command),
    /// List, rotate and retire the secrets of this installation
    #[command(subcommand)]
    Secret(secret::Command),
    /// Check and show the configuration
    #[command(subcommand)]
    Config(config::Command),
    /// Look for what is wrong or weak in this installation
    Doctor {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Ask a running server whether it is ready, for container health checks
    Healthcheck,
}

/// The outcome of a command that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    /// Rejected, or a problem was found; the command has printed which.
    Refused,
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
            return ExitCode::SUCCESS;
        }
    };
    match run(arguments) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Refused) => ExitCode::FAILURE,
        Err(error) => {
            output::error(format_args!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<Outcome> {
    let mut flags = Flags { config: arguments.config, database_url: arguments.database_url, ..Flags::default() };
    // Commands for hashes or lists must work without a database and its configuration.
    let command = match arguments.command {
        Command::Hash(command) => return hash::run(command, &flags),
        Command::Breached(command) => return breached::run(command),
        command => command,
    };
    if let Command::Serve { listen } = &command {
        flags.listen.clone_from(listen);
    }
    if let Command::Adopt(command) = &command {
        flags.adopt = command.flags();
    }
    let mut values = crate::config::read(&flags)?;
    if let (Command::Adopt(_), Some(from)) = (&command, adopt::default_from(&values)?) {
        flags.adopt[0] = Some(from);
        values = crate::config::read(&flags)?;
    }
    let config = Config::new(&values)?;
    Db::check_url(&config.database.url)?;
    match command {
        Command::Hash(command) => hash::run(command, &flags),
        Command::Breached(command) => breached::run(command),
        Command::Config(command) => config::run(command, &values, &config),
        Command::Secret(command) => secret::run(&config, command),
        Command::Healthcheck => healthcheck::run(&config),
        Command::Serve { .. } => with_runtime(&config, serve::run(config.clone())),
        Command::Doctor { json } => with_runtime(&config, doctor::run(config.clone(), json)),
        Command::Adopt(command) => {
            with_runtime(&config, adopt::run(config.clone(), adopt::is_linked(&values)?, command))
        }
        Command::Migrate(command) => with_runtime(&config, migrate::run(config.clone(), command)),
        Command::User(command) => {
            with_runtime(&config, async { user::run(&ready(config.clone()).await?, command).await })
        }
        Command::Session(command) => {
            with_runtime(&config, async { session::run(&ready(config.clone()).await?, command).await })
        }
        Command::Audit(command) => {
            with_runtime(&config, async { audit::run(&ready(config.clone()).await?, command).await })
        }
        Command::Explain(arguments) => {
            with_runtime(&config, async { explain::run(&ready(config.clone()).await?, arguments).await })
        }
    }
}

fn with_runtime(config: &Config, command: impl Future<Output = Result<Outcome>>) -> Result<Outcome> {
    logging::start(&config.log);
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::system("no threads can be had", error))?
        .block_on(command)
}

fn new_app(config: Config, missing: Missing) -> Result<App> {
    let rng = Rng::system();
    let secrets = Secrets::load(&config, missing, &rng)?;
    App::new(config, secrets, Clock::System, rng)
}

/// Returns the application for a command that only reads and must not create a file.
fn app_over_what_is_there(config: Config) -> Result<App> {
    if Db::is_there(&config.database.url) {
        new_app(config, Missing::Left)
    } else {
        Err(Error::Config("`database.url`: the file does not exist".to_owned()))
    }
}

/// Returns the application over a ready database, after migrations if configured.
async fn ready(config: Config) -> Result<App> {
    let app = new_app(config, Missing::Left)?;
    if app.config.database.migrate {
        crate::store::migrate::up(&app.db, &app.clock, &app.rng).await?;
    } else if crate::store::migrate::check(&app.db).await?.is_some() {
        return Err(Error::Schema("the database is not migrated yet: run `doorward migrate up`".to_owned()));
    }
    Ok(app)
}
