//! The framing of a body: its size, its type, its encoding, and the method of its request.

use axum::http::{Method, header};
use doorward_test_macros::async_test;
use serde_json::json;

use super::{JSON, LIMIT, all_refuse, every_route, everything};
use crate::support::Site;

// G8, G18
#[async_test]
async fn a_body_of_more_than_64_kib_is_refused_with_any_declared_length() {
    for (site, routes) in &mut every_route().await {
        let before = everything(site).await;
        for route in routes {
            let text = route.valid_body(&json!({})).to_string();
            let body = text.clone() + &" ".repeat(LIMIT + 1 - text.len());
            route.send(JSON, body.clone()).await.assert_refused(413, route.key);
            for length in ["65537", "4294967297", "18446744073709551615"] {
                let headers = [("content-type", "application/json"), ("content-length", length)];
                route.send_with(&headers, body.clone()).await.assert_refused(413, route.key);
            }
            // A length that is too small or unreadable does not evade the limit.
            for length in ["10", "99999999999999999999", "-1", "x"] {
                let headers = [("content-type", "application/json"), ("content-length", length)];
                route.send_with(&headers, body.clone()).await.assert_refused(413, route.key);
            }
        }
        assert_eq!(everything(site).await, before);
    }
}

#[async_test]
async fn a_body_of_exactly_64_kib_is_read() {
    let site = Site::new().await;
    let text = json!({ "username": "new", "password": "p" }).to_string();
    let body = text.clone() + &" ".repeat(LIMIT - text.len());
    site.anon()
        .send_raw(Method::POST, "/signup", JSON, body)
        .await
        .assert_json(201, json!({ "message": "User registered successfully" }));
}

#[async_test]
async fn another_content_type_is_refused() {
    let body = json!({ "username": "new", "password": "p" }).to_string().into_bytes();
    let others = [
        None,
        Some(""),
        Some("text/plain"),
        Some("text/json"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data; boundary=x"),
        Some("application/jsonx"),
        Some("application/json/x"),
        Some("application/xml"),
        Some("application/json, text/plain"),
        Some("text/plain; application/json"),
        Some("application/json; charset=utf-16"),
        Some("application/json; charset=iso-8859-1"),
        Some("application/json; charset=utf-8; charset=utf-7"),
        Some("application/json; charset = utf-16"),
        Some("application/json;charset =\"utf-16\""),
    ];
    for content_type in others {
        all_refuse(415, content_type, std::slice::from_ref(&body)).await;
    }
}

#[async_test]
async fn json_is_accepted_under_its_usual_names() {
    for content_type in [
        "application/json",
        "Application/JSON",
        "application/json;charset=utf-8",
        "application/json; charset=\"UTF-8\"",
        "application/problem+json",
    ] {
        let site = Site::new().await;
        let body = json!({ "username": "new", "password": "p" }).to_string();
        let reply = site.anon().send_raw(Method::POST, "/signup", Some(content_type), body).await;
        assert_eq!(reply.status, 201, "{content_type}");
    }
}

// G7: a compressed body is refused unread.
#[async_test]
async fn a_compressed_body_and_two_content_types_are_refused() {
    let json_type = ("content-type", "application/json");
    for (site, routes) in &mut every_route().await {
        let before = everything(site).await;
        for route in routes {
            let body = route.valid_body(&json!({})).to_string();
            for encoding in ["gzip", "br", "deflate", "zstd", "gzip, gzip", "GZIP", "identity, gzip"] {
                let reply = route.send_with(&[json_type, ("content-encoding", encoding)], body.clone()).await;
                reply.assert_refused(415, route.key);
            }
            for second in ["text/plain", "application/json"] {
                let reply = route.send_with(&[json_type, ("content-type", second)], body.clone()).await;
                reply.assert_refused(415, route.key);
            }
        }
        assert_eq!(everything(site).await, before);
    }
}

#[async_test]
async fn a_wrong_method_changes_nothing() {
    for (site, routes) in &mut every_route().await {
        let before = everything(site).await;
        for route in routes {
            for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY"] {
                if method == route.method.as_str() {
                    continue;
                }
                let method = Method::from_bytes(method.as_bytes()).unwrap();
                let body = route.valid_body(&json!({})).to_string();
                let reply = route.client.send_raw(method.clone(), route.path, JSON, body).await;
                assert_eq!(reply.status, 405, "{method} {}", route.path);
                assert_eq!(reply.headers[header::ALLOW], route.method.as_str());
                if method != Method::HEAD {
                    reply.assert_refused(405, route.key);
                }
            }
        }
        assert_eq!(everything(site).await, before);
    }
}
