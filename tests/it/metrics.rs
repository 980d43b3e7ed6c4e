//! `/metrics`: the numbers agree with what was done, labels are bounded, and the dashboard and the alert rules name only
//! metrics that exist.

use std::{collections::BTreeSet, fs, net::SocketAddr};

use doorward_test_macros::async_test;
use serde_json::{Value, json};

use crate::{
    architecture::root,
    support::{
        Database, Program,
        program::{Server, eventually},
        tcp_client::TcpClient,
    },
};

/// A server with a listener for metrics, and a client of that listener.
fn serve(program: &Program) -> (Server, TcpClient) {
    let server = program.clone().set("metrics.listen", "127.0.0.1:0").serve();
    let address = || -> Option<SocketAddr> {
        let printed = server.printed();
        let line = printed.lines().find(|line| line.contains("metrics    http://"))?;
        line.trim().strip_prefix("metrics    http://")?.strip_suffix("/metrics")?.parse().ok()
    };
    let metrics = TcpClient::new(eventually("the address of the metrics", address));
    (server, metrics)
}

fn text(metrics: &TcpClient) -> String {
    let reply = metrics.clone().get("/metrics");
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("text/plain; version=0.0.4; charset=utf-8")));
    reply.body
}

/// The value of the sample `series`, written as in the text.
fn value(text: &str, series: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?;
    Some(line.parse().unwrap())
}

/// Waits until the text, which is sent for a quarter of a second, has this value.
fn becomes(metrics: &TcpClient, series: &str, expected: f64) {
    eventually(series, || (value(&text(metrics), series) == Some(expected)).then_some(()));
}

#[async_test]
async fn requests_and_logins_are_counted() {
    let database = Database::new().await;
    let program = Program::new(&database);
    let created = program.run_with_input(&["user", "create", "ann", "--password-stdin"], b"the password of ann");
    assert_eq!(created.code, 0, "{created:?}");
    let (server, metrics) = serve(&program);
    let mut web = server.web.clone();
    assert_eq!(web.log_in("ann", "wrong").status, 401);
    assert_eq!(web.log_in("nobody", "wrong").status, 401);
    assert_eq!(web.log_in("ann", "the password of ann").status, 200);
    for id in ["1", "2", "canary"] {
        web.get(&format!("/user/{id}"));
    }
    for path in ["/canary-1", "/canary-2", "/api/v1/canary", "/api/v1/users/canary/canary"] {
        assert_eq!(web.get(path).status, 404);
    }
    assert_eq!(web.get("/livez").status, 200);
    assert_eq!(web.send("DELETE", "/login", None).unwrap().status, 405);
    web.post("/api/v1/sessions", &json!({ "name": "ann", "password": "the password of ann", "token": "body" }));
    web.cookie = None;
    assert_eq!(web.get("/api/v1/users/me").status, 401);

    becomes(&metrics, "doorward_http_requests_total{method=\"GET\",route=\"/api/v1/users/me\",status=\"401\"}", 1.0);
    let text = text(&metrics);
    for (series, expected) in [
        ("doorward_logins_total{outcome=\"success\"}", 2.0),
        ("doorward_logins_total{outcome=\"wrong_credentials\"}", 2.0),
        ("doorward_logins_total{outcome=\"failed\"}", 0.0),
        ("doorward_sessions_opened_total", 2.0),
        ("doorward_http_requests_total{method=\"POST\",route=\"/login\",status=\"401\"}", 2.0),
        ("doorward_http_requests_total{method=\"POST\",route=\"/login\",status=\"200\"}", 1.0),
        ("doorward_http_requests_total{method=\"GET\",route=\"/livez\",status=\"200\"}", 1.0),
        ("doorward_http_requests_total{method=\"\",route=\"\",status=\"404\"}", 4.0),
        ("doorward_http_requests_total{method=\"\",route=\"\",status=\"405\"}", 1.0),
        ("doorward_http_request_duration_seconds_count{method=\"POST\",route=\"/login\"}", 3.0),
        ("doorward_http_request_duration_seconds_bucket{method=\"POST\",route=\"/login\",le=\"+Inf\"}", 3.0),
        ("doorward_http_requests_in_flight", 0.0),
        ("doorward_audit_events_total{event=\"authn_login_fail\",outcome=\"refused\",reason=\"unknown_name\"}", 1.0),
        ("doorward_audit_events_total{event=\"authn_login_fail\",outcome=\"refused\",reason=\"wrong_password\"}", 1.0),
        ("doorward_hash_threads", 2.0),
        ("doorward_hash_waiting{purpose=\"checking\"}", 0.0),
        ("doorward_database_connections{state=\"limit\"}", 16.0),
        ("doorward_log_lines_dropped_total", 0.0),
    ] {
        assert_eq!(value(&text, series), Some(expected), "{series}\n{text}");
    }
    assert!(value(&text, "doorward_hash_jobs_total{outcome=\"done\"}").unwrap() >= 4.0);
    assert!(
        value(&text, "doorward_http_request_duration_seconds_sum{method=\"POST\",route=\"/login\"}").unwrap() > 0.0
    );
    assert!(text.contains("doorward_http_requests_total{method=\"GET\",route=\"/user/{id}\",status="));
    // No value of a request becomes a label.
    assert!(!text.contains("canary") && !text.contains("ann"), "{text}");
    becomes(&metrics, "doorward_database_up", 1.0);
}

#[async_test]
async fn sessions_that_end_are_counted() {
    let database = Database::new().await;
    let program = Program::new(&database);
    let created = program.run_with_input(&["user", "create", "ann", "--password-stdin"], b"the password of ann");
    assert_eq!(created.code, 0);
    let (server, metrics) = serve(&program);
    let mut ann = server.web.clone();
    ann.log_in("ann", "the password of ann");
    server.web.clone().log_in("ann", "the password of ann");
    // The second session replaces nothing, because its client has no cookie of the first.
    let body = json!({ "current_password": "the password of ann", "new_password": "another password of ann" });
    let changed = ann.send("PUT", "/api/v1/users/me/password", Some(&body)).unwrap();
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(ann.send("POST", "/logout", None).unwrap().status, 200);
    becomes(&metrics, "doorward_sessions_ended_total", 2.0);
    becomes(&metrics, "doorward_sessions_opened_total", 2.0);
}

#[async_test]
async fn the_listener_serves_metrics_alone_and_the_public_one_has_none() {
    let database = Database::new().await;
    let (server, metrics) = serve(&Program::new(&database));
    assert_eq!(server.web.clone().get("/metrics").status, 404);
    for path in ["/", "/livez", "/login", "/api/v1/users/me", "/metrics/"] {
        assert_eq!(metrics.clone().get(path).status, 404, "{path}");
    }
    assert_eq!(metrics.clone().send("POST", "/metrics", None).unwrap().status, 405);
    let (status, _) = server.stop();
    assert_eq!(status.code(), Some(0));
    assert!(metrics.send_once("/metrics").is_none(), "the listener must end with the server");
}

#[async_test]
async fn metrics_are_off_by_default() {
    let database = Database::new().await;
    let server = Program::new(&database).serve();
    let (status, printed) = server.stop();
    assert!(status.success() && !printed.contains("/metrics"), "{printed}");
}

/// The names of metrics in `text`, without the suffixes of histograms.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let own = words.filter(|word| word.starts_with("doorward_") || word.starts_with("process_"));
    own.map(|word| {
        let histogram = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| word.strip_suffix(suffix));
        histogram.filter(|name| name.ends_with("_seconds")).unwrap_or(word).to_owned()
    })
    .collect()
}

#[async_test]
async fn the_document_the_dashboard_and_the_rules_name_the_metrics_that_exist() {
    let database = Database::new().await;
    let (_server, metrics) = serve(&Program::new(&database));
    let text = text(&metrics);
    let exist: BTreeSet<_> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next().map(str::to_owned)).collect();
    assert!(exist.len() > 20, "{exist:?}");
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let documented: BTreeSet<_> =
        read("docs/metrics.md").lines().filter(|line| line.starts_with("| `")).flat_map(names_of_row).collect();
    assert_eq!(documented, exist, "docs/metrics.md must list every metric");
    for path in ["deploy/grafana/doorward.json", "deploy/prometheus/doorward.yml"] {
        let named = names(&read(path));
        assert!(named.len() > 8 && named.is_subset(&exist), "{path}: {:?}", named.difference(&exist));
    }
    // The dashboard shows every metric.
    let dashboard: Value = serde_json::from_str(&read("deploy/grafana/doorward.json")).unwrap();
    let shown: BTreeSet<_> =
        dashboard["panels"].as_array().unwrap().iter().flat_map(|panel| names(&panel.to_string())).collect();
    let missing: Vec<_> = exist.difference(&shown).collect();
    assert!(missing.is_empty(), "the dashboard lacks {missing:?}");
}

/// The names in the first cell of a row.
fn names_of_row(line: &str) -> BTreeSet<String> {
    names(line.split('|').nth(1).unwrap_or_default())
}

#[async_test]
async fn scrapes_in_a_loop_are_answered_and_slow_nobody() {
    let database = Database::new().await;
    let (server, metrics) = serve(&Program::new(&database));
    let scrapers: Vec<_> = (0..4)
        .map(|_| {
            let metrics = metrics.clone();
            std::thread::spawn(move || {
                (0..100).all(|_| metrics.send_once("/metrics").is_some_and(|reply| reply.status == 200))
            })
        })
        .collect();
    for _ in 0..20 {
        assert_eq!(server.web.clone().get("/livez").status, 200);
    }
    assert!(scrapers.into_iter().all(|scraper| scraper.join().unwrap()));
}
