//! Problems: their form, and their list in `docs/errors.md`. `UPDATE_DOCS=1` regenerates the file.

use doorward_test_macros::async_test;
use std::fs;

use axum::http::{Method, header};
use doorward::http::errors_reference;
use serde_json::Value;

use crate::{
    architecture::root,
    support::{Reply, Site},
};

/// Asserts that `reply` is a problem with this code, complete as RFC 9457 requires, with its request id.
#[track_caller]
pub fn is_problem(reply: &Reply, status: u16, code: &str) -> Value {
    reply.assert_problem(status, code)
}

#[test]
fn the_document_of_errors_matches_the_catalogue() {
    let path = root().join("docs/errors.md");
    let expected = errors_reference();
    if std::env::var_os("UPDATE_DOCS").is_some_and(|wish| wish == "1") {
        fs::write(&path, &expected).unwrap();
        return;
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), expected, "run the tests with UPDATE_DOCS=1");
}

#[async_test]
async fn an_unknown_path_of_the_api_is_a_problem() {
    let site = Site::new().await;
    for path in ["/api/v1/", "/api/v1/nothing", "/api/v1/users/a/b/c/d", "/api/v2/users", "/api/v1/%00", "/api/v1/%ff"]
    {
        is_problem(&site.anon().get(path).await, 404, "not_found");
    }
    // Paths outside the API keep the error format of the contracts.
    for path in ["/", "/apiary", "/openapi.jso", "/docs/"] {
        site.anon().get(path).await.assert_refused(404, "error");
    }
    site.anon().get("/user/1/2").await.assert_refused(404, "message");
}

#[async_test]
async fn another_method_is_a_problem_with_the_allowed_methods() {
    let site = Site::builder().set("compat.enabled", "false").start().await;
    for path in ["/openapi.json", "/docs"] {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS, Method::TRACE] {
            let reply = site.anon().send(method, path, None).await;
            is_problem(&reply, 405, "method_not_allowed");
            assert_eq!(reply.headers[header::ALLOW], "GET,HEAD");
        }
    }
}

// E17
#[async_test]
async fn a_cross_site_request_is_a_problem_before_any_other() {
    let site = Site::new().await;
    let mut client = site.anon().with_header("sec-fetch-site", "cross-site");
    for path in ["/api/v1/users", "/api/v1/nothing", "/docs"] {
        let reply = client.send(Method::POST, path, None).await;
        is_problem(&reply, 403, "cross_site");
    }
    assert_eq!(client.get("/docs").await.status, 200);
}

#[async_test]
async fn no_detail_repeats_values_of_the_request() {
    let site = Site::new().await;
    let json = is_problem(&site.anon().get("/api/v1/canary?canary=canary").await, 404, "not_found");
    assert!(!json.to_string().contains("canary"));
}

#[async_test]
async fn every_problem_of_the_page_has_an_anchor() {
    let site = Site::new().await;
    let page = site.anon().get("/docs").await.text();
    let document = site.anon().get("/openapi.json").await.json();
    let codes = document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"].as_array().unwrap().clone();
    assert!(codes.len() > 25);
    for code in codes {
        assert!(page.contains(&format!("<section id={code}>")), "{code}");
    }
}
