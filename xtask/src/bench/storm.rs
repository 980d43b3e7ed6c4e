//! A login storm: the session check while many clients log in without pause, and the cost of the storm.
//!
//! A rejected client tries again at once. The clients are threads of this process and share the server's cores, so
//! their own use reduces the results, calm and storm alike.

use std::{thread, time::Duration};

use super::{Bench, cores, hash_memory_mib, middle, post};
use crate::{
    Result,
    load::{self, Load, Outcome, Until},
    mariadb::{DATABASE, MariaDb},
    server::Server,
};

const USERS: usize = 64;
/// Connections that check sessions.
const CHECKERS: usize = 8;
const ROUNDS: usize = 3;
/// The length of a round, at most.
const ROUND: Duration = Duration::from_secs(3);
/// The time of the storm before the measurement.
const LEAD: Duration = Duration::from_secs(1);
/// The allowed memory growth beyond the threads' own memory.
const ALLOWANCE_MIB: f64 = 30e6 / 1024.0 / 1024.0;

/// A storm: the number of clients, and the longest wait of a login.
struct Storm {
    clients: usize,
    max_wait: &'static str,
}

const STORMS: [Storm; 3] = [
    Storm { clients: 64, max_wait: "3s" },
    Storm { clients: 64, max_wait: "300ms" },
    Storm { clients: 500, max_wait: "3s" },
];

/// The measurements of one storm, one for each round.
#[derive(Default)]
struct Seen {
    rates: (Vec<f64>, Vec<f64>),
    p99s: (Vec<f64>, Vec<f64>),
    served: Vec<f64>,
    refused: Vec<f64>,
    refusal_p50s: Vec<f64>,
    refusal_p99s: Vec<f64>,
    refusal_worst: Vec<f64>,
}

pub(super) fn run(bench: &Bench) -> Result<()> {
    println!(
        "{CHECKERS} connections check sessions, {ROUNDS} rounds of {:?} calm and {:?} in the storm, alternating; medians, except \
         the worst; times in ms",
        round(bench),
        round(bench)
    );
    println!(
        "\n| engine | clients, max_wait | checks/s calm | storm | kept | p99 calm | storm | ratio | logins/s \
         | of cores ÷ one hash | refused/s | refused after p50 | p99 | worst | MiB idle | peak | allowed |"
    );
    println!("|{}", " --- |".repeat(17));
    for storm in &STORMS {
        one(bench, "SQLite", &format!("sqlite:storm-{}-{}.db", storm.clients, storm.max_wait), storm)?;
    }
    if bench.with_mariadb {
        let server = MariaDb::start()?;
        for storm in &STORMS {
            one(bench, "MariaDB", &format!("{}/{DATABASE}", server.url()), storm)?;
        }
    }
    Ok(())
}

fn round(bench: &Bench) -> Duration {
    bench.round.min(ROUND)
}

fn one(bench: &Bench, engine: &str, url: &str, storm: &Storm) -> Result<()> {
    // Many clients log in as a few users at once, which would look like guessing.
    let variables = [("DOORWARD_HASHING__MAX_WAIT", storm.max_wait), ("DOORWARD_THROTTLE__ENABLED", "false")];
    let server = bench.doorward(url, &variables)?;
    let idle = server.memory_mib()?;
    let names: Vec<String> = (0..USERS).map(|number| format!("storm{number}")).collect();
    let bodies = |path: &str| -> Vec<Vec<u8>> { names.iter().map(|name| post(path, name)).collect() };
    // One at a time, so that none is rejected. On MariaDB the users exist since the previous storm.
    once(&server, &bodies("/signup"))?;
    let cookies = once(&server, &bodies("/login"))?.cookies;
    let checks: Vec<Vec<u8>> = cookies.iter().map(|cookie| check(cookie)).collect();
    let logins: Vec<Vec<u8>> = bodies("/login").into_iter().cycle().take(storm.clients).collect();
    let mut seen = Seen::default();
    let mut hashes = Vec::new();
    for _ in 0..ROUNDS {
        hashes.push(bench.hash_time()?);
        let calm = load(&server, CHECKERS, &checks, round(bench))?;
        let (stormy, stormers) = thread::scope(|scope| {
            let storm = scope.spawn(|| load(&server, storm.clients, &logins, LEAD + round(bench)));
            thread::sleep(LEAD);
            let stormy = load(&server, CHECKERS, &checks, round(bench));
            (stormy, storm.join())
        });
        let stormers = stormers.map_err(|_| "the storm's thread panicked")??;
        seen.add(&calm, &stormy?, &stormers)?;
    }
    let allowed = idle + cores() as f64 * hash_memory_mib() + ALLOWANCE_MIB;
    let possible = cores() as f64 / middle(&hashes) * 1000.0;
    println!(
        "| {engine} | {}, {} | {} | {:.1} | {:.1} | {allowed:.1} |",
        storm.clients,
        storm.max_wait,
        seen.cells(possible),
        idle,
        server.peak_memory_mib()?
    );
    Ok(())
}

fn load(server: &Server, connections: usize, requests: &[Vec<u8>], time: Duration) -> Result<Outcome> {
    load::run(&Load { address: server.address, connections, requests, until: Until::Elapsed(time) })
}

fn once(server: &Server, requests: &[Vec<u8>]) -> Result<Outcome> {
    load::run(&Load { address: server.address, connections: 1, requests, until: Until::SentOnce })
}

/// Returns a request for the first user, with the session of `cookie`.
fn check(cookie: &str) -> Vec<u8> {
    format!("GET /user/1 HTTP/1.1\r\nHost: bench\r\nCookie: {cookie}\r\n\r\n").into_bytes()
}

impl Seen {
    fn add(&mut self, calm: &Outcome, stormy: &Outcome, stormers: &Outcome) -> Result<()> {
        calm.all_are(200)?;
        stormy.all_are(200)?;
        let others = stormers.statuses.iter().filter(|(status, _)| !matches!(status, 200 | 503)).count();
        if others > 0 {
            return Err(format!("logins were answered with {:?}", stormers.statuses));
        }
        self.rates.0.push(calm.rate());
        self.rates.1.push(stormy.rate());
        self.p99s.0.push(calm.percentile(0.99) / 1000.0);
        self.p99s.1.push(stormy.percentile(0.99) / 1000.0);
        self.served.push(stormers.rate_of(200));
        self.refused.push(stormers.rate_of(503));
        for (numbers, share) in
            [(&mut self.refusal_p50s, 0.5), (&mut self.refusal_p99s, 0.99), (&mut self.refusal_worst, 1.0)]
        {
            numbers.push(stormers.percentile_of(503, share) / 1000.0);
        }
        Ok(())
    }

    fn cells(&self, possible: f64) -> String {
        let (calm, stormy) = (middle(&self.rates.0), middle(&self.rates.1));
        let (calm_p99, stormy_p99) = (middle(&self.p99s.0), middle(&self.p99s.1));
        let served = middle(&self.served);
        format!(
            "{calm:.0} | {stormy:.0} | {:.0} % | {calm_p99:.2} | {stormy_p99:.2} | {:.1} × | {served:.1} | {:.0} % \
             | {:.0} | {:.1} | {:.1} | {:.1}",
            stormy / calm * 100.0,
            stormy_p99 / calm_p99,
            served / possible * 100.0,
            middle(&self.refused),
            middle(&self.refusal_p50s),
            middle(&self.refusal_p99s),
            self.refusal_worst.iter().copied().fold(0.0, f64::max)
        )
    }
}
