//! Cross-origin resource sharing: pages of the origins in `server.cors_origins` may send requests with the user's
//! credentials. Pages of other origins may not.
//!
//! WHATWG Fetch, "CORS protocol". Invariant: an origin is allowed only if it equals a listed one in every byte.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};

use super::mismatch::{Mismatch, received};

/// The time for which a browser may keep the response to a preflight, in seconds. Chromium's maximum is two hours.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");
/// The headers of a request, beside those that every page may send. Libraries of front ends add those of tracing, and
/// `x-requested-with`, to all requests.
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, baggage, content-type, idempotency-key, if-match, if-none-match, sentry-trace, traceparent, \
     tracestate, x-requested-with",
);
/// The headers of a response that a page may read.
const RESPONSE_HEADERS: HeaderValue =
    HeaderValue::from_static("etag, link, location, retry-after, www-authenticate, x-request-id");

/// Returns the listed origin of the request.
pub fn listed<'a>(origins: &'a [String], headers: &HeaderMap) -> Option<&'a String> {
    if origins.is_empty() {
        return None;
    }
    let mut sent = headers.get_all(header::ORIGIN).into_iter();
    let (Some(origin), None) = (sent.next(), sent.next()) else { return None };
    origins.iter().find(|listed| listed.as_bytes() == origin.as_bytes())
}

/// Returns whether a browser asks for permission before it sends a page's request.
pub fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// Returns what the origin of a rejected preflight was compared with, for the log.
pub fn mismatch(origins: &[String], headers: &HeaderMap) -> Mismatch {
    let listed = if origins.is_empty() { "which is empty".to_owned() } else { origins.join(", ") };
    let expected = format!("one of server.cors_origins ({listed})");
    let hint = "If the page is yours, list its origin in server.cors_origins.";
    Mismatch::new(&received(headers, &header::ORIGIN), &expected, hint)
}

/// Returns the response to a preflight of a listed origin. [`allow`] adds the rest.
pub fn preflight() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    response
}

/// Allows the page of a listed origin to read the response.
pub fn allow(origin: &str, response: &mut Response) {
    let headers = response.headers_mut();
    // The configuration parsed it as a URL, so this does not fail.
    if let Ok(origin) = HeaderValue::try_from(origin) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, RESPONSE_HEADERS);
    }
}
