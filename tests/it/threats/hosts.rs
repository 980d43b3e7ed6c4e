//! G14: the host in a request never appears in a link, a cookie or a redirect. With a public URL, a request for another
//! host is rejected.

use axum::body::Body;
use axum::http::{Method, Request, header};
use doorward_test_macros::async_test;
use serde_json::json;

use crate::support::{Client, Reply, Site, routes};

const URL: &str = "https://accounts.example.com";

async fn site() -> Site {
    Site::builder().set("server.public_url", URL).start().await
}

async fn ask(client: &Client, method: &str, path: &str, host: &str) -> Reply {
    let mut client = client.clone();
    client.host = host.to_owned();
    client.send(Method::from_bytes(method.as_bytes()).unwrap(), path, None).await
}

// G14: on every route of the table.
#[async_test]
async fn a_request_for_another_host_is_refused_on_every_route() {
    let site = site().await;
    let root = site.admin("root").await;
    let before = site.dump().await;
    for (method, path) in routes() {
        let path = path.replace("{id}", "1").replace("{session}", "1").replace("{name}", "admin");
        for host in ["evil.example", "127.0.0.1:5000", "accounts.example.com.evil.example", "accounts.example.com:80"] {
            let reply = ask(&root, &method, &path, host).await;
            if path == "/livez" || path == "/readyz" {
                assert_eq!(reply.status, 200, "{path}");
                continue;
            }
            assert_eq!(reply.status, 421, "{method} {path} {host}: {}", reply.text());
            assert!(reply.set_cookie().is_none() && !reply.text().contains("evil"));
            if path.starts_with("/api/") && method != "HEAD" {
                reply.assert_problem(421, "misdirected");
            }
        }
    }
    assert_eq!(site.dump().await, before);
    ask(&root, "POST", "/signup", "evil.example").await.assert_refused(421, "error");
    ask(&root, "GET", "/user/1", "evil.example").await.assert_refused(421, "message");
    ask(&root, "GET", "/nowhere", "evil.example").await.assert_refused(421, "error");
}

// G14
#[async_test]
async fn the_host_may_be_written_in_any_equivalent_form() {
    let site = site().await;
    for host in ["accounts.example.com", "ACCOUNTS.example.com", "accounts.example.com:443"] {
        assert_eq!(ask(&site.anon(), "GET", "/version", host).await.status, 200, "{host}");
    }
    for host in ["accounts.example.com.", "accounts.example.com:8443", "example.com", "xaccounts.example.com"] {
        assert_eq!(ask(&site.anon(), "GET", "/version", host).await.status, 421, "{host}");
    }
    let other = Site::builder().set("server.public_url", "http://[::1]:8080").start().await;
    assert_eq!(ask(&other.anon(), "GET", "/version", "[::1]:8080").await.status, 200);
    assert_eq!(ask(&other.anon(), "GET", "/version", "[::1]").await.status, 421);
    assert_eq!(ask(&other.anon(), "GET", "/version", "[::1]:80").await.status, 421);
}

// G14: with or without a public URL, no other header determines the host.
#[async_test]
async fn no_proxy_header_changes_the_own_host() {
    let forged = [
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-port", "1"),
        ("x-forwarded-prefix", "/evil"),
        ("x-original-url", "/evil"),
        ("x-rewrite-url", "/evil"),
        ("forwarded", "host=evil.example;proto=http"),
    ];
    for site in [site().await, Site::new().await] {
        site.create("ann", "user").await;
        let plain = site.anon().log_in("ann", "the password of ann").await;
        let client = forged.iter().fold(site.anon(), |client, (name, value)| client.with_header(name, value));
        let reply = client.clone().log_in("ann", "the password of ann").await;
        let attributes = |reply: &Reply| {
            let cookie = reply.set_cookie().unwrap();
            let (name, rest) = cookie.split_once('=').unwrap();
            (name.to_owned(), rest.split_once(';').unwrap().1.to_owned())
        };
        assert_eq!(attributes(&reply), attributes(&plain));
        for path in ["/", "/login", "/docs", "/openapi.json", "/api/v1/users", "/version", "/nowhere"] {
            let reply = client.clone().get(path).await;
            let headers = format!("{:?}", reply.headers);
            assert!(!headers.contains("evil") && !reply.text().contains("evil"), "{path}: {headers}");
            assert!(!reply.status.is_redirection());
            let without = site.anon().get(path).await;
            assert_eq!(
                (reply.status, reply.headers.get(header::STRICT_TRANSPORT_SECURITY)),
                (without.status, without.headers.get(header::STRICT_TRANSPORT_SECURITY))
            );
        }
    }
    let site = site().await;
    let mut client = site.admin("root").await.with_header("x-forwarded-host", "accounts.example.com");
    client.host = "evil.example".to_owned();
    client.post("/api/v1/users", json!({ "name": "new" })).await.assert_problem(421, "misdirected");
}

// G14: a request with two hosts: one in the target, one in `Host`.
#[async_test]
async fn a_target_with_another_host_is_refused() {
    let site = site().await;
    for (target, status) in [("https://evil.example/version", 400), ("https://accounts.example.com/version", 200)] {
        let request = Request::builder().uri(target).body(Body::empty()).unwrap();
        assert_eq!(site.anon().send_request(request).await.status, status, "{target}");
    }
}
