//! `doorward audit …`: the audit trail, as it grows and as a whole.
//!
//! It only reads. Invariant: what a client or a user has put into an event can neither move the terminal's cursor nor
//! begin a line, a cell or a formula of its own.

pub(super) mod display;
mod export;
mod tail;

use clap::Subcommand;

use super::Outcome;
use crate::{Result, app::App};

/// Events that are read from the database at once.
const PAGE: u32 = 1000;
/// Before and behind every event.
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
