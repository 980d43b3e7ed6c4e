//! E21: pages of other origins may send credentials only if `server.cors_origins` lists the origin exactly.

use axum::http::{Method, header};
use doorward_test_macros::async_test;
use serde_json::json;

use crate::support::{Client, Reply, Site, routes};

const APP: &str = "https://app.example.com";
const OWN: &str = "https://accounts.example.com";

async fn site() -> Site {
    Site::builder()
        .set("server.public_url", OWN)
        .set("server.cors_origins", "https://app.example.com, http://localhost:3000")
        .start()
        .await
}

fn names_of_cors(reply: &Reply) -> Vec<&str> {
    let names = reply.headers.keys().map(header::HeaderName::as_str);
    names.filter(|name| name.starts_with("access-control-")).collect()
}

async fn preflight(client: &Client, path: &str, origin: &str) -> Reply {
    let client = client.with_header("origin", origin).with_header("sec-fetch-site", "cross-site");
    let mut client = client.with_header("access-control-request-method", "POST");
    client.send(Method::OPTIONS, path, None).await
}

fn all_paths() -> impl Iterator<Item = (Method, String)> {
    routes().into_iter().map(|(method, path)| {
        let path = path.replace("{id}", "1").replace("{session}", "1").replace("{name}", "admin");
        (Method::from_bytes(method.as_bytes()).unwrap(), path)
    })
}

const FOREIGN: [&str; 13] = [
    "null",
    "",
    "*",
    "https://evil.example",
    "http://app.example.com",
    "https://app.example.com:8443",
    "https://app.example.com/",
    "https://APP.example.com",
    "https://app.example.com.evil.example",
    "https://evil-app.example.com",
    "https://x.app.example.com",
    "https://example.com",
    "https://app.example.com https://evil.example",
];

// E21
#[async_test]
async fn no_origin_is_allowed_by_default() {
    let site = Site::new().await;
    let root = site.admin("root").await;
    // `/logout` is left out because it would end the session.
    for (method, path) in all_paths().filter(|(_, path)| path != "/logout") {
        for origin in [APP, "null", "http://127.0.0.1:5000"] {
            let reply = root.with_header("origin", origin).send(method.clone(), &path, None).await;
            assert!(names_of_cors(&reply).is_empty(), "{method} {path}: {:?}", reply.headers);
            let reply = preflight(&root, &path, origin).await;
            assert!(names_of_cors(&reply).is_empty() && !reply.status.is_success(), "{path}: {}", reply.status);
        }
    }
}

// E21
#[async_test]
async fn an_origin_that_is_not_listed_is_not_allowed() {
    let site = site().await;
    let root = site.admin("root").await;
    let before = site.dump().await;
    for origin in FOREIGN {
        for (method, path) in all_paths() {
            let reply = root.with_header("origin", origin).send(method.clone(), &path, None).await;
            assert!(names_of_cors(&reply).is_empty(), "{origin:?} {method} {path}: {:?}", reply.headers);
            assert_eq!(reply.headers[header::VARY], "Authorization, Cookie, Origin");
            if method != Method::GET && method != Method::HEAD || path == "/logout" {
                assert_eq!(reply.status, 403, "{origin:?} {method} {path}");
            }
        }
        let reply = preflight(&root, "/api/v1/users", origin).await;
        assert!(names_of_cors(&reply).is_empty() && !reply.status.is_success(), "{origin:?}");
    }
    // Two `Origin` headers count as an unknown origin.
    let reply = preflight(&root.with_header("origin", APP), "/api/v1/users", APP).await;
    assert!(names_of_cors(&reply).is_empty());
    let mut twice = root.with_header("origin", APP).with_header("origin", "https://evil.example");
    assert_eq!(twice.post("/signup", json!({})).await.status, 403);
    assert_eq!(site.dump().await, before);
}

// E21
#[async_test]
async fn a_page_of_a_listed_origin_may_send_requests_and_read_answers() {
    let site = site().await;
    site.create("ann", "user").await;
    for origin in [APP, "http://localhost:3000"] {
        for path in ["/login", "/user", "/api/v1/sessions", "/nowhere"] {
            let reply = preflight(&site.anon(), path, origin).await;
            assert_eq!(reply.status, 204);
            assert!(reply.body.is_empty() && reply.set_cookie().is_none());
            assert_eq!(reply.headers[header::ACCESS_CONTROL_ALLOW_METHODS], "GET, POST, PUT, PATCH, DELETE");
            let allowed = reply.headers[header::ACCESS_CONTROL_ALLOW_HEADERS].to_str().unwrap();
            for name in ["content-type", "authorization", "idempotency-key", "if-match"] {
                assert!(allowed.split(", ").any(|word| word == name), "{name}");
            }
            assert_eq!(reply.headers[header::ACCESS_CONTROL_MAX_AGE], "7200");
            is_allowed(&reply, origin);
        }
        for from in ["cross-site", "same-site"] {
            let page = site.anon().with_header("origin", origin).with_header("sec-fetch-site", from);
            let reply = page.clone().log_in("ann", "the password of ann").await;
            assert_eq!(reply.status, 200, "{}", reply.text());
            is_allowed(&reply, origin);
            // The page may read refusals too.
            let reply = page.clone().log_in("ann", "wrong").await;
            assert_eq!(reply.status, 401);
            is_allowed(&reply, origin);
            is_allowed(&page.clone().get("/api/v1/users/me").await, origin);
        }
    }
    // Pages of Doorward's own origin need no CORS headers.
    let own = site.anon().with_header("origin", OWN).log_in("ann", "the password of ann").await;
    assert_eq!(own.status, 200);
    assert!(names_of_cors(&own).is_empty());
}

#[track_caller]
fn is_allowed(reply: &Reply, origin: &str) {
    assert_eq!(reply.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], origin);
    assert_eq!(reply.headers[header::ACCESS_CONTROL_ALLOW_CREDENTIALS], "true");
    assert_eq!(reply.headers[header::VARY], "Authorization, Cookie, Origin");
    assert!(reply.headers[header::ACCESS_CONTROL_EXPOSE_HEADERS].to_str().unwrap().contains("etag"));
    assert_eq!(reply.headers.get_all(header::ACCESS_CONTROL_ALLOW_ORIGIN).iter().count(), 1);
}
