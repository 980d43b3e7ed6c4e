//! Section F of threats.md: permissions, and the routes that need no login.
//!
//! F1 is in `compat::bad_input`, F5 in `races`, F13 in `compat::switches` and below, F10 in `failures`.

use doorward_test_macros::async_test;
use std::{collections::BTreeSet, fs};

use axum::http::Method;
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

// F9: the list above is complete only while that table is the one place where routes are made.
#[test]
fn all_routes_are_in_one_table() {
    let mut tables = Vec::new();
    for file in rust_files(&["src"]) {
        let name = relative(&file);
        let code: String = fs::read_to_string(&file).unwrap().split_whitespace().collect();
        let count = |call: &str| code.matches(call).count();
        // Calls that serve paths, or wrap handlers, outside the table.
        for call in ["_service(", ".nest(", ".layer(", ".route_layer("] {
            assert_eq!(count(call), 0, "{name}: {call}");
        }
        // A method can also be called by its path, without a dot.
        assert_eq!(count("Router::"), count("Router::new()"), "{name}");
        if count(".route(") > 0 {
            tables.push(name);
            // The fallbacks of `/logout` and of unknown paths.
            assert_eq!(count(".fallback("), 2);
            assert_eq!(count("_fallback("), 1);
            let merged = code.split(".merge(").skip(1).collect::<Vec<_>>();
            let is_of_the_table =
                |rest: &&str| rest.starts_with("with_error_format(") || rest.starts_with("api_routes()");
            assert!(merged.iter().all(is_of_the_table), "{merged:?}");
        } else {
            for call in ["Router::new()", ".merge(", ".fallback(", "_fallback("] {
                assert_eq!(count(call), 0, "{name}: {call}");
            }
        }
    }
    assert_eq!(tables, ["src/http/router.rs"]);
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
