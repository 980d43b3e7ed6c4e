//! Section F of threats.md: permissions, and the routes that need no login.
//!
//! F1 is in `compat::bad_input`, F5 in `races`, F13 in `compat::switches` and below, F10 in `failures`.

use doorward_test_macros::async_test;
use std::{collections::BTreeSet, fs};

use axum::http::Method;
use doorward::http::readers;
use serde_json::json;

use crate::{
    architecture::{relative, rust_files},
    support::{self, Site},
};

const ADMINISTRATORS: &str = "SELECT COUNT(*) FROM dw_users WHERE role_id = 1 AND disabled_at IS NULL";

/// Every route, with the first account's identifier in place of a parameter.
fn routes() -> BTreeSet<(Method, String)> {
    let first = |path: String| path.replace("{id}", "1").replace("{session}", "1").replace("{name}", "admin");
    let method = |method: String| Method::from_bytes(method.as_bytes()).unwrap();
    support::routes().into_iter().map(|(name, path)| (method(name), first(path))).collect()
}

// F9, G23: the test tries every route without a login.
#[async_test]
async fn only_the_routes_on_this_list_are_reachable_without_a_login() {
    let site = Site::new().await;
    site.create("root", "admin").await;
    let mut open = BTreeSet::new();
    for (method, path) in routes() {
        let body = json!({ "username": format!("{method} {path}"), "password": "p" });
        let reply = site.anon().send(method.clone(), &path, Some(body)).await;
        let is_refused_by_login = path == "/login" && reply.status == 401;
        if !matches!(reply.status.as_u16(), 401 | 405) || is_refused_by_login {
            open.insert(format!("{method} {path}"));
        }
    }
    let allowed = [
        "GET /docs",
        "GET /livez",
        "GET /openapi.json",
        "GET /readyz",
        "GET /version",
        "POST /api/v1/sessions",
        "POST /api/v1/users",
        "POST /login",
        "POST /signup",
        "POST /user",
    ];
    assert_eq!(open, allowed.map(str::to_owned).into());
    assert_eq!(site.database.value(ADMINISTRATORS).await, "1");
}

// F9: the list above is complete only while all routes come from the route table.
#[test]
fn all_routes_are_in_one_table() {
    let mut found = BTreeSet::new();
    for file in rust_files(&["src"]) {
        let name = relative(&file);
        let code: String = fs::read_to_string(&file).unwrap().split_whitespace().collect();
        // A router, or anything that serves paths or runs before handlers.
        for call in [
            "Router::",
            "MethodRouter",
            "routing::",
            ".route(",
            ".merge(",
            "_service(",
            ".nest(",
            ".layer(",
            "route_layer(",
            ".fallback(",
            "_fallback(",
        ] {
            if code.contains(call) {
                found.insert(format!("{name} {call}"));
            }
        }
    }
    let allowed = [
        // The names of methods, and a route as data.
        "src/http/method.rs routing::",
        "src/http/route.rs routing::",
        "src/http/route.rs MethodRouter",
        // Methods without a route on a path whose `GET` changes state.
        "src/http/route.rs .fallback(",
        "src/http/router.rs Router::",
        "src/http/router.rs .route(",
        "src/http/router.rs .fallback(",
        "src/http/router.rs _fallback(",
    ];
    found.retain(|found| !allowed.iter().any(|allowed| found.starts_with(allowed)));
    assert_eq!(found, BTreeSet::new());
}

// F9: each description of an operation is in the table, so its handler is reachable and documented.
#[test]
fn every_operation_is_in_the_route_table() {
    let described: usize = rust_files(&["src/http/api"])
        .iter()
        .filter(|file| !relative(file).ends_with("api/operation.rs"))
        .map(|file| fs::read_to_string(file).unwrap().matches("..Operation::new(").count())
        .sum();
    let routes = readers::routes().into_iter().filter(|(_, path)| path.starts_with("/api/"));
    assert_eq!((described, readers::api_operations()), (29, 29));
    assert_eq!(routes.count(), described);
}

// F13: no public route creates an account, whatever the body.
#[async_test]
async fn with_sign_up_disabled_no_public_route_creates_an_account() {
    let site = Site::builder().set("signup.enabled", "false").start().await;
    for (method, path) in routes() {
        let body = json!({ "username": format!("{method} {path}"), "password": "a long enough password" });
        let reply = site.anon().send(method, &path, Some(body)).await;
        assert!(!reply.status.is_server_error());
    }
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "0");
}

// F4: a user can get neither a role nor an administrator's password.
#[async_test]
async fn a_user_cannot_make_themselves_or_others_administrators() {
    let site = Site::new().await;
    let (_root, mut ann) = (site.admin("root").await, site.user("ann").await);
    let grab = json!({ "username": "x", "password": "p", "role": "admin", "role_id": 1, "id": 2 });
    for (method, path) in routes() {
        // Logging out would make the remaining requests meaningless.
        if path != "/logout" && path != "/api/v1/sessions/current" {
            let mut ann = ann.clone();
            ann.send(method, &path, Some(grab.clone())).await;
        }
    }
    assert_eq!(ann.put("/user/update-password/2", grab).await.status, 200);
    assert_eq!(site.database.value(ADMINISTRATORS).await, "1");
    assert_eq!(site.database.value("SELECT role_id FROM dw_users WHERE name = 'ann'").await, "2");
}
