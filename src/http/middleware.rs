//! The middleware: request ids, the refusal of wrong hosts and cross-site requests, log lines, panics, and the response
//! headers of the group of routes.
//!
//! It is one function around the router. Each layer of a stack would cost as much as a lookup of a session.

use std::{
    any::Any,
    net::IpAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use tower::ServiceExt as _;

use super::{
    api::problem::{ErrorCode, Problem},
    cookie, cors,
    error_format::ErrorFormat,
    host::{HeadProblem, Hosts},
    legacy::error::{CROSS_SITE, MALFORMED_REQUEST, MISDIRECTED, URL_TOO_LONG},
    mismatch::{Mismatch, MismatchKind, MismatchLimiter},
    origin::{self, is_cross_site, is_referred_cross_site},
    response::Failed,
    route_table::{self, RouteIndex},
    router,
    source::{self, Arrival},
    state::AppState,
};
use crate::{Result, model::RequestId};

/// The delay of 429 and 503 with `Retry-After`. In a storm, hundreds of clients that repeat at once would take the
/// cores from other clients.
const HOLD: Duration = Duration::from_millis(50);

/// The most characters of a path in the log.
const SHOWN: usize = 200;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The entry of every request.
#[derive(Clone)]
pub struct HttpService(Arc<Inner>);

struct Inner {
    app: AppState,
    router: Router,
    /// Random, so that the request ids of different processes differ.
    process: u32,
    requests: AtomicU64,
    hosts: Hosts,
    mismatches: MismatchLimiter,
    index: Arc<RouteIndex>,
}

impl HttpService {
    /// Creates the service with all routes of `app`.
    ///
    /// # Errors
    /// If the system has no random bits.
    pub fn new(app: &AppState) -> Result<Self> {
        let login = app.config.compat.enabled.then_some(app.config.compat.login);
        let groups = route_table::groups(cookie::name(&app.config), login);
        let index = Arc::new(RouteIndex::new(&groups, &app.config));
        Ok(Self(Arc::new(Inner {
            app: Arc::clone(app),
            router: router::router(app, groups, &index),
            process: u32::from_le_bytes(app.rng.bytes()?),
            requests: AtomicU64::new(0),
            hosts: Hosts::new(app.config.server.public_url.as_ref()),
            mismatches: MismatchLimiter::default(),
            index,
        })))
    }

    /// Handles a request.
    pub async fn handle(&self, mut request: Request) -> Response {
        let Inner { app, router, process, requests, hosts, mismatches, index } = &*self.0;
        let request_id = RequestId { process: *process, number: requests.fetch_add(1, Ordering::Relaxed) };
        let Arrival { request_id, address, .. } = source::arrive(app, request_id, &mut request);
        let request_id = request_id.to_string();
        let line = tracing::enabled!(tracing::Level::DEBUG).then(|| RequestLine::of(&request, address));
        let uri = request.uri().clone();
        let rules = index.rules(uri.path());
        let error_format = rules.error_format;
        let listed = cors::listed(&app.config.server.cors_origins, request.headers());
        let mut mismatch = None;
        let mut response = if let Some(problem) = hosts.problem(&request) {
            mismatch = mismatches.may_log(MismatchKind::Host).then(|| hosts.mismatch(&request, problem)).flatten();
            refuse_head(error_format, problem)
        } else if listed.is_some() && cors::is_preflight(request.method(), request.headers()) {
            cors::preflight()
        } else if is_cross_site_change(app, index, &request) {
            mismatch =
                mismatches.may_log(MismatchKind::Origin).then(|| origin::mismatch(&app.config, request.headers()));
            error_format.refuse(&CROSS_SITE, ErrorCode::CrossSite)
        } else {
            mismatch = rejected_preflight(app, &request, mismatches);
            match unpanicked(router.clone().oneshot(request)).await {
                Ok(Ok(response)) => response,
                Err(_panic) => error_format.panicked(),
            }
        };
        if let Some(Failed(error)) = response.extensions_mut().remove::<Failed>() {
            tracing::error!(request_id, status = response.status().as_u16(), %error, "request failed");
        }
        let problem = response.extensions_mut().remove::<Problem>();
        if response.status().is_client_error() {
            let code = problem.as_ref().map(|problem| problem.code().entry().word);
            log_refusal((&request_id, address), (response.status(), code), uri.path(), mismatch);
        }
        if let Some(problem) = problem {
            problem.write(&mut response, &request_id);
        }
        if let Some(line) = line {
            line.log(&request_id, &response);
        }
        add_headers(&mut response, &rules.headers, request_id);
        if let Some(origin) = listed {
            cors::allow(origin, &mut response);
        }
        let is_sent_away = matches!(response.status(), StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS);
        if is_sent_away && response.headers().contains_key(header::RETRY_AFTER) {
            tokio::time::sleep(HOLD).await;
        }
        response
    }
}

/// Returns whether another site caused a request that changes state. The check is here, so that no handler can omit it.
fn is_cross_site_change(app: &AppState, index: &RouteIndex, request: &Request) -> bool {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let is_get_unsafe = index.is_get_unsafe(request.uri().path());
    let headers = request.headers();
    (!is_safe || is_get_unsafe) && is_cross_site(&app.config, headers)
        || is_safe && is_get_unsafe && is_referred_cross_site(&app.config, headers)
}

/// Refuses a request with an invalid head, and closes the connection, because the next request may be invalid too.
fn refuse_head(error_format: ErrorFormat, problem: HeadProblem) -> Response {
    let (refusal, code) = match problem {
        HeadProblem::Malformed => (&MALFORMED_REQUEST, ErrorCode::MalformedRequest),
        HeadProblem::UrlTooLong => (&URL_TOO_LONG, ErrorCode::UrlTooLong),
        HeadProblem::Misdirected => (&MISDIRECTED, ErrorCode::Misdirected),
    };
    let mut response = error_format.refuse(refusal, code);
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Returns what a preflight of an origin that is not listed was compared with. The router rejects the request.
fn rejected_preflight(app: &AppState, request: &Request, mismatches: &MismatchLimiter) -> Option<Mismatch> {
    let is_rejected = cors::is_preflight(request.method(), request.headers());
    (is_rejected && mismatches.may_log(MismatchKind::Preflight))
        .then(|| cors::mismatch(&app.config.server.cors_origins, request.headers()))
}

/// Writes the one line of a rejected request; a failure has a line already. Of the request's values it contains only the
/// path, and the bounded values of a comparison.
fn log_refusal(
    (request_id, address): (&str, Option<IpAddr>),
    (status, code): (StatusCode, Option<&str>),
    path: &str,
    mismatch: Option<Mismatch>,
) {
    let address = address.map(tracing::field::display);
    let path = shown(path);
    let (received, expected) = mismatch.map(|Mismatch { received, expected }| (received, expected)).unzip();
    let (received, expected) = (received.map(tracing::field::debug), expected.map(tracing::field::debug));
    let status = status.as_u16();
    tracing::info!(request_id, address, code, status, ?path, received, expected, "request refused");
}

/// Returns the beginning of a path, so that long paths do not fill the log.
fn shown(path: &str) -> &str {
    path.char_indices().nth(SHOWN).and_then(|(end, _)| path.get(..end)).unwrap_or(path)
}

/// Adds the headers of the group. The response's own headers win.
fn add_headers(response: &mut Response, common: &HeaderMap, request_id: String) {
    let own = std::mem::replace(response.headers_mut(), common.clone());
    let headers = response.headers_mut();
    headers.extend(own);
    if let Ok(value) = HeaderValue::try_from(request_id) {
        headers.insert(REQUEST_ID, value);
    }
}

/// Polls `future` until it ends or panics.
async fn unpanicked<T>(future: impl Future<Output = T>) -> std::result::Result<T, Box<dyn Any + Send>> {
    let mut future = pin!(future);
    std::future::poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
        Err(panic) => Poll::Ready(Err(panic)),
    })
    .await
}

/// The values of a request for its log line: neither the query nor headers, which may contain secrets.
struct RequestLine {
    method: Method,
    path: String,
    address: Option<IpAddr>,
    started: Instant,
}

impl RequestLine {
    fn of(request: &Request, address: Option<IpAddr>) -> Self {
        let path = shown(request.uri().path()).to_owned();
        Self { method: request.method().clone(), path, address, started: Instant::now() }
    }

    fn log(self, request_id: &str, response: &Response) {
        tracing::debug!(
            request_id,
            address = self.address.map(tracing::field::display),
            method = %self.method,
            path = ?self.path,
            status = response.status().as_u16(),
            microseconds = u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX),
            "request"
        );
    }
}
