//! Cross-site requests, which another site made a browser send. A cookie does not authenticate them.
//!
//! Browsers state the site in `Sec-Fetch-Site` (W3C Fetch Metadata), older ones in `Origin` (RFC 6454 §7). A client that
//! sends neither is not a browser, so no site can control it. Invariant: a value that cannot be read counts as cross-site.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

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

/// Returns the cause of the refusal of a cross-site request, and what to look at. It contains no value of the request.
pub fn hint(config: &Config, headers: &HeaderMap) -> &'static str {
    let site = headers.get(SEC_FETCH_SITE).map(HeaderValue::as_bytes);
    match (headers.get(header::ORIGIN).map(HeaderValue::as_bytes), site) {
        (Some(b"null"), _) => {
            "The page has no origin: it is a file, sandboxed, or was reached by a redirect. Serve it from an http URL."
        }
        (_, Some(b"cross-site")) => {
            "A page of another site caused this request. If the page is yours, list its origin in `server.cors_origins`."
        }
        (_, Some(b"same-site")) => {
            "A page with another host, scheme or port caused this request. If the page is yours, list its origin in \
             `server.cors_origins`."
        }
        (_, Some(_)) => "`Sec-Fetch-Site` has a value that no browser sends. Look at the proxy in front.",
        (_, None) if config.server.public_url.is_some() => {
            "The origin of the page is not that of `server.public_url`. Correct `server.public_url`, or list the origin in \
             `server.cors_origins`."
        }
        (_, None) => {
            "The origin of the page differs from `Host`. Let the proxy in front pass `Host`, or set `server.public_url`. If \
             the page is elsewhere, list its origin in `server.cors_origins`."
        }
    }
}

/// What to do about a page whose browser drops Doorward's cookies.
const LOST_COOKIE: &str = "The page and the API are on different sites, so the browser drops the session cookie. Use \
    the same host name for both (`localhost` and `127.0.0.1` differ), or a token with `Authorization: Bearer`.";

/// Returns what the site of a page is compared with, for the log, if its browser drops the cookies of the response because
/// the page is on another site (RFC 6265bis §5.6, `SameSite`). A request with a bearer token needs no cookie, and a browser
/// that sends one keeps it.
pub fn lost_cookie(headers: &HeaderMap) -> Option<Mismatch> {
    let is_lost = match headers.get(SEC_FETCH_SITE) {
        Some(site) => site == "cross-site",
        // Plain http to another machine: only a known pair of sites can be compared.
        None => local_host(headers, &header::ORIGIN)
            .zip(local_host(headers, &header::HOST))
            .is_some_and(|(page, own)| page != own),
    };
    let has_credentials = headers.contains_key(header::AUTHORIZATION) || headers.contains_key(header::COOKIE);
    (is_lost && !has_credentials).then(|| {
        let expected = format!("the same site as {}", received(headers, &header::HOST));
        Mismatch::new(&received(headers, &header::ORIGIN), &expected, LOST_COOKIE)
    })
}

/// Returns the host in a header, if it is one of the names of the own machine.
fn local_host<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let value = headers.get(name)?.to_str().ok()?;
    let authority = value.split_once("://").map_or(value, |(_, authority)| authority);
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let host = authority.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(authority, |(host, _)| host);
    matches!(host, "localhost" | "127.0.0.1" | "[::1]").then_some(host)
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
    Mismatch::new(&stated.join("; "), &expected, hint(config, headers))
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
