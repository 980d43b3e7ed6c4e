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
    app::{App, Purpose},
    config::{self, Config, Flags, Origin, RawValues, SAME},
    ops::{
        legacy::{self, PlainText, run::RunOptions},
        secrets,
    },
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
    /// The legacy database: sqlite:PATH, mysql://USER:PASSWORD@HOST/DATABASE, or `same` for Doorward's own [default:
    /// same]
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

    /// `--from`, `--table` and `--columns`.
    fn flags(&self) -> [Option<String>; 3] {
        let AdoptArguments { from, table, columns, .. } = self.arguments();
        [from.clone(), table.clone(), columns.clone()]
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
    let is_linked = is_linked(&values)?;
    runtime::run(&config, run_command(config.clone(), is_linked, command))
}

async fn run_command(mut config: Config, is_linked: bool, command: AdoptCommand) -> Result<CommandOutcome> {
    config.database.timeout = config.database.timeout.max(PATIENCE);
    let json = command.arguments().json;
    match command {
        AdoptCommand::Scan(with) => scan::run(&config, with.plain_text.into(), json).await,
        AdoptCommand::Run(with) => {
            let app = runtime::ready_app(config).await?;
            secrets::agree(&app, &[Purpose::Pepper]).await?;
            let wanted = RunOptions { is_linked, plain_text: with.plain_text.into() };
            run::run(&app, wanted, json).await
        }
        AdoptCommand::Status(_) => status::run(config, json).await,
        AdoptCommand::Moved(_) => moved(&runtime::ready_app(config).await?, json).await,
    }
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
