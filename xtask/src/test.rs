//! `cargo xtask test`: the whole suite, on SQLite and on a private MariaDB, or on a private MySQL.

use std::process::Command;

use crate::{Result, mariadb::MariaDb, mysql::MySql, packages, proxies};

/// The server for the databases of the integration tests; without it they use SQLite.
const DATABASE: &str = "DW_TEST_DATABASE";
/// The number of rounds of the race tests.
const ROUNDS: &str = "DW_TEST_ROUNDS";

pub fn run(arguments: &[String]) -> Result<()> {
    let (mut sqlite_only, mut with_mysql, mut rounds, mut filter) = (false, false, None, Vec::new());
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--sqlite" => sqlite_only = true,
            "--mysql" => with_mysql = true,
            "--rounds" => {
                let number = rest.next().and_then(|text| text.parse::<u32>().ok());
                rounds = Some(number.ok_or("--rounds needs a number")?);
            }
            flag if flag.starts_with('-') => return Err(format!("unknown flag {flag}")),
            _ => filter.push(argument),
        }
    }
    if !packages::has("curl") {
        packages::install(&["curl"], "curl is missing: install it, since the examples of docs/api.md need it")?;
    }
    proxies::install()?;
    if with_mysql {
        println!("--- running the suite on MySQL");
        let server = MySql::start()?;
        integration_tests(&filter, &server.url(), rounds)?;
        println!("--- passed on MySQL");
        return Ok(());
    }
    println!("--- running the suite on SQLite");
    cargo(&["test", "--workspace", "--all-targets", "--locked"], &filter, (None, rounds))?;
    if sqlite_only {
        println!("--- passed on SQLite");
        return Ok(());
    }
    println!("--- running the suite on MariaDB");
    let server = MariaDb::start()?;
    integration_tests(&filter, &server.url(), rounds)?;
    println!("--- passed on SQLite and on MariaDB");
    Ok(())
}

fn integration_tests(filter: &[&String], url: &str, rounds: Option<u32>) -> Result<()> {
    cargo(&["test", "--package", "doorward", "--test", "it", "--locked"], filter, (Some(url), rounds))
}

fn cargo(arguments: &[&str], filter: &[&String], (database, rounds): (Option<&str>, Option<u32>)) -> Result<()> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).args(filter).env_remove(DATABASE);
    if let Some(url) = database {
        command.env(DATABASE, url);
    }
    if let Some(rounds) = rounds {
        command.env(ROUNDS, rounds.to_string());
    }
    let status = command.status().map_err(|error| format!("cargo: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("cargo {} failed", arguments.join(" "))) }
}
