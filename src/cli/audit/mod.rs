//! `doorward audit …`: shows and exports the audit trail.
//!
//! It only reads. Invariant: text from a client or a user cannot move the terminal's cursor or start a line, a cell or
//! a formula.

pub(super) mod display;
mod export;
mod tail;

use clap::Subcommand;

use super::Outcome;
use crate::{Result, app::App};

/// The number of events in one database query.
const PAGE: u32 = 1000;
/// The lower bound of all event keys.
pub(super) const FIRST: [u8; 16] = [0; 16];
pub(super) const LAST: [u8; 16] = [0xff; 16];

#[derive(Subcommand)]
pub(super) enum Command {
    /// Show the newest events, the oldest of them first
    Tail(tail::Arguments),
    /// Print the whole trail, oldest first
    Export(export::Arguments),
}

pub(super) async fn run(app: &App, command: Command) -> Result<Outcome> {
    match command {
        Command::Tail(arguments) => tail::run(app, &arguments).await,
        Command::Export(arguments) => export::run(app, arguments).await,
    }
}
