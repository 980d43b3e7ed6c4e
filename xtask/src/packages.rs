//! Debian packages for the tests: installed if possible, otherwise named.
//!
//! This module knows no package. Invariant: only root installs, and only missing packages.

use std::process::{Command, Stdio};

use crate::Result;

/// Installs packages, or fails with `advice`.
pub fn install(packages: &[&str], advice: &str) -> Result<()> {
    if !is_root() {
        return Err(advice.to_owned());
    }
    println!("installing Debian's packages {}", packages.join(" "));
    let install = ["install", "-q", "-y", "--no-install-recommends"].iter().chain(packages).copied().collect();
    for arguments in [vec!["update", "-q"], install] {
        let done = Command::new("apt-get")
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdout(Stdio::null())
            .status()
            .map_err(|error| format!("{advice} (apt-get: {error})"))?;
        if !done.success() {
            return Err(advice.to_owned());
        }
    }
    Ok(())
}

/// Returns whether `program` is an available command.
pub fn has(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

pub fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
