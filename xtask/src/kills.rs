//! `cargo xtask kills`: kills the server at random moments and compares each acknowledged change after the restart.
//!
//! The suite runs the same test with fewer rounds.

use std::process::Command;

use crate::{Result, mariadb::MariaDb};

/// About 50,000 acknowledged changes.
const DEFAULT_ROUNDS: u32 = 500;

/// Runs `[ROUNDS] [--mariadb]`.
pub fn run(arguments: &[String]) -> Result<()> {
    let (mut rounds, mut is_mariadb) = (DEFAULT_ROUNDS, false);
    for argument in arguments {
        match argument.as_str() {
            "--mariadb" => is_mariadb = true,
            other => rounds = other.parse().map_err(|_| format!("{other} is not a number of rounds"))?,
        }
    }
    let server = if is_mariadb { Some(MariaDb::start()?) } else { None };
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["test", "--package", "doorward", "--test", "it", "--locked"]);
    command.args(["--", "faults::killed::", "--nocapture"]);
    command.env_remove("DW_TEST_DATABASE").env("DW_TEST_KILLS", rounds.to_string());
    if let Some(server) = &server {
        command.env("DW_TEST_DATABASE", server.url());
    }
    let status = command.status().map_err(|error| format!("cargo: {error}"))?;
    if status.success() { Ok(()) } else { Err("an acknowledged change was lost or half done; see above".to_owned()) }
}
