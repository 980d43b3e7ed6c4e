//! `doorward completions`: a script that completes commands and options in a shell.

use clap::{Command, ValueEnum};
use clap_complete::Shell;

use super::{outcome::CommandOutcome, output};

/// The shells for which a script exists.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum CompletedShell {
    Bash,
    Zsh,
    Fish,
}

pub(super) fn run(shell: CompletedShell, mut command: Command) -> CommandOutcome {
    let shell = match shell {
        CompletedShell::Bash => Shell::Bash,
        CompletedShell::Zsh => Shell::Zsh,
        CompletedShell::Fish => Shell::Fish,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "doorward", &mut script);
    output::text(&String::from_utf8_lossy(&script));
    CommandOutcome::Done
}
