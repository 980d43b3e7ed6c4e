//! J7, J8: the database is unavailable at the start or later. The process stays up and answers 503.
//!
//! Once the database is back, everything works again without a restart, and no session is lost. Most tests need MariaDB,
//! because an SQLite file does not become unavailable.

use doorward_test_macros::async_test;
use serde_json::json;

use super::proxy::Proxy;
use crate::support::{Database, Program, Server, TcpClient, eventually};

/// A database, a proxy to it, and the program behind the proxy; `None` on SQLite.
async fn behind_proxy() -> Option<(Database, Proxy, Program)> {
    let database = Database::new().await;
    if database.is_sqlite() {
        return None;
    }
    let proxy = Proxy::closed(&database.url);
    let program = Program::new(&database).set("database.url", &proxy.url(&database.url));
    Some((database, proxy, program.set("database.connections", "4")))
}

/// Asserts that every route that needs the database answers 503 in its error format, within the client's timeout.
fn assert_away(server: &Server, cookie: &str) {
    let mut web = server.web.clone();
    web.cookie = Some(cookie.to_owned());
    web.get("/livez").assert_json(200, json!({ "status": "alive" }));
    web.get("/readyz").assert_json(503, json!({ "status": "unavailable" }));
    let credentials = json!({ "username": "eve", "password": "any" });
    for (method, path, key) in [
        ("POST", "/signup", "error"),
        ("POST", "/login", "error"),
        ("POST", "/user", "message"),
        ("GET", "/user/1", "message"),
        ("GET", "/logout", "message"),
        ("PUT", "/user/update-password/1", "message"),
        ("DELETE", "/user/2", "message"),
    ] {
        let body = matches!(method, "POST" | "PUT").then_some(&credentials);
        let answer = web.clone().send(method, path, body).unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        answer.assert_json(503, json!({ key: "Failed to connect to the database" }));
        assert!(answer.header("retry-after").is_some(), "{method} {path}");
    }
    // A request without a session needs no query.
    server.web.clone().get("/user/1").assert_json(401, json!({ "message": "Unauthorized" }));
}

fn wait_until_ready(web: &TcpClient) {
    eventually("readiness", || web.clone().send("GET", "/readyz", None).ok().filter(|answer| answer.status == 200));
}

// J7
#[async_test]
async fn a_server_starts_without_its_database() {
    let Some((_database, proxy, program)) = behind_proxy().await else { return };
    let server = program.serve();
    let cookie = format!("session=dws_{}", "A".repeat(43));
    assert_away(&server, &cookie);
    proxy.open();
    wait_until_ready(&server.web);
    let mut ann = server.web.clone();
    ann.sign_up("ann", "the password").assert_json(201, json!({ "message": "User registered successfully" }));
    ann.log_in("ann", "the password").assert_json(200, json!({ "message": "Login successful" }));
    ann.get("/user/1").assert_json(200, json!({ "username": "ann" }));
    let (status, printed) = server.stop();
    assert_eq!(status.code(), Some(0));
    assert!(printed.contains("unreachable; retrying"), "{printed}");
}

/// A running server waits until the database is usable: here, until the operator migrates it.
#[async_test]
async fn a_server_waits_for_the_migration_of_a_late_database() {
    let Some((database, proxy, program)) = behind_proxy().await else { return };
    let server = program.set("database.migrate", "false").serve();
    assert_away(&server, &format!("session=dws_{}", "A".repeat(43)));
    proxy.open();
    let told = "not migrated yet";
    eventually("the log says what is missing", || server.printed().contains(told).then_some(()));
    assert_eq!(server.web.clone().get("/readyz").status, 503);
    assert_eq!(Program::new(&database).run(&["migrate", "up"]).code, 0);
    wait_until_ready(&server.web);
}

/// Secrets that do not match the database are also refused when the database becomes available after the start.
#[async_test]
async fn a_late_database_with_other_secrets_is_refused() {
    let Some((database, proxy, program)) = behind_proxy().await else { return };
    drop(Program::new(&database).serve().stop());
    let elsewhere = database.folder().join("elsewhere.secrets");
    let server = program.set("secrets.path", elsewhere.to_str().unwrap()).serve();
    let cookie = format!("session=dws_{}", "A".repeat(43));
    assert_away(&server, &cookie);
    proxy.open();
    eventually("the log says what is wrong", || server.printed().contains("`throttle.1` is not the key").then_some(()));
    assert_away(&server, &cookie);
    assert!(!elsewhere.exists(), "an unused key must not be left behind");
}

/// Doorward's own database is available. The lines at the start name the legacy database as unreachable.
#[async_test]
async fn a_server_starts_without_the_legacy_database() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let database = Database::new().await;
    let server = Program::new(&database).set("adopt.from", &format!("mysql://root@127.0.0.1:{port}/shop")).serve();
    wait_until_ready(&server.web);
    let refused = json!({ "error": "Failed to connect to the database" });
    server.web.clone().log_in("ann", "any").assert_json(503, refused);
    let (status, printed) = server.stop();
    assert_eq!(status.code(), Some(0));
    assert!(printed.contains("the legacy database is unreachable; retrying"), "{printed}");
    assert!(printed.contains("(adopt.from), which is unreachable; retrying"), "{printed}");
    assert!(!printed.contains("(unreachable; retrying)"), "{printed}");
}

#[async_test]
async fn a_server_starts_with_a_silent_database() {
    let Some((_database, proxy, program)) = behind_proxy().await else { return };
    proxy.stall(true);
    proxy.open();
    let server = program.set("database.timeout", "700ms").serve();
    assert_away(&server, &format!("session=dws_{}", "A".repeat(43)));
    proxy.stall(false);
    wait_until_ready(&server.web);
    server
        .web
        .clone()
        .sign_up("ann", "the password")
        .assert_json(201, json!({ "message": "User registered successfully" }));
}

// J7
#[async_test]
async fn a_server_recovers_when_the_database_returns() {
    let Some((_database, proxy, program)) = behind_proxy().await else { return };
    proxy.open();
    let server = program.serve();
    let mut ann = server.web.clone();
    ann.sign_up("ann", "the password");
    ann.log_in("ann", "the password");
    for _ in 0..2 {
        proxy.close();
        assert_away(&server, ann.cookie.as_ref().unwrap());
        proxy.open();
        wait_until_ready(&server.web);
        // The pool has all its connections, and the session is still valid.
        let many: Vec<_> = (0..16)
            .map(|_| {
                let mut ann = ann.clone();
                std::thread::spawn(move || ann.get("/user/1"))
            })
            .collect();
        for request in many {
            request.join().unwrap().assert_json(200, json!({ "username": "ann" }));
        }
    }
    ann.sign_up("bob", "the password").assert_json(201, json!({ "message": "User registered successfully" }));
    assert_eq!(server.stop().0.code(), Some(0));
}

// J8
#[async_test]
async fn a_server_recovers_from_a_silent_database() {
    let Some((_database, proxy, program)) = behind_proxy().await else { return };
    proxy.open();
    // Half the default, because a slow machine needs a part of the client's timeout.
    let server = program.set("database.timeout", "700ms").serve();
    let mut ann = server.web.clone();
    ann.sign_up("ann", "the password");
    ann.log_in("ann", "the password");
    proxy.stall(true);
    assert_away(&server, ann.cookie.as_ref().unwrap());
    // More requests than connections: none of them may keep a connection.
    let many: Vec<_> = (0..12)
        .map(|_| {
            let mut ann = ann.clone();
            std::thread::spawn(move || ann.send("GET", "/user/1", None))
        })
        .collect();
    for request in many {
        request.join().unwrap().unwrap().assert_json(503, json!({ "message": "Failed to connect to the database" }));
    }
    proxy.stall(false);
    wait_until_ready(&server.web);
    for _ in 0..12 {
        ann.get("/user/1").assert_json(200, json!({ "username": "ann" }));
    }
    ann.sign_up("bob", "the password").assert_json(201, json!({ "message": "User registered successfully" }));
    assert_eq!(server.stop().0.code(), Some(0));
}

#[async_test]
async fn broken_connections_are_replaced() {
    let Some((_database, proxy, program)) = behind_proxy().await else { return };
    proxy.open();
    let server = program.serve();
    let mut ann = server.web.clone();
    ann.sign_up("ann", "the password");
    ann.log_in("ann", "the password");
    for _ in 0..5 {
        proxy.cut();
        let answer = eventually("an answer other than 503", || {
            let answer = ann.send("GET", "/user/1", None).unwrap();
            assert!(matches!(answer.status, 200 | 503), "{answer:?}");
            (answer.status == 200).then_some(answer)
        });
        answer.assert_json(200, json!({ "username": "ann" }));
    }
}

#[async_test]
async fn stopping_does_not_wait_for_an_unavailable_database() {
    let Some((_database, proxy, program)) = behind_proxy().await else { return };
    let server = program.serve();
    let (status, printed) = server.stop();
    assert_eq!(status.code(), Some(0), "{printed}");
    drop(proxy);
}
