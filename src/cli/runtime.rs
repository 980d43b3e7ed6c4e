//! What commands run on: the configuration, the asynchronous runtime with the log, and the application.

use super::outcome::CommandOutcome;
use crate::{
    Error, Result,
    app::{App, Missing, Secrets},
    config::{self, Config, Flags, RawValues},
    log,
    model::{Clock, Rng},
    store::{Db, LOCK_WAIT, migrate, status},
};

/// Reads the configuration and checks the database's URL.
pub(super) fn configuration(flags: &Flags) -> Result<Config> {
    validated(&config::read(flags)?)
}

/// Validates raw values, and checks the database's URL.
pub(super) fn validated(values: &RawValues) -> Result<Config> {
    let config = Config::new(values)?;
    Db::check_url(&config.database.url)?;
    Ok(config)
}

/// Starts the log and runs a command to its end.
pub(super) fn run(config: &Config, command: impl Future<Output = Result<CommandOutcome>>) -> Result<CommandOutcome> {
    log::start(&config.log);
    block_on(command)
}

/// Runs a command to its end on all cores.
pub(super) fn block_on(command: impl Future<Output = Result<CommandOutcome>>) -> Result<CommandOutcome> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::system("cannot start threads", error))?
        .block_on(command)
}

/// Returns the application. `missing` states whether a missing secrets file is created.
pub(super) fn app(config: Config, missing: Missing) -> Result<App> {
    let rng = Rng::system();
    let secrets = Secrets::load(&config, missing, &rng)?;
    App::new(config, secrets, Clock::System, rng)
}

/// Returns the application for a command that only reads and must not create a file.
pub(super) fn existing_app(config: Config) -> Result<App> {
    let is_lost =
        || Result::Ok(Secrets::load(&config, Missing::Left, &Rng::system())?.file_of_used_database().is_some());
    // The attempt to open a lost file reports it.
    if Db::is_there(&config.database.url) || is_lost()? {
        app(config, Missing::Left)
    } else {
        Err(Error::Config("`database.url`: the file does not exist".to_owned()))
    }
}

/// Returns the application over a ready database, after migrations if configured.
pub(super) async fn ready_app(config: Config) -> Result<App> {
    let app = app(config, Missing::Left)?;
    // A silent server ends the command in seconds, although a migration may take long.
    status::ping(&app.db, LOCK_WAIT).await?;
    if app.config.database.migrate {
        migrate::up(&app.db, &app.clock, &app.rng).await?;
    } else if migrate::check(&app.db).await?.is_some() {
        return Err(Error::Schema("the database is not migrated yet: run `doorward migrate up`".to_owned()));
    }
    Ok(app)
}

/// Adds to the error which of the two databases is unavailable.
pub(super) fn of_legacy(error: Error) -> Error {
    match error {
        Error::Unavailable(reason) => Error::Unavailable(format!("the legacy database: {reason}")),
        other => other,
    }
}
