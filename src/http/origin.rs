//! Which requests another site made a browser send, so that a cookie must not vouch for them.
//!
//! Browsers say so in `Sec-Fetch-Site` (W3C Fetch Metadata) and older ones in `Origin` (RFC 6454 §7); a client that sends
//! neither is no browser, and nobody can make it send a request. Invariant: whatever cannot be read counts as cross-site.

use axum::http::{HeaderMap, header};

use super::cors;
use crate::config::Config;

/// Whether the request comes from another site that is not listed, or from a place that cannot be told.
pub fn is_cross_site(config: &Config, headers: &HeaderMap) -> bool {
    if cors::listed(&config.server.cors_origins, headers).is_some() {
        return false;
    }
    let mut sites = headers.get_all("sec-fetch-site").into_iter().peekable();
    if sites.peek().is_some() {
        return !sites.all(|site| site == "same-origin" || site == "none");
    }
    let mut origins = headers.get_all(header::ORIGIN).into_iter().peekable();
    origins.peek().is_some()
        && !origins.all(|origin| origin.to_str().is_ok_and(|origin| is_own(config, headers, origin)))
}

/// Whether a link, an image or a redirect of another site led here, as far as a browser says so that sends neither of the
/// headers above with them: over plain http none sends `Sec-Fetch-Site`, and with a GET none sends `Origin`. A page can keep
/// `Referer` back, so this is for a request that does little harm.
pub fn comes_from_elsewhere(config: &Config, headers: &HeaderMap) -> bool {
    if headers.contains_key("sec-fetch-site") || headers.contains_key(header::ORIGIN) {
        return false;
    }
    !headers.get_all(header::REFERER).into_iter().all(|referer| {
        let Some(origin) = referer.to_str().ok().and_then(origin_of) else { return false };
        is_own(config, headers, origin) || config.server.cors_origins.iter().any(|listed| listed == origin)
    })
}

/// Scheme and authority of a URL, which browsers write in lower case and without a default port.
fn origin_of(url: &str) -> Option<&str> {
    let authority = url.find("://")? + 3;
    let length = url.get(authority..)?.find(['/', '?', '#']).unwrap_or(url.len() - authority);
    url.get(..authority + length)
}

/// The configured origin, or, where none is configured, the host that the request was sent to.
fn is_own(config: &Config, headers: &HeaderMap, origin: &str) -> bool {
    if let Some(url) = &config.server.public_url {
        return origin == url.origin;
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    authority.is_some() && authority == host
}
