//! Browser headers of every response, and protection against cross-site requests, on every route.
//!
//! E8, E17, E19, E22 of threats.md and chapter 3 of ASVS. Invariant: a new route is tested without a change here.

use axum::http::{Method, header};
use doorward_test_macros::async_test;
use serde_json::json;

use crate::support::{Client, Reply, Site, routes};

fn all_routes() -> Vec<(Method, String)> {
    let concrete = |(method, path): (String, String)| {
        let path = path.replace("{id}", "1").replace("{session}", "1").replace("{name}", "admin");
        (Method::from_bytes(method.as_bytes()).unwrap(), path)
    };
    let mut all: Vec<_> = routes().into_iter().map(concrete).collect();
    assert!(all.len() > 40);
    // Unknown paths and methods have answers too.
    all.extend([(Method::GET, "/nowhere".to_owned()), (Method::PATCH, "/login".to_owned())]);
    all
}

// E22; ASVS 3.2.1, 3.4.1, 3.4.4 to 3.4.6, 4.1.1, 14.3.2
#[async_test]
async fn every_response_has_the_browser_headers() {
    for url in ["", "https://accounts.example.com"] {
        let site = Site::builder().set("server.public_url", url).start().await;
        let root = site.admin("root").await;
        for (method, path) in all_routes() {
            let what = format!("{method} {path}");
            let foreign = root.with_header("sec-fetch-site", "cross-site");
            let mut elsewhere = root.clone();
            elsewhere.host = "a b".to_owned();
            for mut client in [site.anon(), foreign, elsewhere, root.clone()] {
                let reply = client.send(method.clone(), &path, None).await;
                reply.assert_browser_headers(&what, !url.is_empty());
                if !reply.body.is_empty() {
                    let kind = reply.headers[header::CONTENT_TYPE].to_str().unwrap();
                    assert!(kind.starts_with("application/") || kind.ends_with("; charset=utf-8"), "{what}: {kind}");
                }
            }
        }
    }
}

async fn send_foreign(client: &Client, method: &Method, path: &str, name: &str, value: &str) -> Reply {
    let body = (*method != Method::GET).then(|| json!({ "username": "x", "password": "y" }));
    client.with_header(name, value).send(method.clone(), path, body).await
}

// E8, E17, E19, E20; ASVS 3.5.1 to 3.5.3
#[async_test]
async fn no_route_changes_anything_for_a_cross_site_request() {
    let site = Site::new().await;
    let root = site.admin("root").await;
    let token = root.cookie.clone().unwrap().replace("session=", "");
    let before = site.dump().await;
    for (method, path) in all_routes() {
        let changes = !matches!(method, Method::GET | Method::HEAD) || path == "/logout";
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
        ] {
            for client in [site.anon(), root.clone(), root.with_token(&token)] {
                let reply = send_foreign(&client, &method, &path, name, value).await;
                if changes {
                    assert_eq!(reply.status, 403, "{method} {path}: {}", reply.text());
                    if path.starts_with("/api/") {
                        reply.assert_problem(403, "cross_site");
                    }
                }
                assert!(reply.set_cookie().is_none(), "{method} {path}");
                let has_token = reply.text().contains(&token) || format!("{:?}", reply.headers).contains(&token);
                // The OpenAPI document has an example token.
                let shows_one = reply.text().contains("dws_") && path != "/openapi.json" && path != "/docs";
                assert!(!has_token && !shows_one, "{method} {path}");
            }
        }
    }
    assert_eq!(site.dump().await, before);
}
