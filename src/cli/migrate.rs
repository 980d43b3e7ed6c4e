//! `doorward migrate …`: shows and runs migrations of the database schema.

use clap::Subcommand;
use serde_json::json;

use super::{outcome::CommandOutcome, output, runtime};
use crate::{
    Result,
    app::Missing,
    config::Config,
    store::{Db, migrate},
};

#[derive(Subcommand)]
pub(super) enum MigrateCommand {
    /// Show the progress of each migration; exit code 1 if one is pending
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Perform the pending migrations
    Up,
}

pub(super) async fn run(config: Config, command: MigrateCommand) -> Result<CommandOutcome> {
    match command {
        MigrateCommand::Up => {
            let app = runtime::app(config, Missing::Left)?;
            let performed = migrate::up(&app.db, &app.clock, &app.rng).await?;
            output::line(format_args!("statements performed: {performed}; the schema is up to date"));
            Ok(CommandOutcome::Done)
        }
        MigrateCommand::Status { json } => {
            // Showing the status must not create a file.
            let status = if Db::is_there(&config.database.url) {
                migrate::status(&runtime::app(config, Missing::Left)?.db).await?
            } else {
                migrate::status_without_file()
            };
            if json {
                let rows = status.iter().map(|progress| {
                    json!({
                        "version": progress.version,
                        "name": progress.name,
                        "statements": progress.statements,
                        "done": progress.done,
                        "finished_at": progress.finished_at.map(|at| at.to_string()),
                    })
                });
                output::json(&rows.collect());
            } else {
                let rows: Vec<_> = status
                    .iter()
                    .map(|progress| {
                        let state = match progress.finished_at {
                            Some(at) => format!("finished {at}"),
                            None => format!("pending, {} of {} statements done", progress.done, progress.statements),
                        };
                        vec![progress.name.clone(), state]
                    })
                    .collect();
                output::table(&["MIGRATION", "STATE"], &rows);
            }
            let is_finished = status.iter().all(migrate::MigrationProgress::is_finished);
            Ok(if is_finished { CommandOutcome::Done } else { CommandOutcome::Refused })
        }
    }
}
