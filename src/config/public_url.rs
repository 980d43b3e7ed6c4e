//! The URL that browsers use, the further hosts of `server.hosts`, and the origins of `server.cors_origins`.

use url::{Host, Url};

use super::values::RawValues;
use crate::Result;

/// The longest path of a public URL.
const PATH_BYTES: usize = 200;
/// Schemes whose pages have the origin `null`, and others that no page has.
const NO_APPS: [&str; 9] = ["about", "blob", "data", "file", "filesystem", "ftp", "javascript", "ws", "wss"];

/// The `http` or `https` URL that browsers use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    /// The form that browsers write in `Origin` (RFC 6454 §6.2).
    pub origin: String,
    /// The path under which a proxy publishes Doorward, as in `/accounts`; empty for the root.
    pub path: String,
    pub is_https: bool,
}

/// Reads the values of `Host` that `server.public_url` and `server.hosts` allow.
pub(super) fn hosts(values: &RawValues, public_url: Option<&PublicUrl>) -> Result<Vec<String>> {
    let path = "server.hosts";
    let mut hosts = public_url.map(PublicUrl::authorities).unwrap_or_default();
    for item in values.list(path)? {
        if public_url.is_none() {
            return Err(values.problem(path, "needs `server.public_url`: without it, every host is accepted"));
        }
        let url = if item.contains("://") { item.to_owned() } else { format!("http://{item}") };
        let host = PublicUrl::new(&url).filter(|host| host.path.is_empty() && !item.contains('*'));
        let host = host.ok_or_else(|| {
            values.problem(path, "must be a list as in http://127.0.0.1:15000 or doorward.internal:5000")
        })?;
        hosts.extend(host.authorities());
    }
    hosts.dedup();
    Ok(hosts)
}

/// Reads the origins whose pages may use the API.
pub(super) fn cors_origins(values: &RawValues, is_https: bool) -> Result<Vec<String>> {
    let path = "server.cors_origins";
    let mut origins = Vec::new();
    for item in values.list(path)? {
        if let Some(origin) = app_origin(item) {
            origins.push(origin);
            continue;
        }
        // A wildcard would be compared literally and match nothing.
        let origin = PublicUrl::new(item).filter(|url| url.path.is_empty() && !item.contains('*'));
        let origin = origin.ok_or_else(|| {
            values.problem(path, "must be a list as in https://app.example.com or capacitor://localhost, without paths")
        })?;
        // An attacker on the network can impersonate any http origin and send requests with the user's cookies.
        if is_https && !origin.is_https && !origin.is_this_machine() {
            return Err(values.problem(path, "must be https origins, as `server.public_url` is"));
        }
        origins.push(origin.origin);
    }
    Ok(origins)
}

/// Returns the origin of an app that brings its pages with it, as in `capacitor://localhost`. Such pages do not come from
/// the network, so the scheme need not be https.
fn app_origin(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let is_app = !["http", "https"].contains(&url.scheme()) && !NO_APPS.contains(&url.scheme());
    let host = url.host_str().filter(|host| {
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
    })?;
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    (is_app && is_bare(&url) && ["", "/"].contains(&url.path())).then(|| format!("{}://{host}{port}", url.scheme()))
}

/// Returns whether the URL has neither user information nor a query.
fn is_bare(url: &Url) -> bool {
    url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none()
}

/// Returns whether the path needs no encoding and has no empty segment, so that it has one form only.
fn is_plain(path: &str) -> bool {
    let is_segment = |segment: &str| {
        !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
    };
    path.is_empty() || path.len() <= PATH_BYTES && path.split('/').skip(1).all(is_segment)
}

impl PublicUrl {
    pub(super) fn new(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let is_https = url.scheme() == "https";
        let path = url.path().strip_suffix('/').unwrap_or(url.path());
        (is_bare(&url) && is_plain(path) && (is_https || url.scheme() == "http")).then(|| Self {
            origin: url.origin().ascii_serialization(),
            path: path.to_owned(),
            is_https,
        })
    }

    /// Returns the values of `Host` for this URL. The default port of the scheme may be present or absent.
    fn authorities(&self) -> Vec<String> {
        let Some(authority) = self.origin.split_once("://").map(|(_, authority)| authority.to_owned()) else {
            return Vec::new();
        };
        let has_port = Url::parse(&self.origin).is_ok_and(|url| url.port().is_some());
        let port = if self.is_https { 443 } else { 80 };
        if has_port { vec![authority] } else { vec![authority.clone(), format!("{authority}:{port}")] }
    }

    /// Returns whether the URL points to the user's own machine, as during front-end development.
    fn is_this_machine(&self) -> bool {
        match Url::parse(&self.origin).ok().as_ref().and_then(Url::host) {
            // RFC 6761 §6.3: names under `localhost` never leave the machine.
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }

    /// Returns the host name, unless the host is an address.
    pub(super) fn host_name(&self) -> Option<String> {
        match Url::parse(&self.origin).ok()?.host()? {
            Host::Domain(name) => Some(name.to_owned()),
            Host::Ipv4(_) | Host::Ipv6(_) => None,
        }
    }
}
