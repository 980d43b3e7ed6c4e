//! The log lines of requests. Of a request's values they contain the path, the method, the address, and the bounded values
//! of a comparison: neither the query nor headers, which may contain secrets.

use std::{net::IpAddr, time::Instant};

use axum::{
    extract::Request,
    http::{Method, StatusCode},
    response::Response,
};

use super::mismatch::Mismatch;

/// The most characters of a path in the log.
const SHOWN: usize = 200;

/// Writes the one line of a rejected request; a failure has a line already. Of the request's values it contains only the
/// path, and the bounded values of a comparison.
pub fn refusal(
    (request_id, address): (&str, Option<IpAddr>),
    (status, code): (StatusCode, Option<&str>),
    path: &str,
    mismatch: Option<Mismatch>,
) {
    let address = address.map(tracing::field::display);
    let path = shown(path);
    let hint = mismatch.as_ref().map(|mismatch| mismatch.hint);
    let (received, expected) = mismatch.map(|Mismatch { received, expected, .. }| (received, expected)).unzip();
    let (received, expected) = (received.map(tracing::field::debug), expected.map(tracing::field::debug));
    let status = status.as_u16();
    tracing::info!(request_id, address, code, status, ?path, received, expected, hint, "request refused");
}

/// Returns the beginning of a path, so that long paths do not fill the log.
fn shown(path: &str) -> &str {
    path.char_indices().nth(SHOWN).and_then(|(end, _)| path.get(..end)).unwrap_or(path)
}

/// Writes the line about a cookie that the browser of a page drops.
pub fn lost_cookie(request_id: &str, mismatch: &Mismatch) {
    let Mismatch { received, expected, hint } = mismatch;
    tracing::warn!(request_id, ?received, ?expected, hint, "the browser drops the session cookie of this response");
}

/// The values of a request for its log line: neither the query nor headers, which may contain secrets.
pub struct RequestLine {
    method: Method,
    path: String,
    address: Option<IpAddr>,
    started: Instant,
}

impl RequestLine {
    pub fn of(request: &Request, address: Option<IpAddr>) -> Self {
        let path = shown(request.uri().path()).to_owned();
        Self { method: request.method().clone(), path, address, started: Instant::now() }
    }

    pub fn log(self, request_id: &str, response: &Response) {
        tracing::debug!(
            request_id,
            address = self.address.map(tracing::field::display),
            method = %self.method,
            path = ?self.path,
            status = response.status().as_u16(),
            microseconds = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX),
            "request"
        );
    }
}
