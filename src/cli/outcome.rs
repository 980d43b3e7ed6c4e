//! The outcome of a command that did not fail, and the lines that report it.

use std::fmt::Display;

use super::output;
use crate::Result;

/// The outcome of a command that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CommandOutcome {
    Done,
    /// Rejected, or a problem was found; the command has printed which.
    Refused,
}

/// Prints the result.
pub(super) fn done(text: impl Display) -> Result<CommandOutcome> {
    output::line(text);
    Ok(CommandOutcome::Done)
}

/// Prints the reason of a refusal.
pub(super) fn refused(text: impl Display) -> Result<CommandOutcome> {
    output::error(format_args!("refused: {text}"));
    Ok(CommandOutcome::Refused)
}

pub(super) fn no_such_user() -> Result<CommandOutcome> {
    refused("no such user")
}

pub(super) fn last_administrator() -> Result<CommandOutcome> {
    refused("this is the last administrator; create another one first")
}
