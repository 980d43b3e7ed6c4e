//! `docs/contracts/signup-login.md`, row by row.
//!
//! Other requests to these routes are in `bad_input`. Every row here has the status and the whole body of the contract.
//! Invariant: a test names the row or the ⚑ sentence that it checks.

use axum::http::{Method, header};
use doorward_test_macros::async_test;
use serde_json::{Value, json};

use crate::support::{
    Database, Site,
    full_pool::{PATIENT, fill},
};

const REQUIRED: &str = "Username and password are required";

fn ann() -> Value {
    json!({ "username": "user123", "password": "mypassword" })
}

/// Every body in which one of the two values is missing, null or empty.
fn incomplete() -> Vec<Value> {
    let mut bodies = vec![json!({}), json!({ "username": null, "password": null })];
    for (present, absent) in [("username", "password"), ("password", "username")] {
        bodies.push(json!({ present: "user123" }));
        bodies.push(json!({ present: "user123", absent: null }));
        bodies.push(json!({ present: "user123", absent: "" }));
    }
    bodies
}

#[async_test]
async fn signs_up_and_logs_in() {
    let site = Site::new().await;
    let mut client = site.anon();
    let ann = json!({ "username": "user123", "password": "mypassword" });
    client.post("/signup", ann.clone()).await.assert_json(201, json!({ "message": "User registered successfully" }));
    let reply = client.post("/login", ann).await;
    reply.assert_json(200, json!({ "message": "Login successful" }));
    assert!(reply.set_cookie().unwrap().starts_with("session=dws_"));
    client.get("/user/1").await.assert_json(200, json!({ "username": "user123" }));
}

#[async_test]
async fn sign_up_gives_the_role_user_and_no_session() {
    let site = Site::new().await;
    let reply = site.anon().post("/signup", ann()).await;
    assert!(reply.set_cookie().is_none());
    let roles = "SELECT r.name FROM dw_users u JOIN dw_roles r ON r.id = u.role_id";
    assert_eq!(site.database.value(roles).await, "user");
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_sessions").await, "0");
}

#[async_test]
async fn sign_up_and_login_require_both_values() {
    let site = Site::new().await;
    site.anon().post("/signup", ann()).await;
    for path in ["/signup", "/login"] {
        for body in incomplete() {
            site.anon().post(path, body).await.assert_json(400, json!({ "error": REQUIRED }));
        }
    }
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "1");
}

#[async_test]
async fn a_taken_name_is_a_conflict_in_any_spelling() {
    let site = Site::new().await;
    let mut client = site.anon();
    client.post("/signup", ann()).await;
    for name in ["user123", "USER123", " user123 ", "ｕｓｅｒ１２３"] {
        let again = json!({ "username": name, "password": "another password" });
        client.post("/signup", again).await.assert_json(409, json!({ "error": "Username already exists" }));
    }
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "1");
    // The first password is still valid.
    client.post("/login", ann()).await.assert_json(200, json!({ "message": "Login successful" }));
}

#[async_test]
async fn an_unknown_name_and_a_wrong_password_are_refused_alike() {
    let site = Site::new().await;
    site.anon().post("/signup", ann()).await;
    for (name, password) in [("nobody", "mypassword"), ("user123", "my password"), ("user123", "mypassword ")] {
        let reply = site.anon().log_in(name, password).await;
        reply.assert_json(401, json!({ "error": "Invalid username or password" }));
        assert!(reply.set_cookie().is_none());
    }
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_sessions").await, "0");
}

#[async_test]
async fn login_finds_a_name_in_any_spelling() {
    let site = Site::new().await;
    site.anon().post("/signup", ann()).await;
    for name in ["User123", "  user123", "ＵＳＥＲ123"] {
        site.anon().log_in(name, "mypassword").await.assert_json(200, json!({ "message": "Login successful" }));
    }
}

#[async_test]
async fn a_name_is_stored_as_typed() {
    let site = Site::new().await;
    let mut client = site.anon();
    client.post("/signup", json!({ "username": "Ann Lee Ünal 木村 🦀", "password": "p" })).await;
    client.log_in("ann lee ünal 木村 🦀", "p").await;
    client.get("/user/1").await.assert_json(200, json!({ "username": "Ann Lee Ünal 木村 🦀" }));
}

// ⚑ "Unknown fields are ignored, and never given a meaning."
#[async_test]
async fn unknown_fields_are_ignored() {
    let site = Site::new().await;
    let mut body = ann();
    body["remember"] = json!({ "me": [1, 2.5, null, true] });
    site.anon()
        .post("/signup", body.clone())
        .await
        .assert_json(201, json!({ "message": "User registered successfully" }));
    site.anon().post("/login", body).await.assert_json(200, json!({ "message": "Login successful" }));
}

// "by default these routes accept any password of 1 to 1024 code points"
#[async_test]
async fn any_password_of_1_to_1024_code_points_is_accepted() {
    let site = Site::new().await;
    let passwords = ["x".to_owned(), "password".to_owned(), " ".repeat(15), "\0\t".to_owned(), "🦀".repeat(1024)];
    for (number, password) in passwords.iter().enumerate() {
        let body = json!({ "username": format!("user {number}"), "password": password });
        site.anon()
            .post("/signup", body.clone())
            .await
            .assert_json(201, json!({ "message": "User registered successfully" }));
        site.anon().post("/login", body).await.assert_json(200, json!({ "message": "Login successful" }));
    }
    let too_long = json!({ "username": "longest", "password": "x".repeat(1025) });
    site.anon().post("/signup", too_long).await.assert_refused(400, "error");
}

// ⚑ "other method: 405 with `Allow`"
#[async_test]
async fn only_post_is_allowed() {
    let site = Site::new().await;
    for path in ["/signup", "/login"] {
        for method in [Method::GET, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS] {
            let reply = site.anon().send(method, path, Some(ann())).await;
            reply.assert_refused(405, "error");
            assert_eq!(reply.headers[header::ALLOW], "POST", "{path}");
        }
    }
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "0");
}

// ⚑ The hash pool is full: 503 with `Retry-After`.
#[async_test]
async fn a_full_hash_pool_is_503_with_retry_after() {
    let site = Site::builder().set(PATIENT.0, PATIENT.1).start().await;
    site.anon().post("/signup", ann()).await;
    let mut full = fill(&site).await;
    let new = json!({ "username": "new", "password": "mypassword" });
    for (path, body) in [("/login", ann()), ("/signup", new)] {
        full.top_up().await;
        let reply = site.anon().post(path, body).await;
        reply.assert_refused(503, "error");
        let after: u64 = reply.headers[header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
        assert!(after >= 1);
    }
    drop(full);
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "1");
}

// ⚑ "database not reachable: 503 {"error": "Failed to connect to the database"}"
#[async_test]
async fn an_unavailable_database_is_503() {
    let mut away = Database::new().await;
    // No server listens on port 1. The engine of the run does not matter here.
    away.url = "mysql://somebody:secret@127.0.0.1:1/nowhere".to_owned();
    let site = Site::builder().database(away).start_unmigrated().await;
    for path in ["/signup", "/login"] {
        let reply = site.anon().post(path, ann()).await;
        reply.assert_json(503, json!({ "error": "Failed to connect to the database" }));
        assert!(reply.headers.contains_key(header::RETRY_AFTER));
    }
}
