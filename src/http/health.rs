//! The routes for machines: `/livez`, `/readyz` and `/version`; for operators, `/readyz?verbose` lists problems.
//!
//! Invariant: the list of `?verbose` is never sent to a client outside the network, through a proxy, or under a foreign
//! host name.

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
    client_address::is_forwarded, host::is_own_host, method::RouteMethod, response::one_text, route::Route,
    state::AppState,
};
use crate::{
    app::{App, LegacyLink, ProxyWarning, Purpose, RecentFailures},
    model::{Finding, FindingState as Found, is_private, is_within},
    ops::secrets,
    store::status,
};

/// The longest wait for the database.
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

/// `GET /readyz`: whether the database answers, its schema is ready, and the legacy table is fit for the configured use. `?verbose` adds the findings of all checks.
async fn readyz(State(app): State<AppState>, request: Request) -> Response {
    let is_linked = app.legacy.as_ref().is_none_or(|legacy| match legacy.link() {
        LegacyLink::Fit => true,
        LegacyLink::Unchecked => !legacy.write_back,
        LegacyLink::Refused(_) => false,
    });
    let is_ready = is_linked && app.db.is_schema_ready() && write_lasts(&app).await;
    let (status, word) =
        if is_ready { (StatusCode::OK, "ready") } else { (StatusCode::SERVICE_UNAVAILABLE, "unavailable") };
    if !may_see_all(&app, &request) {
        return one_text(status, "status", word);
    }
    let proxies = app.proxy_detection.warnings();
    let peer = request.extensions().get::<Peer>().map(|Peer(peer)| peer.ip().to_canonical());
    let mut findings = Vec::new();
    // A probable proxy may forward the requests of strangers, so it gets only the advice about itself.
    if !proxies.iter().any(|proxy| Some(proxy.address) == peer) {
        findings.extend(database(&app).await);
        findings.extend([hashing(&app), throttling(&app), logins(&app), log(&app)]);
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

/// Returns whether the request asks for the findings, and comes directly from this machine or its network. A trusted proxy
/// may forward strangers without a header. A page of a stranger can make a browser in this network send a request, but
/// only under a host name that is not Doorward's.
fn may_see_all(app: &App, request: &Request) -> bool {
    let query = request.uri().query().unwrap_or_default();
    let asks = query.split('&').any(|pair| pair == "verbose" || pair.starts_with("verbose="));
    let server = &app.config.server;
    let is_near = |Peer(peer): &Peer| is_private(peer.ip()) && !is_within(&server.trusted_proxies, peer.ip());
    // Some proxies send HTTP/1.0 without any header of a proxy.
    asks && request.version() != Version::HTTP_10
        && request.extensions().get::<Peer>().is_some_and(is_near)
        && !is_forwarded(request.headers())
        && request.extensions().get::<Unnamed>().is_none()
        && is_own_host(request.headers(), server)
}

/// Returns whether a write would last, and this node has the secrets that the database needs. The log states the reason
/// if not.
async fn write_lasts(app: &App) -> bool {
    let outcome = async {
        status::write_lasts(&app.db, &app.rng, READY).await?;
        match app.secrets.file() {
            Some(_) => secrets::look(app, &[Purpose::Throttle, Purpose::Pepper]).await,
            None => Ok(None),
        }
    };
    match outcome.await {
        Ok(None) => true,
        Ok(Some(problem)) => {
            tracing::warn!(problem, "not ready");
            false
        }
        Err(error) => {
            tracing::warn!(%error, "not ready");
            false
        }
    }
}

async fn database(app: &App) -> Vec<Finding> {
    let database = match status::version(&app.db, READY).await {
        Ok(_) if app.db.is_schema_ready() && !write_lasts(app).await => {
            Finding::new("database", Found::Wrong, "a write would not last; the log says why")
        }
        Ok(version) => Finding::new("database", Found::Ok, version),
        // The driver's message would name the server.
        Err(_) => return vec![Finding::new("database", Found::Wrong, "it does not answer")],
    };
    let schema = if app.db.is_schema_ready() {
        Finding::new("schema", Found::Ok, "up to date")
    } else {
        Finding::new("schema", Found::Wrong, "not migrated yet; the log says why")
    };
    let mut findings = vec![database, schema];
    if let Some(old) = &app.legacy {
        findings.push(match tokio::time::timeout(READY, old.search(&app.db)).await {
            Ok(Ok(table)) if let LegacyLink::Refused(reason) = old.link() => {
                Finding::new("old table", Found::Wrong, format!("{}: {reason}", table.name))
            }
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
        Some(_) => Finding::new("hashing", Found::Weak, format!("{detail}; new logins are rejected")),
    }
}

fn throttling(app: &App) -> Finding {
    if app.config.throttle_enabled {
        Finding::new("throttling", Found::Ok, "on")
    } else {
        Finding::new("throttling", Found::Weak, "off: password guessing is not throttled; set throttle.enabled = true")
    }
}

fn logins(app: &App) -> Finding {
    let RecentFailures { count, is_alert } = app.failure_watch.recent(app.clock.now());
    match is_alert {
        false => Finding::new("logins", Found::Ok, format!("{count} failed in the last five minutes")),
        true => Finding::new(
            "logins",
            Found::Weak,
            format!(
                "{count} failed in the last five minutes; `doorward audit top --since 10m` shows who and from where"
            ),
        ),
    }
}

fn log(app: &App) -> Finding {
    match app.dropped_lines.count() {
        0 => Finding::new("log", Found::Ok, "no line was dropped"),
        lines => {
            Finding::new("log", Found::Weak, format!("{lines} lines were dropped; the reader of the log is too slow"))
        }
    }
}

fn addresses(proxies: &[ProxyWarning]) -> Vec<Finding> {
    if proxies.is_empty() {
        return vec![Finding::new("addresses", Found::Ok, "no proxy is missing in the configuration")];
    }
    proxies.iter().map(|proxy| Finding::new("addresses", Found::Weak, proxy.advice.clone())).collect()
}
