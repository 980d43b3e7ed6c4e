//! `doorward hash …`: identifies and checks password hashes, and measures hashing on this machine.
//!
//! It opens no database, creates no file and starts no threads except in `calibrate`. Invariant: passwords and hashes
//! are never printed. An invalid string is rejected before the password prompt.

mod calibrate;
mod identify;
mod read;

use std::ffi::OsString;

use clap::Subcommand;
use doorward_password::{Peppers, Scratch};

use super::{outcome::CommandOutcome, output, password_input};
use crate::{
    Error, Result,
    app::{Purpose, SecretsFile, peppers_of},
    config::{Config, Flags, Hashing},
};

#[derive(Subcommand)]
pub(super) enum HashCommand {
    /// Show the scheme, cost and strength of a password hash
    #[command(after_help = "A hash that begins with `-` needs `--` before it, and one with `$` quotes around it.")]
    Identify {
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// Read hashes from standard input, one a line
        #[arg(long, conflicts_with = "hash", required_unless_present = "hash")]
        stdin: bool,
        /// The stored string
        #[arg(value_name = "STRING")]
        hash: Option<OsString>,
    },
    /// Check whether a password matches a hash: exit code 0 if it does
    #[command(after_help = "A hash that begins with `-` needs `--` before it, and one with `$` quotes around it.")]
    Verify {
        /// Read the password from standard input: exactly one line
        #[arg(long)]
        password_stdin: bool,
        /// The stored string
        #[arg(value_name = "STRING")]
        hash: OsString,
    },
    /// Measure which parameters cost 50 to 250 ms on this machine
    Calibrate {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(command: HashCommand, flags: &Flags) -> Result<CommandOutcome> {
    match command {
        HashCommand::Identify { json, stdin: true, .. } => identify::lines(json, &hashing(flags)?),
        HashCommand::Identify { json, hash, .. } => identify::one(json, &hashing(flags)?, &hash.unwrap_or_default()),
        HashCommand::Verify { password_stdin, hash } => verify(&hash, password_stdin, flags),
        HashCommand::Calibrate { json } => calibrate::run(json, &hashing(flags)?),
    }
}

/// Reads only the section `[hashing]` of the configuration.
fn hashing(flags: &Flags) -> Result<Hashing> {
    Hashing::new(&crate::config::read(flags)?)
}

fn verify(text: &OsString, password_stdin: bool, flags: &Flags) -> Result<CommandOutcome> {
    let stored = match read::stored(text.as_encoded_bytes()) {
        Ok(stored) if stored.needs_pepper() => stored.with(&peppers(flags)?).map_err(|why| why.to_string()),
        outcome => outcome,
    };
    let stored = match stored {
        Ok(stored) => stored,
        Err(why) => {
            output::error(format_args!("refused: {why}"));
            return Ok(CommandOutcome::Refused);
        }
    };
    let password = password_input::read_existing(password_stdin)?;
    let fits = stored.check(&password, &mut Scratch::default());
    if fits.ok_or_else(|| Error::System("not enough memory for this hash".to_owned()))? {
        output::line("the password fits");
        Ok(CommandOutcome::Done)
    } else {
        output::error("the password does not fit");
        Ok(CommandOutcome::Refused)
    }
}

/// Reads the peppers of this installation from the secrets file.
fn peppers(flags: &Flags) -> Result<Peppers> {
    let config = Config::new(&crate::config::read(flags)?)?;
    let document = SecretsFile::of(&config).read()?.unwrap_or_default();
    let peppers = document.get(Purpose::Pepper).map_or_else(Peppers::default, peppers_of);
    Ok(peppers.with_legacy(config.adopt.table.forms.pepper))
}
