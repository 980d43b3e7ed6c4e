//! `doorward audit …`: shows and exports the audit trail.
//!
//! It only reads. Invariant: text from a client or a user cannot move the terminal's cursor or start a line, a cell or
//! a formula.

pub(super) mod display;
mod export;
pub(super) mod page;
mod selection;
mod tail;
mod top;

use clap::Subcommand;

use super::outcome::CommandOutcome;
use crate::{Result, app::App};

#[derive(Subcommand)]
pub(super) enum AuditCommand {
    /// Show the newest events, in chronological order
    Tail(tail::TailArguments),
    /// Print the whole trail, oldest first
    Export(export::ExportArguments),
    /// Show which accounts, addresses, networks and reasons were refused most
    Top(top::TopArguments),
}

pub(super) async fn run(app: &App, command: AuditCommand) -> Result<CommandOutcome> {
    match command {
        AuditCommand::Tail(arguments) => tail::run(app, &arguments).await,
        AuditCommand::Export(arguments) => export::run(app, arguments).await,
        AuditCommand::Top(arguments) => top::run(app, arguments).await,
    }
}
