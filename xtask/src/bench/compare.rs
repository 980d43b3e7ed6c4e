//! The session check of this tree against an earlier program, `--before PATH`. Both are measured in turns, so that
//! other activity of the machine affects both.

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

const USERS: usize = 200;
const CONNECTIONS: usize = 64;
const ROUNDS: usize = 7;

/// A program under measurement.
struct Contestant {
    server: Server,
    checks: Vec<Vec<u8>>,
    rates: Vec<f64>,
    /// The processor microseconds of one check, for each round.
    costs: Vec<f64>,
}

pub(super) fn run(bench: &Bench) -> Result<()> {
    let before = bench.before.clone().ok_or("compare takes --before PATH, an earlier program")?;
    println!("{CONNECTIONS} connections, median of {ROUNDS} rounds of {:?}, in turns\n", bench.round);
    println!("| engine | before: requests/s | now: requests/s | now ÷ before, each round's median | CPU each, µs |");
    println!("| --- | --- | --- | --- | --- |");
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
        let mut ratios = Vec::new();
        for _ in 0..ROUNDS {
            for contestant in &mut contestants {
                let until = Until::Elapsed(self.round);
                let address = contestant.server.address;
                let load = Load { address, connections: CONNECTIONS, requests: &contestant.checks, until };
                let used = contestant.server.processor_time()?;
                let outcome = load::run(&load)?;
                outcome.all_are(200)?;
                let used = contestant.server.processor_time()?.saturating_sub(used);
                contestant.rates.push(outcome.rate());
                contestant.costs.push(micros(used) / outcome.answers() as f64);
            }
            let [before, now] = contestants.each_ref().map(|one| one.rates.last().copied().unwrap_or_default());
            ratios.push(now / before);
        }
        let [before, now] = contestants.each_ref().map(|contestant| middle(&contestant.rates));
        let costs = contestants.each_ref().map(|contestant| middle(&contestant.costs));
        println!("| {engine} | {before:.0} | {now:.0} | {:.3} | {:.1}, {:.1} |", middle(&ratios), costs[0], costs[1]);
        Ok(())
    }

    fn contestant(&self, program: &Path, url: &str) -> Result<Contestant> {
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--database-url", url];
        let server = Server::start(program, &arguments, &[], &self.folder)?;
        server.wait_until_ready()?;
        let names: Vec<String> = (0..USERS).map(|number| format!("user{number}")).collect();
        let mut cookies = Vec::new();
        // Fewer at once than the sign-ups that one address may make at once.
        for names in names.chunks(90) {
            for (path, status) in [("/signup", 201), ("/login", 200)] {
                let requests: Vec<Vec<u8>> = names.iter().map(|name| post(path, name)).collect();
                let load =
                    Load { address: server.address, connections: 8, requests: &requests, until: Until::SentOnce };
                let outcome = load::run(&load)?;
                outcome.all_are(status)?;
                cookies.extend(outcome.cookies);
            }
        }
        let checks = cookies.iter().enumerate().map(|(at, cookie)| check(at % USERS, cookie)).collect();
        Ok(Contestant { server, checks, rates: Vec::new(), costs: Vec::new() })
    }
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
