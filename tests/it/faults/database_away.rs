//! J7, J8: the database is away, at the start or later: the process stays up, says 503 in the words of each contract,
//! and all is well again when the database is back, without a restart and without a session lost.
//!
//! MariaDB alone, but for the old application's database: SQLite's file does not go away.

use doorward_test_macros::async_test;
use serde_json::json;

use super::proxy::Proxy;
use crate::support::{Database, Program, Server, TcpClient, eventually};

/// A proxy to a database of the test's own, and the program behind it; `None` on SQLite.
async fn behind_proxy() -> Option<(Database, Proxy, Program)> {
    let database = Database::new().await;
    if database.is_sqlite() {
        return None;
    }
    let proxy = Proxy::closed(&database.url);
    let program = Program::new(&database).set("database.url", &proxy.url(&database.url));
    Some((database, proxy, program.set("database.connections", "4")))
}

/// Every route that needs the database says that it is away, in its own dialect and within the client's patience.
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
    // Who sends no session is told so without a question to the database.
    server.web.clone().get("/user/1").assert_json(401, json!({ "message": "Unauthorized" }));
}

fn wait_until_ready(web: &TcpClient) {
    eventually("readiness", || web.clone().send("GET", "/readyz", None).ok().filter(|answer| answer.status == 200));
}

// J7
#[async_test]
async fn away_at_start() {
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

/// Whatever stands in the way once the server is up is waited for: here, that somebody migrates.
#[async_test]
async fn away_at_start_and_not_migrated_when_it_comes() {
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

/// What would be refused at the start is refused when the database comes, too: nobody is served with secrets that are not
/// those of the database.
#[async_test]
async fn away_at_start_and_used_with_other_secrets_when_it_comes() {
    let Some((database, proxy, program)) = behind_proxy().await else { return };
    drop(Program::new(&database).serve().stop());
    let elsewhere = database.folder().join("elsewhere.secrets");
    let server = program.set("secrets.path", elsewhere.to_str().unwrap()).serve();
    let cookie = format!("session=dws_{}", "A".repeat(43));
    assert_away(&server, &cookie);
    proxy.open();
    eventually("the log says what is wrong", || server.printed().contains("`throttle.1` is another key").then_some(()));
    assert_away(&server, &cookie);
    assert!(!elsewhere.exists(), "a key that is nobody's is left behind");
}

/// Doorward's own database is up, on either engine, and the lines at start say which one is not.
#[async_test]
async fn the_old_applications_database_is_away_at_start() {
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
async fn silent_at_start() {
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
async fn gone_and_back_while_running() {
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
        // The pool is whole and the session is still there.
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
async fn silent_and_back_while_running() {
    let Some((_database, proxy, program)) = behind_proxy().await else { return };
    proxy.open();
    // Half of the default, so that a slow machine is not mistaken for a slow program.
    let server = program.set("database.timeout", "700ms").serve();
    let mut ann = server.web.clone();
    ann.sign_up("ann", "the password");
    ann.log_in("ann", "the password");
    proxy.stall(true);
    assert_away(&server, ann.cookie.as_ref().unwrap());
    // More requests than there are connections: none of them may keep one.
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
async fn connections_that_break_are_replaced() {
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
async fn stopping_does_not_wait_for_a_database_that_is_away() {
    let Some((_database, proxy, program)) = behind_proxy().await else { return };
    let server = program.serve();
    let (status, printed) = server.stop();
    assert_eq!(status.code(), Some(0), "{printed}");
    drop(proxy);
}
