//! The middleware: request ids, the refusal of wrong hosts and cross-site requests, log lines, panics, and the response
//! headers of the group of routes.
//!
//! It is one function around the router. Each layer of a stack would cost as much as a lookup of a session.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::Poll,
    time::Duration,
};

use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use tower::ServiceExt as _;

use super::{
    api::{
        documents::DocumentedSite,
        problem::{ErrorCode, Problem},
    },
    cors,
    error_format::ErrorFormat,
    host::{HeadProblem, Hosts},
    legacy::error::{CROSS_SITE, MALFORMED_REQUEST, MISDIRECTED, URL_TOO_LONG},
    metrics::{MetricsService, RequestMetrics},
    mismatch::{Mismatch, MismatchKind, MismatchLimiter},
    origin::{self, is_cross_site, is_referred_cross_site},
    path_prefix::PathPrefix,
    request_log::{self, RequestLine},
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
    prefix: PathPrefix,
    index: Arc<RouteIndex>,
    /// `None` without a listener for metrics.
    metrics: Option<Arc<RequestMetrics>>,
}

impl HttpService {
    /// Creates the service with all routes of `app`.
    ///
    /// # Errors
    /// If the system has no random bits.
    pub fn new(app: &AppState) -> Result<Self> {
        let login = app.config.compat.enabled.then_some(app.config.compat.login);
        let prefix = PathPrefix::new(app.config.server.public_url.as_ref());
        let site = DocumentedSite { cookie: app.config.cookies.session.clone(), prefix: prefix.as_text().to_owned() };
        let groups = route_table::groups(site, login);
        let index = Arc::new(RouteIndex::new(&groups, &app.config));
        let metrics = app.config.metrics_listen.map(|_| Arc::new(RequestMetrics::new(&groups)));
        Ok(Self(Arc::new(Inner {
            app: Arc::clone(app),
            router: router::router(app, groups, &index),
            process: u32::from_le_bytes(app.rng.bytes()?),
            requests: AtomicU64::new(0),
            hosts: Hosts::new(&app.config.server),
            mismatches: MismatchLimiter::default(),
            prefix,
            index,
            metrics,
        })))
    }

    /// Returns the service for metrics, if a listener is configured.
    #[must_use]
    pub fn metrics(&self) -> Option<MetricsService> {
        self.0.metrics.as_ref().map(|requests| MetricsService::new(&self.0.app, requests))
    }

    /// Handles a request.
    pub async fn handle(&self, mut request: Request) -> Response {
        self.0.prefix.remove(request.uri_mut(), &self.0.index);
        let Some(metrics) = &self.0.metrics else { return self.answer(request).await };
        let measured = metrics.begin(request.method(), request.uri().path());
        let response = self.answer(request).await;
        measured.end(response.status());
        response
    }

    async fn answer(&self, mut request: Request) -> Response {
        let Inner { app, process, requests, prefix, mismatches, index, .. } = &*self.0;
        let request_id = RequestId { process: *process, number: requests.fetch_add(1, Ordering::Relaxed) };
        let Arrival { request_id, address, .. } = source::arrive(app, request_id, &mut request);
        let request_id = request_id.to_string();
        let line = tracing::enabled!(tracing::Level::DEBUG).then(|| RequestLine::of(&request, address));
        let uri = request.uri().clone();
        let rules = index.rules(uri.path());
        let listed = cors::listed(&app.config.server.cors_origins, request.headers());
        let lost_cookie = listed.and_then(|_| origin::lost_cookie(request.headers()));
        let (mut response, mismatch) = self.respond(request, rules.error_format, listed.is_some()).await;
        if let Some(Failed(error)) = response.extensions_mut().remove::<Failed>() {
            tracing::error!(request_id, status = response.status().as_u16(), %error, "request failed");
        }
        let problem = response.extensions_mut().remove::<Problem>();
        if response.status().is_client_error() {
            let code = problem.as_ref().map(|problem| problem.code().entry().word);
            request_log::refusal((&request_id, address), (response.status(), code), uri.path(), mismatch);
        }
        if let Some(problem) = problem {
            let problem = match &lost_cookie {
                Some(mismatch) => problem.explained(ErrorCode::NotSignedIn, mismatch.hint),
                None => problem,
            };
            problem.write(&mut response, (&request_id, prefix.as_text()));
        }
        if let Some(mismatch) = lost_cookie.filter(|_| response.headers().contains_key(header::SET_COOKIE)) {
            mismatches.may_log(MismatchKind::Cookie).then(|| request_log::lost_cookie(&request_id, &mismatch));
        }
        prefix.add(response.headers_mut());
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

    /// Rejects the request, or lets its handler respond. Returns the response, and what a rejected request was compared
    /// with.
    async fn respond(
        &self,
        request: Request,
        error_format: ErrorFormat,
        is_listed: bool,
    ) -> (Response, Option<Mismatch>) {
        let Inner { app, router, hosts, mismatches, index, .. } = &*self.0;
        if let Some(problem) = hosts.problem(&request) {
            let mismatch = mismatches.may_log(MismatchKind::Host).then(|| hosts.mismatch(&request, problem)).flatten();
            return (refuse_head(error_format, problem), mismatch);
        }
        if is_listed && cors::is_preflight(request.method(), request.headers()) {
            return (cors::preflight(), None);
        }
        if is_cross_site_change(app, index, &request) {
            let headers = request.headers();
            let mismatch = mismatches.may_log(MismatchKind::Origin).then(|| origin::mismatch(&app.config, headers));
            let problem = Problem::with_detail(ErrorCode::CrossSite, origin::hint(&app.config, headers));
            return (error_format.refuse_with(&CROSS_SITE, problem), mismatch);
        }
        let mismatch = rejected_preflight(app, &request, mismatches);
        let response = match unpanicked(router.clone().oneshot(request)).await {
            Ok(Ok(response)) => response,
            Err(_panic) => error_format.panicked(),
        };
        (response, mismatch)
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
