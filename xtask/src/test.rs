//! `cargo xtask test`: the whole suite, on SQLite and on a private MariaDB.

use std::process::Command;

use crate::{Result, mariadb::MariaDb, packages};

/// Tells the integration tests which server to make their databases on; without it they use SQLite.
const DATABASE: &str = "DW_TEST_DATABASE";

pub fn run(arguments: &[String]) -> Result<()> {
    let sqlite_only = arguments.iter().any(|argument| argument == "--sqlite");
    let filter: Vec<&String> = arguments.iter().filter(|argument| *argument != "--sqlite").collect();
    if let Some(flag) = filter.iter().find(|argument| argument.starts_with('-')) {
        return Err(format!("unknown flag {flag}"));
    }
    if !packages::has("curl") {
        packages::install(
            &["curl"],
            "there is no curl here, by which the examples of docs/api.md are run: install it",
        )?;
    }
    println!("--- the suite on SQLite");
    cargo(&["test", "--workspace", "--all-targets", "--locked"], &filter, None)?;
    if sqlite_only {
        println!("--- done, on SQLite alone");
        return Ok(());
    }
    println!("--- the suite on MariaDB");
    let server = MariaDb::start()?;
    cargo(&["test", "--package", "doorward", "--test", "it", "--locked"], &filter, Some(&server.url()))?;
    println!("--- done, on SQLite and on MariaDB");
    Ok(())
}

fn cargo(arguments: &[&str], filter: &[&String], database: Option<&str>) -> Result<()> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).args(filter).env_remove(DATABASE);
    if let Some(url) = database {
        command.env(DATABASE, url);
    }
    let status = command.status().map_err(|error| format!("cargo: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("cargo {} failed", arguments.join(" "))) }
}
