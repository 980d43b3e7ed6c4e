//! `doorward adopt …`: adopts the users of the legacy application, and reports the result.

mod left_behind;
mod run;
mod scan;
mod status;
mod unknown;

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::{outcome::CommandOutcome, output, runtime};
use crate::{
    Error, Result,
    app::{App, LegacyApplication, Purpose},
    config::{self, Config, Flags, LegacyDatabase, Origin, RawValues, SAME},
    model::Rng,
    ops::{
        legacy::{
            self, PlainText,
            export::{self, Staged},
            run::RunOptions,
        },
        secrets,
    },
    store::{LOCK_WAIT, status::ping},
};

/// The longest time of one query or transaction, such as the count of a large table.
const PATIENCE: Duration = Duration::from_secs(300);

#[derive(Subcommand)]
pub(super) enum AdoptCommand {
    /// Count the content of the legacy table and the users that can be adopted; changes nothing
    Scan(WithPlainText),
    /// Adopt the users of the legacy table, with their ids and passwords; may be repeated
    Run(WithPlainText),
    /// Show the progress of the adoption
    Status(AdoptArguments),
    /// Record that the table from which users were adopted has moved to another database or name
    Moved(AdoptArguments),
}

#[derive(Args)]
pub(super) struct AdoptArguments {
    /// The legacy database: sqlite:PATH, mysql://USER:PASSWORD@HOST/DATABASE, or `same` for Doorward's own; or a file:
    /// csv:PATH, json:PATH, auth0:PATH, firebase:PATH, keycloak:PATH, wordpress:PATH, django:PATH [default: same]
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    /// The legacy table [default: users or user, whichever exists]
    #[arg(long, value_name = "TABLE")]
    table: Option<String>,
    /// The columns of the legacy table, if they have other names: id=number,username=login,password=hash,role=kind; and
    /// the values that disable a user: disabled=status!active, disabled=banned:1, disabled=deleted_at!null,
    /// disabled=state:none
    #[arg(long, value_name = "COLUMNS")]
    columns: Option<String>,
    /// How the hashes were computed, if their salt is in a column of its own: 'md5(salt.pass)', with --columns salt=salt
    #[arg(long, value_name = "RECIPE")]
    form: Option<String>,
    /// What was hashed instead of the password: sha256, 'base64(hmac-sha384(pepper,pass))', 'pass.pepper'
    #[arg(long, value_name = "RECIPE")]
    pre_hash: Option<String>,
    /// The file with the legacy application's pepper, for recipes with `pepper`
    #[arg(long, value_name = "FILE")]
    pepper_file: Option<String>,
    /// The file with the password hash parameters of a Firebase project
    #[arg(long, value_name = "FILE")]
    firebase_file: Option<String>,
    /// The repair of damaged names: utf8, entities, or utf8,entities; none keeps names that look damaged
    #[arg(long, value_name = "REPAIR")]
    repair: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct WithPlainText {
    #[command(flatten)]
    arguments: AdoptArguments,
    /// The treatment of passwords in no recognised format that do not look derived
    #[arg(long, value_enum, default_value_t = PlainTextFlag::Refuse)]
    plain_text: PlainTextFlag,
}

#[derive(Clone, Copy, ValueEnum)]
enum PlainTextFlag {
    /// Leave these rows behind
    Refuse,
    /// Hash them as plain text, and adopt the users
    Accept,
}

impl From<PlainTextFlag> for PlainText {
    fn from(flag: PlainTextFlag) -> Self {
        match flag {
            PlainTextFlag::Refuse => Self::Refuse,
            PlainTextFlag::Accept => Self::Accept,
        }
    }
}

impl AdoptCommand {
    fn arguments(&self) -> &AdoptArguments {
        match self {
            Self::Scan(with) | Self::Run(with) => &with.arguments,
            Self::Status(arguments) | Self::Moved(arguments) => arguments,
        }
    }

    /// The flags that set configuration keys, in the order of [`Flags::adopt`].
    fn flags(&self) -> [Option<String>; 8] {
        let AdoptArguments { from, table, columns, form, pre_hash, pepper_file, firebase_file, repair, json: _ } =
            self.arguments();
        [from, table, columns, form, pre_hash, pepper_file, firebase_file, repair].map(Clone::clone)
    }
}

/// Returns whether the configuration, and not only a flag, names the legacy application, so that both run together.
fn is_linked(values: &RawValues) -> Result<bool> {
    Ok(!matches!(values.given("adopt.from")?.origin, Origin::Flag(_) | Origin::Default))
}

pub(super) fn run(mut flags: Flags, command: AdoptCommand) -> Result<CommandOutcome> {
    flags.adopt = command.flags();
    let mut values = config::read(&flags)?;
    if values.text("adopt.from")?.is_empty() {
        // By default the legacy table is in Doorward's own database.
        flags.adopt[0] = Some(SAME.to_owned());
        values = config::read(&flags)?;
    }
    let config = runtime::validated(&values)?;
    let is_file = matches!(config.adopt.from, Some(LegacyDatabase::Export(_)));
    let is_linked = is_linked(&values)? && !is_file;
    runtime::run(&config, run_command(config.clone(), is_linked, command))
}

async fn run_command(mut config: Config, is_linked: bool, command: AdoptCommand) -> Result<CommandOutcome> {
    config.database.timeout = config.database.timeout.max(PATIENCE);
    // The table is removed at the end of the command.
    let _staged = stage_export(&mut config).await?;
    let json = command.arguments().json;
    match command {
        AdoptCommand::Scan(with) => scan::run(&config, with.plain_text.into(), json).await,
        AdoptCommand::Run(with) => {
            let app = answering_app(config).await?;
            secrets::agree(&app, &[Purpose::Pepper]).await?;
            let wanted = RunOptions { is_linked, plain_text: with.plain_text.into() };
            run::run(&app, wanted, json).await
        }
        AdoptCommand::Status(_) => status::run(config, json).await,
        AdoptCommand::Moved(_) => moved(&runtime::ready_app(config).await?, json).await,
    }
}

/// Copies the users of an export into a temporary table, if users come from one.
async fn stage_export(config: &mut Config) -> Result<Option<Staged>> {
    let Some(LegacyDatabase::Export(file)) = &config.adopt.from else { return Ok(None) };
    let staged = export::stage(file, &config.adopt.table, &Rng::system()).await?;
    config.adopt.staged = Some(staged.url.clone());
    Ok(Some(staged))
}

/// Opens the application. Both databases must answer in seconds, although a later query may take minutes.
async fn answering_app(config: Config) -> Result<App> {
    let app = runtime::ready_app(config).await?;
    if let Some(other) = app.legacy.as_ref().and_then(LegacyApplication::other_db) {
        ping(other, LOCK_WAIT).await.map_err(runtime::of_legacy)?;
    }
    Ok(app)
}

async fn moved(app: &App, json: bool) -> Result<CommandOutcome> {
    let Some(application) = &app.legacy else { return Err(Error::Config("`adopt.from`: is not set".to_owned())) };
    let before = legacy::moved(app, application).await?;
    match (before, json) {
        (before, true) => output::json(&json!({ "before": before })),
        (Some(before), false) => output::line(format_args!("written down: what was {before} is here now")),
        (None, false) => output::line("nobody has been adopted yet, so there is nothing to write down"),
    }
    Ok(CommandOutcome::Done)
}
