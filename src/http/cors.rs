//! Cross-origin resource sharing: which pages of other origins may ask with the user's credentials. None, but for those
//! that `server.cors_origins` lists.
//!
//! WHATWG Fetch, "CORS protocol". Invariant: an origin is allowed by being equal to a listed one, in every byte, and by
//! nothing else.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::Response,
};

/// How long a browser may keep the answer to a preflight, in seconds: two hours, the most that Chromium keeps.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");
/// What requests may bring beside what every page may send.
const REQUEST_HEADERS: HeaderValue =
    HeaderValue::from_static("authorization, content-type, idempotency-key, if-match, if-none-match");
/// What a page may read of a response beside its body.
const RESPONSE_HEADERS: HeaderValue =
    HeaderValue::from_static("etag, link, location, retry-after, www-authenticate, x-request-id");

/// The listed origin that the request comes from.
pub fn listed<'a>(origins: &'a [String], headers: &HeaderMap) -> Option<&'a String> {
    if origins.is_empty() {
        return None;
    }
    let mut sent = headers.get_all(header::ORIGIN).into_iter();
    let (Some(origin), None) = (sent.next(), sent.next()) else { return None };
    origins.iter().find(|listed| listed.as_bytes() == origin.as_bytes())
}

/// Whether a browser asks, before it sends a request of a listed origin's page, if it may.
pub fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to a preflight of a listed origin; [`allow`] adds the rest.
pub fn preflight() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    response
}

/// Lets the page of a listed origin read the response.
pub fn allow(origin: &str, response: &mut Response) {
    let headers = response.headers_mut();
    // It comes from the configuration, where it was read as a URL.
    if let Ok(origin) = HeaderValue::try_from(origin) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, RESPONSE_HEADERS);
    }
}
