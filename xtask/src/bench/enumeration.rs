//! Whether the time of a rejected login reveals that an account exists (threats.md A1, ASVS 6.3.8).
//!
//! One connection, one request after another: known and unknown names in pairs, in alternating order. Throttling is on.
//! Every request has its own address and every name is tried once, so that attempts count but are never throttled.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Instant,
};

use super::{Bench, middle};
use crate::{
    Result,
    load::{self, Load, Until},
    mariadb::{DATABASE, MariaDb},
    server::Server,
};

const PAIRS: usize = 1000;
const TRIES: usize = 3;
const PASSWORD: &str = "the password of somebody";

pub(super) fn run(bench: &Bench) -> Result<()> {
    println!("{PAIRS} pairs a try, {TRIES} tries, one connection, a wrong password each\n");
    println!("| engine | known: median ms | unknown: median ms | difference |");
    println!("| --- | --- | --- | --- |");
    bench.pairs("SQLite", "sqlite:enumeration.db")?;
    if bench.with_mariadb {
        let server = MariaDb::start()?;
        bench.pairs("MariaDB", &format!("{}/{DATABASE}", server.url()))?;
    }
    Ok(())
}

impl Bench {
    fn pairs(&self, engine: &str, url: &str) -> Result<()> {
        for attempt in 0..TRIES {
            // A new server each time: the overall limits belong to one process.
            let doorward = self.doorward(url, &[("DOORWARD_SERVER__TRUSTED_PROXIES", "127.0.0.1")])?;
            let sign_ups: Vec<Vec<u8>> = (0..PAIRS)
                .map(|number| request("/signup", &known(attempt, number), PASSWORD, &address(number)))
                .collect();
            let load = Load { address: doorward.address, connections: 16, requests: &sign_ups, until: Until::SentOnce };
            load::run(&load)?.all_are(201)?;
            let (known, unknown) = interleaved(&doorward, attempt)?;
            let difference = (known / unknown - 1.0) * 100.0;
            println!("| {engine} | {known:.3} | {unknown:.3} | {difference:+.2} % |");
        }
        Ok(())
    }
}

/// Returns the medians of the pairs, in milliseconds.
fn interleaved(server: &Server, attempt: usize) -> Result<(f64, f64)> {
    let mut stream = TcpStream::connect(server.address).map_err(|error| error.to_string())?;
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    let (mut known_times, mut unknown_times) = (Vec::new(), Vec::new());
    for number in 0..PAIRS {
        let mut pair = [(true, known(attempt, number)), (false, unknown(attempt, number))];
        if number % 2 == 1 {
            pair.reverse();
        }
        for (is_known, name) in pair {
            let from = address(PAIRS + number * 2 + usize::from(is_known));
            let time = ask(&mut stream, &request("/login", &name, "not the right one", &from))?;
            if is_known { known_times.push(time) } else { unknown_times.push(time) }
        }
    }
    Ok((middle(&known_times), middle(&unknown_times)))
}

/// Sends the request, which must be rejected as a wrong password, and returns the milliseconds until the response.
fn ask(stream: &mut TcpStream, request: &[u8]) -> Result<f64> {
    let started = Instant::now();
    stream.write_all(request).map_err(|error| error.to_string())?;
    let mut answer = [0; 4096];
    let length = stream.read(&mut answer).map_err(|error| error.to_string())?;
    let time = started.elapsed().as_secs_f64() * 1000.0;
    let answer = String::from_utf8_lossy(answer.get(..length).unwrap_or_default());
    // Head and body are sent in one piece.
    if answer.starts_with("HTTP/1.1 401 ") && answer.ends_with('}') { Ok(time) } else { Err(format!("{answer:?}")) }
}

fn request(path: &str, name: &str, password: &str, from: &str) -> Vec<u8> {
    let body = format!(r#"{{"username":"{name}","password":"{password}"}}"#);
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: bench\r\nX-Forwarded-For: {from}\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Returns names of equal length, so that the bodies have equal length too.
fn known(attempt: usize, number: usize) -> String {
    format!("person{attempt}x{number:04}")
}

fn unknown(attempt: usize, number: usize) -> String {
    format!("nobody{attempt}x{number:04}")
}

/// Returns a unique address.
fn address(number: usize) -> String {
    format!("198.{}.{}.{}", 18 + number / 65_536 % 2, number / 256 % 256, number % 256)
}
