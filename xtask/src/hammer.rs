//! `cargo xtask hammer`: sends a million random requests through the router in-process, on SQLite.
//!
//! The suite runs the same test with fewer requests; a seed reproduces a failure.

use std::{path::Path, process::Command};

use crate::Result;

const DEFAULT_REQUESTS: u64 = 1_000_000;

/// Runs `[--requests N] [--seed N]`.
pub fn run(arguments: &[String]) -> Result<()> {
    let (mut requests, mut seed) = (DEFAULT_REQUESTS, 1);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut number = || rest.next().and_then(|text| text.parse().ok()).ok_or(format!("{argument} needs a number"));
        match argument.as_str() {
            "--requests" => requests = number()?,
            "--seed" => seed = number()?,
            other => return Err(format!("unknown argument {other}")),
        }
    }
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["test", "--release", "--package", "doorward", "--test", "it", "--locked"]);
    command.args(["--", "hammer::", "--nocapture"]);
    command.env_remove("DW_TEST_DATABASE");
    command.env("DW_TEST_REQUESTS", requests.to_string()).env("DW_TEST_SEED", seed.to_string());
    // The databases are temporary, so they need no disk, whose latency would dominate.
    if Path::new("/dev/shm").is_dir() {
        command.env("TMPDIR", "/dev/shm");
    }
    let status = command.status().map_err(|error| format!("cargo: {error}"))?;
    if status.success() { Ok(()) } else { Err("a request made the service fail; see above for its seed".to_owned()) }
}
