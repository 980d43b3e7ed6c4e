//! `/metrics` on a listener of its own, for Prometheus.
//!
//! The text has no name, address or secret of a user. Invariant: a scrape locks nothing for longer than a reading, and at
//! most four texts a second are made, however often they are asked for.

mod exposition;
mod report;
mod requests;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    response::Response,
};

pub use self::requests::RequestMetrics;
use super::state::AppState;

/// The time for which one text is sent.
const FRESH: Duration = Duration::from_millis(250);

/// The service of the listener for metrics.
#[derive(Clone)]
pub struct MetricsService(Arc<Inner>);

struct Inner {
    app: AppState,
    requests: Arc<RequestMetrics>,
    text: Mutex<Option<(Instant, Bytes)>>,
}

impl MetricsService {
    pub(super) fn new(app: &AppState, requests: &Arc<RequestMetrics>) -> Self {
        Self(Arc::new(Inner { app: Arc::clone(app), requests: Arc::clone(requests), text: Mutex::new(None) }))
    }

    /// Answers a request.
    #[must_use]
    pub fn handle(&self, request: &Request) -> Response {
        let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
        match (request.uri().path(), is_read) {
            ("/metrics", true) => respond(StatusCode::OK, exposition::CONTENT_TYPE, self.text()),
            ("/metrics", false) => {
                let mut response = respond(StatusCode::METHOD_NOT_ALLOWED, "text/plain", Bytes::new());
                response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
                response
            }
            _ => respond(StatusCode::NOT_FOUND, "text/plain", Bytes::from_static(b"see /metrics\n")),
        }
    }

    /// Returns the newest text, which is made again after a while.
    fn text(&self) -> Bytes {
        let Inner { app, requests, text } = &*self.0;
        let mut text = text.lock().unwrap_or_else(PoisonError::into_inner);
        match &*text {
            Some((made_at, bytes)) if made_at.elapsed() < FRESH => bytes.clone(),
            _ => {
                let bytes = Bytes::from(report::report(app, requests));
                *text = Some((Instant::now(), bytes.clone()));
                bytes
            }
        }
    }
}

fn respond(status: StatusCode, content_type: &'static str, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
