//! `cargo xtask hammer`: a million requests by chance through the router in-process, on SQLite.
//!
//! The same test runs in the suite with fewer; what was found is had again by its seed.

use std::{path::Path, process::Command};

use crate::Result;

const DEFAULT_REQUESTS: u64 = 1_000_000;

/// Runs `[--requests N] [--seed N]`.
pub fn run(arguments: &[String]) -> Result<()> {
    let (mut requests, mut seed) = (DEFAULT_REQUESTS, 1);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let number = || rest.next().and_then(|text| text.parse().ok()).ok_or(format!("{argument} takes a number"));
        match argument.as_str() {
            "--requests" => requests = number()?,
            "--seed" => seed = number()?,
            other => return Err(format!("unknown argument {other}")),
        }
    }
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["test", "--package", "doorward", "--test", "it", "--locked", "--", "hammer::", "--nocapture"]);
    command.env_remove("DW_TEST_DATABASE");
    command.env("DW_TEST_REQUESTS", requests.to_string()).env("DW_TEST_SEED", seed.to_string());
    // The files of the sites are thrown away, so they need no disk, which most of the time would be waited for.
    if Path::new("/dev/shm").is_dir() {
        command.env("TMPDIR", "/dev/shm");
    }
    let status = command.status().map_err(|error| format!("cargo: {error}"))?;
    if status.success() { Ok(()) } else { Err("a request made the service fail; see above for its seed".to_owned()) }
}
