//! A load generator: several connections that each send one request after another, on one thread.
//!
//! It parses as little as possible, since it shares the machine with the measured server.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::Result;

/// The requests to send.
pub struct Load<'a> {
    pub address: SocketAddr,
    pub connections: usize,
    /// Complete requests as bytes. Connection `c` sends the numbers `c`, `c + connections` and so on, in a cycle.
    pub requests: &'a [Vec<u8>],
    pub until: Until,
}

/// The end condition.
#[derive(Clone, Copy)]
pub enum Until {
    /// After this time.
    Elapsed(Duration),
    /// After each request was sent once.
    SentOnce,
}

/// The results.
#[derive(Default)]
pub struct Outcome {
    /// The microseconds and the status of each response, sorted.
    latencies: Vec<(u32, u16)>,
    pub elapsed: Duration,
    /// The number of responses for each status.
    pub statuses: Vec<(u16, usize)>,
    /// The session cookie of each response that set one, as `name=value`.
    pub cookies: Vec<String>,
}

impl Outcome {
    /// Returns the responses per second.
    pub fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// Returns the number of responses.
    pub fn answers(&self) -> usize {
        self.latencies.len()
    }

    /// Returns the latency in microseconds below which this share of responses stayed.
    pub fn percentile(&self, share: f64) -> f64 {
        percentile(self.latencies.iter().map(|(micros, _)| *micros).collect(), share)
    }

    /// Like [`Outcome::percentile`], for responses with this status only.
    pub fn percentile_of(&self, status: u16, share: f64) -> f64 {
        let own = self.latencies.iter().filter(|(_, own)| *own == status);
        percentile(own.map(|(micros, _)| *micros).collect(), share)
    }

    /// Returns the responses with this status per second.
    pub fn rate_of(&self, status: u16) -> f64 {
        let count = self.statuses.iter().find(|(own, _)| *own == status).map_or(0, |(_, count)| *count);
        count as f64 / self.elapsed.as_secs_f64()
    }

    /// Fails unless every response had this status.
    pub fn all_are(&self, status: u16) -> Result<()> {
        match self.statuses.as_slice() {
            [(only, _)] if *only == status => Ok(()),
            other => Err(format!("expected {status} throughout, got {other:?}")),
        }
    }

    fn merge(&mut self, other: Self) {
        self.latencies.extend(other.latencies);
        self.cookies.extend(other.cookies);
        for (status, count) in other.statuses {
            self.count(status, count);
        }
    }

    fn count(&mut self, status: u16, more: usize) {
        match self.statuses.iter_mut().find(|(own, _)| *own == status) {
            Some((_, count)) => *count += more,
            None => self.statuses.push((status, more)),
        }
    }
}

/// Returns a percentile of sorted numbers.
fn percentile(sorted: Vec<u32>, share: f64) -> f64 {
    let index = (sorted.len() as f64 * share) as usize;
    sorted.get(index.min(sorted.len().saturating_sub(1))).copied().map_or(0.0, f64::from)
}

/// Sends the load and waits for the last response.
pub fn run(load: &Load<'_>) -> Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("the load generator cannot start: {error}"))?;
    runtime.block_on(async {
        let started = Instant::now();
        let end = match load.until {
            Until::Elapsed(time) => Some(started + time),
            Until::SentOnce => None,
        };
        let mut tasks = Vec::new();
        for first in 0..load.connections {
            let own: Vec<Vec<u8>> = load.requests.iter().skip(first).step_by(load.connections).cloned().collect();
            tasks.push(tokio::spawn(one_connection(load.address, own, end)));
        }
        let mut outcome = Outcome::default();
        for task in tasks {
            outcome.merge(task.await.map_err(|error| error.to_string())??);
        }
        outcome.elapsed = started.elapsed();
        outcome.latencies.sort_unstable();
        Ok(outcome)
    })
}

async fn one_connection(address: SocketAddr, requests: Vec<Vec<u8>>, end: Option<Instant>) -> Result<Outcome> {
    let broken = |error: std::io::Error| format!("{address}: {error}");
    let mut stream = TcpStream::connect(address).await.map_err(broken)?;
    stream.set_nodelay(true).map_err(broken)?;
    let mut outcome = Outcome::default();
    let mut buffer = Vec::with_capacity(4096);
    loop {
        for request in &requests {
            let sent = Instant::now();
            if end.is_some_and(|end| sent >= end) {
                return Ok(outcome);
            }
            stream.write_all(request).await.map_err(broken)?;
            let answer = read_answer(&mut stream, &mut buffer).await.map_err(broken)?;
            let micros = u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX);
            outcome.latencies.push((micros, answer.status));
            outcome.count(answer.status, 1);
            outcome.cookies.extend(answer.cookie);
        }
        if end.is_none() || requests.is_empty() {
            return Ok(outcome);
        }
    }
}

struct Answer {
    status: u16,
    cookie: Option<String>,
}

async fn read_answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> std::io::Result<Answer> {
    buffer.clear();
    loop {
        if stream.read_buf(buffer).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let Some(head_length) = find(buffer, b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(buffer.get(..head_length).unwrap_or_default());
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
        let length: usize = header("content-length: ").and_then(|length| length.parse().ok()).unwrap_or(0);
        if buffer.len() < head_length + 4 + length {
            continue;
        }
        // Excludes the cookie of the known device.
        let cookies = head.lines().filter_map(|line| line.strip_prefix("set-cookie: ")?.split(';').next());
        let cookie = cookies.into_iter().find(|cookie| cookie.contains("session=")).map(str::to_owned);
        return Ok(Answer { status, cookie });
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}
