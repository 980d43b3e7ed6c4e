//! `doorward config …`: checks and shows the configuration.

use clap::Subcommand;
use serde_json::{Map, json};

use super::{outcome::CommandOutcome, output, runtime};
use crate::{
    Result,
    app::SecretsFile,
    config::{self, Flags, KEYS, KeyType, redacted},
    http,
};

#[derive(Subcommand)]
pub(super) enum ConfigCommand {
    /// Check the configuration and the secrets file
    Check,
    /// Show all keys with their values and the origins of these; secrets are not shown
    Show {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(command: ConfigCommand, flags: &Flags) -> Result<CommandOutcome> {
    let values = config::read(flags)?;
    let config = runtime::validated(&values)?;
    let ConfigCommand::Show { json } = command else {
        SecretsFile::of(&config).read()?;
        config.server.tls.as_ref().map(http::load_tls).transpose()?;
        if let Some(ignored) = values.ignored_variables() {
            output::error(format_args!("warning: {ignored}"));
        }
        output::line("the configuration is valid");
        return Ok(CommandOutcome::Done);
    };
    let mut object = Map::new();
    let mut rows = Vec::new();
    for key in &KEYS {
        let given = values.given(key.path)?;
        let shown = match key.kind {
            KeyType::SecretUrl => redacted(&given.text),
            _ => given.text.clone(),
        };
        object.insert(key.path.to_owned(), json!({ "value": shown, "from": given.origin.to_string() }));
        rows.push(vec![key.path.to_owned(), format!("{shown:?}"), given.origin.to_string()]);
    }
    if json {
        output::json(&object.into());
    } else {
        output::table(&["KEY", "VALUE", "FROM"], &rows);
    }
    Ok(CommandOutcome::Done)
}
