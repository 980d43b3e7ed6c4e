//! Parts of responses that every group of routes uses.
//!
//! Invariant: the text of a failure never reaches the client. [`Failed`] carries it with the response to
//! [`super::middleware`], which logs it once, with the request id.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};

use crate::Error;

/// Expected number of headers of a response.
const HEADERS: usize = 12;

/// A failure on its way to the log, in the extensions of a response.
#[derive(Clone)]
pub struct Failed(pub Arc<Error>);

/// Returns the value of `Retry-After`: whole seconds (RFC 9110 §10.2.3), at least one.
pub fn retry_after(after: Duration) -> HeaderValue {
    let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
    HeaderValue::from(seconds.max(1))
}

/// Returns a JSON object with one text member. `key` must need no escaping.
pub fn one_text(status: StatusCode, key: &'static str, text: &str) -> Response {
    let mut body = Vec::with_capacity(key.len() + text.len() + 16);
    body.extend_from_slice(b"{\"");
    body.extend_from_slice(key.as_bytes());
    body.extend_from_slice(b"\":");
    // Writing text to memory cannot fail.
    drop(serde_json::to_writer(&mut body, text));
    body.push(b'}');
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    // Reserves room for the headers that the middleware and the server add, so that the map does not grow step by step.
    headers.reserve(HEADERS);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
