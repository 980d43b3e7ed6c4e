//! The most used routes, and the start: requests per second, latency and memory.
//!
//! The baseline and the time of one hash are measured in the same minutes, in turns. The baseline is a bare JSON handler
//! on the same framework and accept loop.

use std::time::Instant;

use super::{Bench, cores, middle, post};
use crate::{
    Result,
    load::{self, Load, Until},
    mariadb::{DATABASE, MariaDb},
    server::Server,
};

const SESSIONS: usize = 1000;
const CONNECTIONS: usize = 64;
const ROUNDS: usize = 3;
const HASHING_ROUNDS: usize = 5;
const STARTS: usize = 11;

/// The median round of one HTTP route.
struct Measured {
    rate: f64,
    p50: f64,
    p99: f64,
    /// The server's processor time for each request, in microseconds.
    processor: f64,
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
            "{SESSIONS} sessions, {CONNECTIONS} keep-alive connections from one client thread on the same machine, \
             median of {ROUNDS} rounds of {:?}",
            self.round
        );
        println!(
            "\n| engine | measured | requests/s | of the floor | p50 µs | p99 µs | of the floor's | server CPU µs |"
        );
        println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
        self.engine("SQLite", "sqlite:bench.db")?;
        if self.with_mariadb {
            let server = MariaDb::start()?;
            self.engine("MariaDB", &format!("{}/{DATABASE}", server.url()))?;
        }
        self.starts()
    }

    fn engine(&self, name: &str, url: &str) -> Result<()> {
        let floor = Server::start(&self.target.join("examples/floor"), &[], &[], &self.folder)?;
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
            floors.push(self.measure(&floor, &bare)?);
            sessions.push(self.measure(&doorward, &checks)?);
            currents.push(self.measure(&doorward, &who_am_i)?);
        }
        let (floor, session, current) = (median(floors)?, median(sessions)?, median(currents)?);
        row(name, "floor", &floor, &floor);
        row(name, "session check", &session, &floor);
        row(name, "GET /api/v1/sessions/current", &current, &floor);
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

    fn measure(&self, server: &Server, requests: &[Vec<u8>]) -> Result<Measured> {
        let before = server.processor_time()?;
        let until = Until::Elapsed(self.round);
        let outcome = load::run(&Load { address: server.address, connections: CONNECTIONS, requests, until })?;
        outcome.all_are(200)?;
        let used = server.processor_time()?.saturating_sub(before);
        Ok(Measured {
            rate: outcome.rate(),
            p50: outcome.percentile(0.5),
            p99: outcome.percentile(0.99),
            processor: used.as_secs_f64() * 1e6 / outcome.answers().max(1) as f64,
        })
    }

    /// Sends batches of requests that each cost a hash, each next to a measurement of one hash.
    fn hashing(&self, server: &Server, requests: &[Vec<u8>], status: u16) -> Result<Hashing> {
        let mut measured = Hashing { shares: Vec::new(), rates: Vec::new(), hashes: Vec::new(), cookies: Vec::new() };
        let batches = requests.chunks(requests.len().div_ceil(HASHING_ROUNDS));
        for batch in batches {
            let before = self.hash_time()?;
            let load =
                Load { address: server.address, connections: CONNECTIONS, requests: batch, until: Until::SentOnce };
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

fn median(mut rounds: Vec<Measured>) -> Result<Measured> {
    rounds.sort_by(|left, right| left.rate.total_cmp(&right.rate));
    let middle = rounds.len() / 2;
    rounds.into_iter().nth(middle).ok_or_else(|| "no rounds".to_owned())
}

fn row(engine: &str, name: &str, measured: &Measured, floor: &Measured) {
    println!(
        "| {engine} | {name} | {:.0} | {:.1} % | {:.0} | {:.0} | {:.2} × | {:.1} |",
        measured.rate,
        measured.rate / floor.rate * 100.0,
        measured.p50,
        measured.p99,
        measured.p99 / floor.p99,
        measured.processor
    );
}

fn hashing_row(engine: &str, name: &str, measured: &Hashing) {
    let (rate, share, hash) = (middle(&measured.rates), middle(&measured.shares), middle(&measured.hashes));
    println!("| {engine} | {name} | {rate:.1} | {share:.1} % of threads ÷ one hash ({hash:.2} ms) | | | | |");
}
