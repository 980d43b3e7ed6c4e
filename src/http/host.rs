//! The host of a request: stated once and in a valid form, and one of Doorward's names.
//!
//! RFC 9112 §3.2 and RFC 9110 §7.4. Invariant: the host of a request is compared and forgotten; no URL, cookie or redirect
//! is made of it.

use std::net::{IpAddr, Ipv6Addr};

use super::mismatch::{Mismatch, received};
use crate::config::Server;
use axum::{
    extract::Request,
    http::{HeaderMap, Method, Uri, Version, header, uri::Scheme},
};
use doorward_server::Malformed;

/// The limit of a URL in bytes. hyper's own limit is 64 KiB.
const URL_BYTES: usize = 8 * 1024;
const HOST_HINT: &str = "If this host is yours, list it in server.hosts, or let the proxy pass the client's Host.";
const HEAD_HINT: &str = "The client or the proxy sent a head that servers may read differently.";
/// The routes for machines, which request them by address.
const MACHINES: [&str; 2] = ["/livez", "/readyz"];

/// Why the head of a request is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadProblem {
    Malformed,
    UrlTooLong,
    /// The request is for another host.
    Misdirected,
}

/// The names under which requests may address Doorward.
#[derive(Debug)]
pub struct Hosts {
    /// Empty without a public URL: any name.
    own: Vec<String>,
}

impl Hosts {
    pub fn new(server: &Server) -> Self {
        Self { own: server.hosts.clone() }
    }

    /// Returns why the request's head is rejected, if it is.
    pub fn problem(&self, request: &Request) -> Option<HeadProblem> {
        if request.extensions().get::<Malformed>().is_some() {
            return Some(HeadProblem::Malformed);
        }
        let uri = request.uri();
        // Doorward is no proxy: it neither tunnels nor fetches.
        let is_foreign = uri.scheme().is_some_and(|scheme| *scheme != Scheme::HTTP && *scheme != Scheme::HTTPS);
        if is_foreign || *request.method() == Method::CONNECT && uri.authority().is_some() {
            return Some(HeadProblem::Malformed);
        }
        if length_of(uri) > URL_BYTES {
            return Some(HeadProblem::UrlTooLong);
        }
        let host = match one_host(request.headers()) {
            Ok(Some(host)) => host,
            // HTTP/1.0 does not require a host.
            Ok(None) if request.version() == Version::HTTP_10 => "",
            Ok(None) | Err(Malformed) => return Some(HeadProblem::Malformed),
        };
        // A target in absolute form states the host too. The two must agree.
        if uri.authority().is_some_and(|authority| !authority.as_str().eq_ignore_ascii_case(host)) {
            return Some(HeadProblem::Malformed);
        }
        if is_one_of(&self.own, host) || MACHINES.contains(&uri.path()) {
            return None;
        }
        match host {
            // Some load balancers check the health of a server without a name for it.
            "" if request.headers().contains_key(header::HOST) => Some(HeadProblem::Malformed),
            _ => (!self.own.is_empty()).then_some(HeadProblem::Misdirected),
        }
    }

    /// Returns what a rejected head was compared with, for the log.
    pub fn mismatch(&self, request: &Request, problem: HeadProblem) -> Option<Mismatch> {
        let host = received(request.headers(), &header::HOST);
        match (problem, request.uri().authority()) {
            (HeadProblem::Misdirected, _) => {
                Some(Mismatch::new(&host, &format!("host: {}", self.own.join(" or ")), HOST_HINT))
            }
            (HeadProblem::Malformed, Some(target)) => {
                Some(Mismatch::new(&host, &format!("the host of the target, {}", target.host()), HEAD_HINT))
            }
            (HeadProblem::Malformed, None) => {
                Some(Mismatch::new(&host, "one valid host, and an unambiguous head", HEAD_HINT))
            }
            (HeadProblem::UrlTooLong, _) => None,
        }
    }
}

/// Returns whether at most one port follows the name or the address in brackets, and is empty or a number of 16 bits
/// (RFC 3986 §3.2.3).
fn has_valid_port(host: &str) -> bool {
    let rest = match host.strip_prefix('[') {
        Some(address) => match address.split_once(']') {
            Some((_, rest)) => rest,
            None => return false,
        },
        None => host.find(':').and_then(|at| host.get(at..)).unwrap_or_default(),
    };
    let is_port =
        |port: &str| port.is_empty() || port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port)
}

/// Returns whether `own` contains the host, in any case of its letters.
fn is_one_of(own: &[String], host: &str) -> bool {
    own.iter().any(|own| own.eq_ignore_ascii_case(host))
}

/// Returns whether the request's host is an address, `localhost` or a host of the configuration. A page of a stranger can
/// make a browser send requests under any other name, whose owner lets it point here (DNS rebinding).
pub fn is_own_host(headers: &HeaderMap, server: &Server) -> bool {
    let Ok(Some(host)) = one_host(headers) else { return false };
    let name = match host.strip_prefix('[') {
        Some(rest) => return rest.split_once(']').is_some_and(|(address, _)| address.parse::<Ipv6Addr>().is_ok()),
        None => host.split_once(':').map_or(host, |(name, _)| name),
    };
    name.parse::<IpAddr>().is_ok() || name.eq_ignore_ascii_case("localhost") || is_one_of(&server.hosts, host)
}

fn length_of(uri: &Uri) -> usize {
    uri.path_and_query().map_or(0, |path| path.as_str().len()) + uri.authority().map_or(0, |host| host.as_str().len())
}

/// Returns the host, if the request states one. More than one, or characters other than those of names, addresses and
/// ports, are an error.
fn one_host(headers: &HeaderMap) -> Result<Option<&str>, Malformed> {
    let mut hosts = headers.get_all(header::HOST).into_iter();
    let Some(host) = hosts.next() else { return Ok(None) };
    let host = host.to_str().map_err(|_| Malformed)?;
    let is_valid = host.bytes().all(|byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'%' | b':' | b'[' | b']')
    }) && hosts.next().is_none();
    if is_valid && has_valid_port(host) { Ok(Some(host)) } else { Err(Malformed) }
}
