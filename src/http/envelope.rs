//! What every response goes through: its request's number, the headers that keep browsers and caches in bounds, the one
//! log line of a failure, and the last resort for a panic.
//!
//! One function, not a stack of layers: each layer would cost as much as a session check.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
    time::Instant,
};

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use super::refusal::{Dialect, Failed, INTERNAL};
use crate::{Error, Result, config::Config, model::Rng};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What the envelope adds to every response.
pub struct Envelope {
    /// Random, so that numbers of different processes differ.
    process: u32,
    requests: AtomicU64,
    is_https: bool,
}

impl Envelope {
    /// For this process.
    ///
    /// # Errors
    /// When no random bits can be had.
    pub fn new(config: &Config, rng: &Rng) -> Result<Arc<Self>> {
        let is_https = config.server.public_url.as_ref().is_some_and(|url| url.is_https);
        Ok(Arc::new(Self { process: u32::from_le_bytes(rng.bytes()?), requests: AtomicU64::new(0), is_https }))
    }

    fn request_id(&self) -> String {
        format!("{:08x}-{:x}", self.process, self.requests.fetch_add(1, Ordering::Relaxed))
    }
}

/// Wraps the handling of one request.
pub async fn wrap(State(envelope): State<Arc<Envelope>>, request: Request, next: Next) -> Response {
    let request_id = envelope.request_id();
    let line = tracing::enabled!(tracing::Level::DEBUG).then(|| RequestLine::of(&request));
    let mut response = match unpanicked(next.run(request)).await {
        Ok(response) => response,
        Err(_panic) => {
            let mut response = Dialect::Error.refuse(&INTERNAL);
            let panicked = Error::System("a handler panicked; the panic was logged where it happened".to_owned());
            response.extensions_mut().insert(Failed(Arc::new(panicked)));
            response
        }
    };
    if let Some(Failed(error)) = response.extensions_mut().remove::<Failed>() {
        tracing::error!(request_id, status = response.status().as_u16(), %error, "request failed");
    }
    if let Some(line) = line {
        line.log(&request_id, &response);
    }
    add_headers(&mut response, &request_id, envelope.is_https);
    response
}

fn add_headers(response: &mut Response, request_id: &str, is_https: bool) {
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, value);
    }
    // Every response here is about somebody (ASVS 14.3.2), and none is a page (ASVS 3.2.1, 3.4).
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    );
    if is_https {
        headers
            .insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000; includeSubDomains"));
    }
}

/// Polls `future` to its end, or to its panic.
async fn unpanicked<T>(future: impl Future<Output = T>) -> std::result::Result<T, Box<dyn Any + Send>> {
    let mut future = pin!(future);
    std::future::poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
}

/// What the log line of a request says of it: neither its query nor any header, which may hold a secret.
struct RequestLine {
    method: axum::http::Method,
    path: String,
    started: Instant,
}

impl RequestLine {
    fn of(request: &Request) -> Self {
        Self { method: request.method().clone(), path: request.uri().path().to_owned(), started: Instant::now() }
    }

    fn log(self, request_id: &str, response: &Response) {
        tracing::debug!(
            request_id,
            method = %self.method,
            path = ?self.path,
            status = response.status().as_u16(),
            microseconds = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX),
            "request"
        );
    }
}
