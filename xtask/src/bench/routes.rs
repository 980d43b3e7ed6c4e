//! The most used routes, and the start: requests per second, latency and memory.
//!
//! The floor and the time of one hash are measured in the same minutes, in turns. The floor is a bare JSON handler of the
//! web framework, a program of its own.

use std::time::{Duration, Instant};

use super::{Bench, cores, middle, post};
use crate::{
    Result,
    load::{self, Load, Until},
    mariadb::{DATABASE, MariaDb},
    server::Server,
    wrk,
};

const SESSIONS: usize = 1000;
/// The connections of routes that cost a hash, and of the others.
const HASHING_CONNECTIONS: usize = 64;
const CONNECTIONS: usize = 32;
const ROUNDS: usize = 5;
const HASHING_ROUNDS: usize = 5;
const STARTS: usize = 11;

/// One round of one HTTP route.
struct Measured {
    load: wrk::Measured,
    /// The processor time for each request, of the server and of the database server, in microseconds.
    processor: (f64, Option<f64>),
}

/// Batches of requests that each cost a hash.
struct Hashing {
    /// The percentage of the hashes that the cores could compute.
    shares: Vec<f64>,
    rates: Vec<f64>,
    /// The milliseconds of one hash.
    hashes: Vec<f64>,
    cookies: Vec<String>,
}

pub(super) fn run(bench: &Bench) -> Result<()> {
    bench.all()
}

impl Bench {
    fn all(&self) -> Result<()> {
        println!(
            "{SESSIONS} sessions, {CONNECTIONS} keep-alive connections of wrk with one thread on the same machine, median of \
             {ROUNDS} rounds of {:?}; in brackets the lowest and the highest rate",
            self.round
        );
        println!(
            "\n| engine | measured | requests/s | of the floor | p50 µs | p99 µs | of the floor's | server CPU µs | database CPU µs |"
        );
        println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        wrk::install()?;
        self.engine("SQLite", "sqlite:bench.db", None)?;
        if self.with_mariadb {
            let server = MariaDb::start()?;
            self.engine("MariaDB", &format!("{}/{DATABASE}", server.url()), Some(&server))?;
        }
        self.starts()
    }

    fn engine(&self, name: &str, url: &str, database: Option<&MariaDb>) -> Result<()> {
        let floor = Server::start(&self.target.join("xtask-floor"), &[], &[], &self.folder)?;
        // Thousands of sign-ups come from one address.
        let doorward = self.doorward(url, &[("DOORWARD_THROTTLE__ENABLED", "false")])?;
        let names: Vec<String> = (0..SESSIONS).map(|number| format!("user{number}")).collect();
        let bodies = |path: &str| -> Vec<Vec<u8>> { names.iter().map(|name| post(path, name)).collect() };

        let sign_ups = self.hashing(&doorward, &bodies("/signup"), 201)?;
        let log_ins = self.hashing(&doorward, &bodies("/login"), 200)?;

        let bare = [b"GET / HTTP/1.1\r\nHost: bench\r\n\r\n".to_vec()];
        let bare: Vec<Vec<u8>> = bare.iter().cycle().take(CONNECTIONS).cloned().collect();
        let checks: Vec<Vec<u8>> = log_ins.cookies.iter().enumerate().map(|(at, cookie)| check(at, cookie)).collect();
        let who_am_i: Vec<Vec<u8>> = log_ins.cookies.iter().map(|cookie| who_am_i(cookie)).collect();
        let (mut floors, mut sessions, mut currents) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            floors.push(self.measure((&floor, None), &bare)?);
            sessions.push(self.measure((&doorward, database), &checks)?);
            currents.push(self.measure((&doorward, database), &who_am_i)?);
        }
        for (what, rounds) in
            [("floor", &floors), ("session check", &sessions), ("GET /api/v1/sessions/current", &currents)]
        {
            row(name, what, rounds, &floors);
        }
        hashing_row(name, "login", &log_ins);
        hashing_row(name, "sign-up", &sign_ups);
        println!("| {name} | memory after this | {:.1} MiB | | | | | |", doorward.memory_mib()?);
        Ok(())
    }

    /// Measures the start on an existing SQLite file, and the memory before any request.
    fn starts(&self) -> Result<()> {
        let mut times = Vec::new();
        let mut memory = 0.0;
        for _ in 0..STARTS {
            let started = Instant::now();
            let server = self.doorward("sqlite:bench.db", &[])?;
            times.push(started.elapsed().as_secs_f64() * 1000.0);
            memory = server.memory_mib()?;
        }
        times.sort_by(f64::total_cmp);
        let median = times.get(STARTS / 2).copied().unwrap_or_default();
        let worst = times.last().copied().unwrap_or_default();
        println!(
            "\nready after the start on an existing SQLite file: median {median:.1} ms, worst {worst:.1} ms of {STARTS}"
        );
        println!("resident memory when idle: {memory:.1} MiB");
        Ok(())
    }

    fn measure(&self, (server, database): (&Server, Option<&MariaDb>), requests: &[Vec<u8>]) -> Result<Measured> {
        let used = || -> Result<(Duration, Option<Duration>)> {
            Ok((server.processor_time()?, database.map(MariaDb::processor_time).transpose()?))
        };
        let before = used()?;
        let load = wrk::run((server.address, CONNECTIONS), requests, self.round, &self.folder)?;
        let after = used()?;
        let each = |before: Duration, after: Duration| {
            after.saturating_sub(before).as_secs_f64() * 1e6 / load.responses as f64
        };
        let of_database = before.1.zip(after.1).map(|(before, after)| each(before, after));
        let processor = (each(before.0, after.0), of_database);
        Ok(Measured { load, processor })
    }

    /// Sends batches of requests that each cost a hash, each next to a measurement of one hash.
    fn hashing(&self, server: &Server, requests: &[Vec<u8>], status: u16) -> Result<Hashing> {
        let mut measured = Hashing { shares: Vec::new(), rates: Vec::new(), hashes: Vec::new(), cookies: Vec::new() };
        let batches = requests.chunks(requests.len().div_ceil(HASHING_ROUNDS));
        for batch in batches {
            let before = self.hash_time()?;
            let load = Load {
                address: server.address,
                connections: HASHING_CONNECTIONS,
                requests: batch,
                until: Until::SentOnce,
            };
            let outcome = load::run(&load)?;
            outcome.all_are(status)?;
            let hash = (before + self.hash_time()?) / 2.0;
            measured.shares.push(outcome.rate() / (cores() as f64 / hash * 1000.0) * 100.0);
            measured.rates.push(outcome.rate());
            measured.hashes.push(hash);
            measured.cookies.extend(outcome.cookies);
        }
        Ok(measured)
    }
}

/// Reads a user, usually not the session's own: two look-ups, of the session and of that user.
pub(super) fn check(number: usize, cookie: &str) -> Vec<u8> {
    let id = number % SESSIONS + 1;
    format!("GET /user/{id} HTTP/1.1\r\nHost: bench\r\nCookie: {cookie}\r\n\r\n").into_bytes()
}

/// Asks for the current user, by the current API.
fn who_am_i(cookie: &str) -> Vec<u8> {
    format!("GET /api/v1/sessions/current HTTP/1.1\r\nHost: bench\r\nCookie: {cookie}\r\n\r\n").into_bytes()
}

/// Prints the medians of the rounds, and of the ratios to the floor of the same round.
fn row(engine: &str, name: &str, rounds: &[Measured], floors: &[Measured]) {
    let of = |value: fn(&Measured) -> f64| middle(&rounds.iter().map(value).collect::<Vec<_>>());
    let against = |value: fn(&Measured) -> f64| {
        middle(&rounds.iter().zip(floors).map(|(round, floor)| value(round) / value(floor)).collect::<Vec<_>>())
    };
    let rates = rounds.iter().map(|round| round.load.rate);
    let (lowest, highest) = (rates.clone().fold(f64::INFINITY, f64::min), rates.fold(0.0, f64::max));
    let database: Vec<f64> = rounds.iter().filter_map(|round| round.processor.1).collect();
    let database = if database.is_empty() { String::new() } else { format!("{:.1}", middle(&database)) };
    println!(
        "| {engine} | {name} | {:.0} ({lowest:.0}–{highest:.0}) | {:.1} % | {:.0} | {:.0} | {:.2} × | {:.1} | {database} |",
        of(|round| round.load.rate),
        against(|round| round.load.rate) * 100.0,
        of(|round| round.load.p50),
        of(|round| round.load.p99),
        against(|round| round.load.p99),
        of(|round| round.processor.0),
    );
}

fn hashing_row(engine: &str, name: &str, measured: &Hashing) {
    let (rate, share, hash) = (middle(&measured.rates), middle(&measured.shares), middle(&measured.hashes));
    println!("| {engine} | {name} | {rate:.1} | {share:.1} % of threads ÷ one hash ({hash:.2} ms) | | | | |");
}
