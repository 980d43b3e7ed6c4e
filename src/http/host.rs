//! Whether a request says in one way for which host it is, and whether that is ours.
//!
//! RFC 9112 §3.2 and RFC 9110 §7.4. Invariant: no URL, cookie or redirect is made of what stands there; it is compared and
//! forgotten.

use std::net::{IpAddr, Ipv6Addr};

use axum::{
    extract::Request,
    http::{HeaderMap, Method, Uri, Version, header, uri::Scheme},
};
use url::Url;

use crate::config::PublicUrl;
use doorward_server::Malformed;

/// Longest URL that is read. hyper's own limit is 64 KiB.
const URL_BYTES: usize = 8 * 1024;
/// For machines, which ask by address.
const MACHINES: [&str; 2] = ["/livez", "/readyz"];

/// Why a request is refused before anybody looks at what it wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadProblem {
    Malformed,
    UrlTooLong,
    /// It is for another host.
    Misdirected,
}

/// The names that requests may call us by.
#[derive(Debug)]
pub struct Hosts {
    /// `None` when there is no public URL: then any.
    own: Option<[String; 2]>,
}

impl Hosts {
    pub fn new(public_url: Option<&PublicUrl>) -> Self {
        let own = public_url.and_then(|url| {
            let authority = url.origin.split_once("://")?.1.to_owned();
            let port = Url::parse(&url.origin).ok()?.port_or_known_default()?;
            let is_bare = Url::parse(&url.origin).ok()?.port().is_none();
            // The port of the scheme may be written or left out.
            let other = if is_bare { format!("{authority}:{port}") } else { authority.clone() };
            Some([authority, other])
        });
        Self { own }
    }

    /// What is wrong with the request's head, if anything.
    pub fn problem(&self, request: &Request) -> Option<HeadProblem> {
        if request.extensions().get::<Malformed>().is_some() {
            return Some(HeadProblem::Malformed);
        }
        let uri = request.uri();
        // Nobody is connected to anybody else here, and nothing is fetched.
        let is_foreign = uri.scheme().is_some_and(|scheme| *scheme != Scheme::HTTP && *scheme != Scheme::HTTPS);
        if is_foreign || *request.method() == Method::CONNECT && uri.authority().is_some() {
            return Some(HeadProblem::Malformed);
        }
        if length_of(uri) > URL_BYTES {
            return Some(HeadProblem::UrlTooLong);
        }
        let host = match one_host(request.headers()) {
            Ok(Some(host)) => host,
            // HTTP/1.0 knows no hosts.
            Ok(None) if request.version() == Version::HTTP_10 => "",
            Ok(None) | Err(Malformed) => return Some(HeadProblem::Malformed),
        };
        // In absolute form the target says the host too, and only one of the two can be right.
        if uri.authority().is_some_and(|authority| !authority.as_str().eq_ignore_ascii_case(host)) {
            return Some(HeadProblem::Malformed);
        }
        let is_known = self.own.as_ref().is_none_or(|own| own.iter().any(|own| own.eq_ignore_ascii_case(host)));
        (!is_known && !MACHINES.contains(&uri.path())).then_some(HeadProblem::Misdirected)
    }
}

/// Whether there is no more than one port behind the name, or the address in brackets, and it is a number of 16 bits or
/// left out (RFC 3986 §3.2.3).
fn has_sound_port(host: &str) -> bool {
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

/// Whether a request names us as no stranger's page can make a browser do: by an address, as `localhost`, or by the public
/// URL. Any other name may be one that its owner lets point to us (DNS rebinding).
pub fn is_named_by_us(headers: &HeaderMap, public_url: Option<&PublicUrl>) -> bool {
    let Ok(Some(host)) = one_host(headers) else { return false };
    let name = match host.strip_prefix('[') {
        Some(rest) => return rest.split_once(']').is_some_and(|(address, _)| address.parse::<Ipv6Addr>().is_ok()),
        None => host.split_once(':').map_or(host, |(name, _)| name),
    };
    let is_own = || Hosts::new(public_url).own.is_some_and(|own| own.iter().any(|own| own.eq_ignore_ascii_case(host)));
    name.parse::<IpAddr>().is_ok() || name.eq_ignore_ascii_case("localhost") || is_own()
}

fn length_of(uri: &Uri) -> usize {
    uri.path_and_query().map_or(0, |path| path.as_str().len()) + uri.authority().map_or(0, |host| host.as_str().len())
}

/// The host, if the request names one; not more than one, and of nothing but the signs of names, addresses and ports.
fn one_host(headers: &HeaderMap) -> Result<Option<&str>, Malformed> {
    let mut hosts = headers.get_all(header::HOST).into_iter();
    let Some(host) = hosts.next() else { return Ok(None) };
    let host = host.to_str().map_err(|_| Malformed)?;
    let is_sound = !host.is_empty()
        && host.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'%' | b':' | b'[' | b']')
        })
        && hosts.next().is_none();
    if is_sound && has_sound_port(host) { Ok(Some(host)) } else { Err(Malformed) }
}
