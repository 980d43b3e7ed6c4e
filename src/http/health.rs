//! For machines: is the process alive, can it serve, which release is it; and for operators, what is wrong with it.
//!
//! Invariant: what `?verbose` adds goes to nobody who comes from outside, by a proxy, or by a name that may be anybody's.

use std::time::Duration;

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, Version, header},
    response::Response,
};
use serde_json::json;

use doorward_server::{Peer, Unnamed};

use super::{
    client_address::is_forwarded, host::is_named_by_us, method::RouteMethod, response::one_text, route::Route,
    state::AppState,
};
use crate::{
    app::{App, ProbableProxy},
    model::{Finding, FindingState as Found, is_private, is_within},
    store::status,
};

/// How long the database may take to answer `/readyz`.
const READY: Duration = Duration::from_secs(1);

/// Returns the routes for machines.
pub fn routes() -> Vec<Route> {
    vec![
        Route::new(RouteMethod::Get, "/livez", livez),
        Route::new(RouteMethod::Get, "/readyz", readyz),
        Route::new(RouteMethod::Get, "/version", version),
    ]
}

/// `GET /livez`: the process answers.
async fn livez() -> Response {
    one_text(StatusCode::OK, "status", "alive")
}

/// `GET /readyz`: the database answers and its schema is as it should be. `?verbose`: and what else there is to say.
async fn readyz(State(app): State<AppState>, request: Request) -> Response {
    let is_ready = app.db.is_schema_ready() && status::ping(&app.db, READY).await.is_ok();
    let (status, word) =
        if is_ready { (StatusCode::OK, "ready") } else { (StatusCode::SERVICE_UNAVAILABLE, "unavailable") };
    if !may_see_all(&app, &request) {
        return one_text(status, "status", word);
    }
    let proxies = app.rate_limits.probable_proxies();
    let peer = request.extensions().get::<Peer>().map(|Peer(peer)| peer.ip().to_canonical());
    let mut findings = Vec::new();
    // What is probably a proxy passes on what strangers ask: it is told what to do about that, and no more.
    if !proxies.iter().any(|proxy| Some(proxy.address) == peer) {
        findings.extend(database(&app).await);
        findings.extend([hashing(&app), throttling(&app)]);
    }
    findings.extend(addresses(&proxies));
    let row =
        |finding: &Finding| json!({ "about": finding.about, "state": finding.state.word(), "detail": finding.detail });
    let checks: Vec<_> = findings.iter().map(row).collect();
    let mut response = Response::new(Body::from(json!({ "status": word, "checks": checks }).to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// `GET /version`
async fn version() -> Response {
    one_text(StatusCode::OK, "version", env!("CARGO_PKG_VERSION"))
}

/// Whether the request asks for everything, and comes straight from this machine or its network. Not from a trusted proxy,
/// which may pass on what strangers ask and add no header; nor by a name that is not known to be ours, which is how a
/// stranger's page has a browser in this network ask.
fn may_see_all(app: &App, request: &Request) -> bool {
    let query = request.uri().query().unwrap_or_default();
    let asks = query.split('&').any(|pair| pair == "verbose" || pair.starts_with("verbose="));
    let server = &app.config.server;
    let is_near = |Peer(peer): &Peer| is_private(peer.ip()) && !is_within(&server.trusted_proxies, peer.ip());
    // Some proxies speak HTTP/1.0 to those behind them, and add no header.
    asks && request.version() != Version::HTTP_10
        && request.extensions().get::<Peer>().is_some_and(is_near)
        && !is_forwarded(request.headers())
        && request.extensions().get::<Unnamed>().is_none()
        && is_named_by_us(request.headers(), server.public_url.as_ref())
}

async fn database(app: &App) -> Vec<Finding> {
    let database = match status::version(&app.db, READY).await {
        Ok(version) => Finding::new("database", Found::Ok, version),
        // Not the driver's own words, which name the server.
        Err(_) => return vec![Finding::new("database", Found::Wrong, "it does not answer")],
    };
    let schema = if app.db.is_schema_ready() {
        Finding::new("schema", Found::Ok, "up to date")
    } else {
        Finding::new("schema", Found::Wrong, "not migrated yet; the log says why")
    };
    let mut findings = vec![database, schema];
    if let Some(old) = &app.legacy {
        findings.push(match tokio::time::timeout(READY, old.table(&app.db)).await {
            Ok(Ok(table)) => Finding::new("old table", Found::Ok, format!("{} is there", table.name)),
            _ => Finding::new("old table", Found::Wrong, "it cannot be read, and every login needs it"),
        });
    }
    findings
}

fn hashing(app: &App) -> Finding {
    let pool = app.hasher.state();
    let waiting = pool.waiting.checking + pool.waiting.setting;
    let detail = format!("{} threads, {} at work, {waiting} requests waiting", pool.threads, pool.in_flight);
    match app.hasher.is_full() {
        None => Finding::new("hashing", Found::Ok, detail),
        Some(_) => Finding::new("hashing", Found::Weak, format!("{detail}; what comes now is refused")),
    }
}

fn throttling(app: &App) -> Finding {
    if app.config.throttle_enabled {
        Finding::new("throttling", Found::Ok, "on")
    } else {
        Finding::new(
            "throttling",
            Found::Weak,
            "off: anybody may guess at passwords without end; set throttle.enabled = true",
        )
    }
}

fn addresses(proxies: &[ProbableProxy]) -> Vec<Finding> {
    if proxies.is_empty() {
        return vec![Finding::new("addresses", Found::Ok, "no private address is that of many clients")];
    }
    proxies.iter().map(|proxy| Finding::new("addresses", Found::Weak, proxy.advice.clone())).collect()
}
