//! Cross-site requests, which another site made a browser send. A cookie does not authenticate them.
//!
//! Browsers state the site in `Sec-Fetch-Site` (W3C Fetch Metadata), older ones in `Origin` (RFC 6454 §7). A client that
//! sends neither is not a browser, so no site can control it. Invariant: a value that cannot be read counts as cross-site.

use axum::http::{HeaderMap, HeaderName, header};

use super::{
    cors,
    mismatch::{Mismatch, received},
};
use crate::config::Config;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Returns whether the request comes from another site that is not listed, or from an unknown one.
pub fn is_cross_site(config: &Config, headers: &HeaderMap) -> bool {
    if cors::listed(&config.server.cors_origins, headers).is_some() {
        return false;
    }
    let mut sites = headers.get_all(SEC_FETCH_SITE).into_iter().peekable();
    if sites.peek().is_some() {
        return !sites.all(|site| site == "same-origin" || site == "none");
    }
    let mut origins = headers.get_all(header::ORIGIN).into_iter().peekable();
    origins.peek().is_some()
        && !origins.all(|origin| origin.to_str().is_ok_and(|origin| is_own(config, headers, origin)))
}

/// Returns whether a link, an image or a redirect of another site caused this request, according to `Referer`. It is for
/// browsers that send neither header above: none sends `Sec-Fetch-Site` over plain http, or `Origin` with a GET. A page can
/// suppress `Referer`, so this protects only a request that does little harm.
pub fn is_referred_cross_site(config: &Config, headers: &HeaderMap) -> bool {
    if headers.contains_key(SEC_FETCH_SITE) || headers.contains_key(header::ORIGIN) {
        return false;
    }
    !headers.get_all(header::REFERER).into_iter().all(|referer| {
        let Some(origin) = referer.to_str().ok().and_then(origin_of) else { return false };
        is_own(config, headers, origin) || config.server.cors_origins.iter().any(|listed| listed == origin)
    })
}

/// Returns what a cross-site request was compared with, for the log.
pub fn mismatch(config: &Config, headers: &HeaderMap) -> Mismatch {
    let own = match &config.server.public_url {
        Some(url) => url.origin.clone(),
        None => received(headers, &header::HOST),
    };
    let expected = match config.server.cors_origins.as_slice() {
        [] => format!("the own origin ({own})"),
        listed => format!("the own origin ({own}) or one of server.cors_origins ({})", listed.join(", ")),
    };
    let names = [SEC_FETCH_SITE, header::ORIGIN, header::REFERER];
    let stated: Vec<_> =
        names.iter().filter(|name| headers.contains_key(*name)).map(|name| received(headers, name)).collect();
    Mismatch::new(&stated.join("; "), &expected)
}

/// Returns scheme and authority of a URL. Browsers write them in lower case and without a default port.
fn origin_of(url: &str) -> Option<&str> {
    let authority = url.find("://")? + 3;
    let length = url.get(authority..)?.find(['/', '?', '#']).unwrap_or(url.len() - authority);
    url.get(..authority + length)
}

/// Returns whether an origin is the configured one or, without a configured one, the host of the request.
fn is_own(config: &Config, headers: &HeaderMap, origin: &str) -> bool {
    if let Some(url) = &config.server.public_url {
        return origin == url.origin;
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    authority.is_some() && authority == host
}
