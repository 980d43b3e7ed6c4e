//! `cargo xtask proxies`: sends ambiguous requests through nginx and HAProxy in front of Doorward.

use std::{path::Path, process::Command};

use crate::{Result, packages};

pub fn run(arguments: &[String]) -> Result<()> {
    if let Some(argument) = arguments.first() {
        return Err(format!("unknown argument {argument}"));
    }
    let is_missing = |program: &&str| !Path::new("/usr/sbin").join(program).is_file();
    let missing: Vec<_> = ["nginx", "haproxy"].into_iter().filter(is_missing).collect();
    if !missing.is_empty() {
        packages::install(&missing, "nginx or haproxy is missing: install the packages with these names")?;
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let test = ["test", "--package", "doorward", "--test", "it", "--locked", "--"];
    let status = Command::new(cargo)
        .args(test)
        .args(["--include-ignored", "threats::framing"])
        .status()
        .map_err(|error| format!("cargo: {error}"))?;
    if status.success() { Ok(()) } else { Err("the proxies and Doorward read a request differently".to_owned()) }
}
