//! `doorward adopt …`: brings the old application's users over, and says what that comes to.

mod run;
mod scan;
mod status;
mod unknown;

use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::{Outcome, output, ready};
use crate::{
    Error, Result,
    app::{App, Purpose},
    config::{Config, Origin, RawValues, SAME},
    ops::{
        legacy::{self, LeftRow, PlainText, run::RunOptions},
        secrets,
    },
};

/// Rows of a kind that are listed, for people and for programs.
const LISTED: usize = 20;
const LISTED_AS_JSON: usize = 1000;

/// How long a database may take for one piece of work, such as to count a large table.
const PATIENCE: Duration = Duration::from_secs(300);

#[derive(Subcommand)]
pub(super) enum Command {
    /// Count what the old table holds and what could be adopted; changes nothing
    Scan(WithPlainText),
    /// Adopt the old table's users, with their numbers and passwords; may be run again and again
    Run(WithPlainText),
    /// Show how far the adoption has come
    Status(Arguments),
    /// Say that the table that users were adopted from is another place's now: the same table, which has moved
    Moved(Arguments),
}

#[derive(Args)]
pub(super) struct Arguments {
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
    arguments: Arguments,
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

impl Command {
    fn arguments(&self) -> &Arguments {
        match self {
            Self::Scan(with) | Self::Run(with) => &with.arguments,
            Self::Status(arguments) | Self::Moved(arguments) => arguments,
        }
    }

    /// `--from`, `--table` and `--columns`.
    pub(super) fn flags(&self) -> [Option<String>; 3] {
        let Arguments { from, table, columns, .. } = self.arguments();
        [from.clone(), table.clone(), columns.clone()]
    }
}

/// Where the table is when neither a flag nor the configuration says so: in Doorward's own database.
pub(super) fn default_from(values: &RawValues) -> Result<Option<String>> {
    Ok(values.text("adopt.from")?.is_empty().then(|| SAME.to_owned()))
}

/// Whether the configuration, and not only a flag, names the old application: then the two go on side by side.
pub(super) fn is_linked(values: &RawValues) -> Result<bool> {
    Ok(!matches!(values.given("adopt.from")?.origin, Origin::Flag(_) | Origin::Default))
}

pub(super) async fn run(mut config: Config, is_linked: bool, command: Command) -> Result<Outcome> {
    config.database.timeout = config.database.timeout.max(PATIENCE);
    let json = command.arguments().json;
    match command {
        Command::Scan(with) => scan::run(&config, with.plain_text.into(), json).await,
        Command::Run(with) => {
            let app = ready(config).await?;
            secrets::agree(&app, &[Purpose::Pepper]).await?;
            let wanted = RunOptions { is_linked, plain_text: with.plain_text.into() };
            run::run(&app, wanted, json).await
        }
        Command::Status(_) => status::run(config, json).await,
        Command::Moved(_) => moved(&ready(config).await?, json).await,
    }
}

async fn moved(app: &App, json: bool) -> Result<Outcome> {
    let Some(application) = &app.legacy else { return Err(Error::Config("`adopt.from`: is not set".to_owned())) };
    let before = legacy::moved(app, application).await?;
    match (before, json) {
        (before, true) => output::json(&json!({ "before": before })),
        (Some(before), false) => output::line(format_args!("written down: what was {before} is here now")),
        (None, false) => output::line("nobody has been adopted yet, so there is nothing to write down"),
    }
    Ok(Outcome::Done)
}

/// A row that is left behind, in a line.
fn left_line(row: &LeftRow) -> String {
    let name = row.name.as_ref().map_or_else(String::new, |name| format!(" \"{}\"", output::printable(name)));
    format!("{}{name}: {}", row.legacy_id.0, row.why)
}

fn left_json(row: &LeftRow) -> Value {
    json!({ "id": row.legacy_id.0, "name": row.name, "code": row.why.code(), "reason": row.why.to_string() })
}
