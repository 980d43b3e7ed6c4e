//! The host of a request: stated once and in a valid form, and one of Doorward's names.
//!
//! RFC 9112 §3.2 and RFC 9110 §7.4. Invariant: the host of a request is compared and forgotten; no URL, cookie or redirect
//! is made of it.

use std::net::{IpAddr, Ipv6Addr};

use axum::{
    extract::Request,
    http::{HeaderMap, Method, Uri, Version, header, uri::Scheme},
};
use url::Url;

use super::mismatch::{Mismatch, received};
use crate::config::PublicUrl;
use doorward_server::Malformed;

/// The limit of a URL in bytes. hyper's own limit is 64 KiB.
const URL_BYTES: usize = 8 * 1024;
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
    /// `None` without a public URL: any name.
    own: Option<[String; 2]>,
}

impl Hosts {
    pub fn new(public_url: Option<&PublicUrl>) -> Self {
        let own = public_url.and_then(|url| {
            let authority = url.origin.split_once("://")?.1.to_owned();
            let port = Url::parse(&url.origin).ok()?.port_or_known_default()?;
            let is_bare = Url::parse(&url.origin).ok()?.port().is_none();
            // The default port of the scheme may be present or absent.
            let other = if is_bare { format!("{authority}:{port}") } else { authority.clone() };
            Some([authority, other])
        });
        Self { own }
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
        let is_known = self.own.as_ref().is_none_or(|own| own.iter().any(|own| own.eq_ignore_ascii_case(host)));
        (!is_known && !MACHINES.contains(&uri.path())).then_some(HeadProblem::Misdirected)
    }

    /// Returns what a rejected head was compared with, for the log.
    pub fn mismatch(&self, request: &Request, problem: HeadProblem) -> Option<Mismatch> {
        let host = received(request.headers(), &header::HOST);
        match (problem, &self.own, request.uri().authority()) {
            (HeadProblem::Misdirected, Some([own, other]), _) if own == other => {
                Some(Mismatch::new(&host, &format!("host: {own}")))
            }
            (HeadProblem::Misdirected, Some([own, other]), _) => {
                Some(Mismatch::new(&host, &format!("host: {own} or {other}")))
            }
            (HeadProblem::Malformed, _, Some(target)) => {
                Some(Mismatch::new(&host, &format!("the host of the target, {}", target.host())))
            }
            (HeadProblem::Malformed, _, None) => Some(Mismatch::new(&host, "one valid host, and an unambiguous head")),
            _ => None,
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

/// Returns whether the request's host is an address, `localhost` or the host of the public URL. A page of a stranger can
/// make a browser send requests under any other name, whose owner lets it point here (DNS rebinding).
pub fn is_own_host(headers: &HeaderMap, public_url: Option<&PublicUrl>) -> bool {
    let Ok(Some(host)) = one_host(headers) else { return false };
    let name = match host.strip_prefix('[') {
        Some(rest) => return rest.split_once(']').is_some_and(|(address, _)| address.parse::<Ipv6Addr>().is_ok()),
        None => host.split_once(':').map_or(host, |(name, _)| name),
    };
    let is_public =
        || Hosts::new(public_url).own.is_some_and(|own| own.iter().any(|own| own.eq_ignore_ascii_case(host)));
    name.parse::<IpAddr>().is_ok() || name.eq_ignore_ascii_case("localhost") || is_public()
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
    let is_valid = !host.is_empty()
        && host.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'%' | b':' | b'[' | b']')
        })
        && hosts.next().is_none();
    if is_valid && has_valid_port(host) { Ok(Some(host)) } else { Err(Malformed) }
}
