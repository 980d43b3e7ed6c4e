//! The session check and the login of this tree against an earlier program, `--before PATH`. Both programs are measured
//! in turns, so that other activity of the machine affects both.
//!
//! The logins hash with the smallest memory that argon2id allows. Otherwise the time of the hash would hide the rest.
//! `--default-hash` keeps the default settings, so that logins cost what they cost in production.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use super::{Bench, middle, post, routes::check};
use crate::{
    Result,
    load::{self, Load, Until},
    mariadb::{DATABASE, MariaDb},
    server::Server,
};

/// Fewer than the sign-ups that one address may make at once.
const USERS: usize = 90;
const ROUNDS: usize = 7;
/// The smallest hash, for both programs.
const SMALL_HASH: [(&str, &str); 2] =
    [("DOORWARD_HASHING__ARGON2_MEMORY_KIB", "8"), ("DOORWARD_HASHING__ARGON2_ITERATIONS", "1")];

/// A program under measurement.
struct Contestant {
    server: Server,
    checks: Measured,
    log_ins: Measured,
}

/// One kind of request to one program.
struct Measured {
    requests: Vec<Vec<u8>>,
    connections: usize,
    rates: Vec<f64>,
    /// The processor microseconds of one response, for each round.
    costs: Vec<f64>,
}

pub(super) fn run(bench: &Bench) -> Result<()> {
    let before = bench.before.clone().ok_or("compare needs --before PATH, the path of an earlier program")?;
    println!("median of {ROUNDS} rounds of {:?}, alternating\n", bench.round);
    println!(
        "| engine | measured | before: requests/s | now: requests/s | now ÷ before, median of the rounds | CPU each, µs |"
    );
    println!("| --- | --- | --- | --- | --- | --- |");
    bench.compared("SQLite", &before, ["sqlite:before.db".to_owned(), "sqlite:now.db".to_owned()])?;
    if bench.with_mariadb {
        let server = MariaDb::start()?;
        let databases = [DATABASE.to_owned(), format!("{DATABASE}_now")];
        server.execute(&format!("CREATE DATABASE {}", databases[1]))?;
        bench.compared("MariaDB", &before, databases.map(|name| format!("{}/{name}", server.url())))?;
    }
    Ok(())
}

impl Bench {
    fn compared(&self, engine: &str, before: &Path, [first, second]: [String; 2]) -> Result<()> {
        let now: PathBuf = self.target.join("doorward");
        let mut contestants = [self.contestant(before, &first)?, self.contestant(&now, &second)?];
        for _ in 0..ROUNDS {
            for contestant in &mut contestants {
                contestant.checks.round(&contestant.server, self.round)?;
            }
            for contestant in &mut contestants {
                contestant.log_ins.round(&contestant.server, self.round)?;
            }
        }
        let [before, now] = contestants;
        row(engine, "session check", &before.checks, &now.checks);
        row(engine, "login", &before.log_ins, &now.log_ins);
        Ok(())
    }

    fn contestant(&self, program: &Path, url: &str) -> Result<Contestant> {
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--database-url", url];
        let hash: &[(&str, &str)] = if self.with_default_hash { &[] } else { &SMALL_HASH };
        let server = Server::start(program, &arguments, hash, &self.folder)?;
        server.wait_until_ready()?;
        let bodies =
            |path: &str| -> Vec<Vec<u8>> { (0..USERS).map(|number| post(path, &format!("user{number}"))).collect() };
        let log_ins = bodies("/login");
        let mut cookies = Vec::new();
        for (requests, status) in [(&bodies("/signup"), 201), (&log_ins, 200)] {
            let load = Load { address: server.address, connections: 8, requests, until: Until::SentOnce };
            let outcome = load::run(&load)?;
            outcome.all_are(status)?;
            cookies.extend(outcome.cookies);
        }
        let checks = cookies.iter().enumerate().map(|(at, cookie)| check(at % USERS, cookie)).collect();
        Ok(Contestant { server, checks: Measured::new(checks, 64), log_ins: Measured::new(log_ins, 8) })
    }
}

impl Measured {
    fn new(requests: Vec<Vec<u8>>, connections: usize) -> Self {
        Self { requests, connections, rates: Vec::new(), costs: Vec::new() }
    }

    fn round(&mut self, server: &Server, time: Duration) -> Result<()> {
        let until = Until::Elapsed(time);
        let load = Load { address: server.address, connections: self.connections, requests: &self.requests, until };
        let before = server.processor_time()?;
        let outcome = load::run(&load)?;
        outcome.all_are(200)?;
        let used = server.processor_time()?.saturating_sub(before);
        self.rates.push(outcome.rate());
        self.costs.push(used.as_secs_f64() * 1e6 / outcome.answers().max(1) as f64);
        Ok(())
    }
}

fn row(engine: &str, what: &str, before: &Measured, now: &Measured) {
    let ratios: Vec<f64> = before.rates.iter().zip(&now.rates).map(|(before, now)| now / before).collect();
    println!(
        "| {engine} | {what} | {:.0} | {:.0} | {:.3} | {:.1}, {:.1} |",
        middle(&before.rates),
        middle(&now.rates),
        middle(&ratios),
        middle(&before.costs),
        middle(&now.costs)
    );
}
