//! `doorward adopt …`: brings the old application's users over, and says what that comes to.

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

/// How long a database may take for one piece of work, such as to count a large table.
const PATIENCE: Duration = Duration::from_secs(300);

#[derive(Subcommand)]
pub(super) enum AdoptCommand {
    /// Count what the old table holds and what could be adopted; changes nothing
    Scan(WithPlainText),
    /// Adopt the old table's users, with their numbers and passwords; may be run again and again
    Run(WithPlainText),
    /// Show how far the adoption has come
    Status(AdoptArguments),
    /// Say that the table that users were adopted from is another place's now: the same table, which has moved
    Moved(AdoptArguments),
}

#[derive(Args)]
pub(super) struct AdoptArguments {
    /// The old database: sqlite:PATH, mysql://USER:PASSWORD@HOST/DATABASE, or `same` for Doorward's own [default: same]
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    /// The old table [default: users or user, whichever is there]
    #[arg(long, value_name = "TABLE")]
    table: Option<String>,
    /// The old table's columns, where they have other names: id=number,username=login,password=hash,role=kind; and which
    /// values shut a user out: disabled=status!active, disabled=banned:1, disabled=deleted_at!null, disabled=state:none
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
    /// Whether a password that is in no recognised form, and does not look derived, is a password in clear
    #[arg(long, value_enum, default_value_t = PlainTextFlag::Refuse)]
    plain_text: PlainTextFlag,
}

#[derive(Clone, Copy, ValueEnum)]
enum PlainTextFlag {
    /// Leave such rows behind
    Refuse,
    /// Hash it, and adopt the user
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
