//! The two values that a rejected request was compared by, for its log line.
//!
//! Any client can cause such a line and chooses one of its values. Invariants: each text is bounded and is logged escaped;
//! it contains no user information, path or query of a URL, which may hold secrets. At most one request a second of each
//! kind ([`MismatchLimiter`]) adds its values to the line that each rejected request has anyway.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName};
use doorward_server::LogLimiter;

/// The limit of a logged text in characters.
const MAX_CHARACTERS: usize = 200;
/// The shortest time between two comparisons of one kind in the log.
const PAUSE: Duration = Duration::from_secs(1);

/// What was received, and what was expected instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    pub received: String,
    pub expected: String,
    /// What the operator may look at.
    pub hint: &'static str,
}

/// The kind of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MismatchKind {
    Host,
    Origin,
    Preflight,
    /// The site of a page and that of the cookie that it should get.
    Cookie,
}

/// Limits the comparisons in the log, for each kind separately.
#[derive(Debug)]
pub struct MismatchLimiter([LogLimiter; 4]);

impl Default for MismatchLimiter {
    fn default() -> Self {
        Self([const { LogLimiter::new(PAUSE) }; 4])
    }
}

impl MismatchLimiter {
    /// Returns whether a comparison of this kind may be logged now.
    pub fn may_log(&self, kind: MismatchKind) -> bool {
        let [host, origin, preflight, cookie] = &self.0;
        match kind {
            MismatchKind::Host => host.may_log(),
            MismatchKind::Origin => origin.may_log(),
            MismatchKind::Preflight => preflight.may_log(),
            MismatchKind::Cookie => cookie.may_log(),
        }
    }
}

impl Mismatch {
    /// Creates a comparison with bounded texts.
    pub fn new(received: &str, expected: &str, hint: &'static str) -> Self {
        Self { received: bounded(received), expected: bounded(expected), hint }
    }
}

/// Returns all values of a header for the log, as `name: value, value`, or `no name`.
pub fn received(headers: &HeaderMap, name: &HeaderName) -> String {
    let values: Vec<_> = headers.get_all(name).into_iter().map(|value| loggable(value.as_bytes())).collect();
    if values.is_empty() { format!("no {name}") } else { format!("{name}: {}", values.join(", ")) }
}

/// Returns the part of a header's value that holds no secret: of a URL, scheme and authority without user information.
fn loggable(value: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(value).chars().take(MAX_CHARACTERS).collect();
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), text.as_str()),
    };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    scheme + host
}

fn bounded(text: &str) -> String {
    text.chars().take(MAX_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, header};

    use super::*;

    #[test]
    fn a_logged_value_is_bounded_and_holds_no_secret() {
        for (value, logged) in [
            ("evil.example:8080", "host: evil.example:8080"),
            ("https://ann:canary@evil.example", "host: https://evil.example"),
            ("ann:canary@evil.example", "host: evil.example"),
            ("https://evil.example/canary?token=canary#canary", "host: https://evil.example"),
            ("evil.example?canary", "host: evil.example"),
        ] {
            let headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static(value))]);
            assert_eq!(received(&headers, &header::HOST), logged);
        }
        assert_eq!(received(&HeaderMap::new(), &header::HOST), "no host");
        let long = HeaderValue::try_from("é".repeat(10_000)).unwrap();
        let headers = HeaderMap::from_iter([(header::HOST, long.clone())]);
        let mismatch = Mismatch::new(&received(&headers, &header::HOST), &"x".repeat(10_000), "");
        assert!(mismatch.received.chars().count() <= 200 && mismatch.expected.len() == 200);
    }
}
