//! `doorward serve`, `doctor` and `healthcheck`.

use doorward_test_macros::async_test;
use serde_json::{Value, json};

use super::{Operator, one_line};
use crate::support::eventually;

#[async_test]
async fn serve_prints_its_settings() {
    let operator = Operator::new().await;
    let server = operator.program.serve();
    let address = server.web.address.to_string();
    let (status, printed) = server.stop();
    assert_eq!(status.code(), Some(0));
    let engine = if operator.database.is_sqlite() { "(SQLite 3." } else { "(M" };
    for said in [
        format!("Doorward {} listens on http://{address}\n", env!("CARGO_PKG_VERSION")),
        format!("database   {} {engine}", operator.database.url),
        "POST /login speaks signup-login".to_owned(),
        "any password of 1 to 1024 characters".to_owned(),
        "doorward user create NAME --role admin".to_owned(),
        "stopped\n".to_owned(),
    ] {
        assert!(printed.contains(&said), "{said} is not in:\n{printed}");
    }
    operator.creates("boss", "admin");
    let program = operator.program.clone().set("compat.login", "user-crud").set("compat.password_policy", "enforce");
    let (_, printed) = program.serve().stop();
    assert!(printed.contains("POST /login speaks user-crud"), "{printed}");
    assert!(printed.contains("passwords of at least 15 characters"), "{printed}");
    assert!(!printed.contains("no administrator yet") && !printed.contains("throttle.enabled"), "{printed}");
    let (_, printed) = program.set("throttle.enabled", "false").serve().stop();
    assert!(printed.contains("password guessing is not throttled (throttle.enabled = false)"), "{printed}");
}

#[async_test]
async fn healthcheck_queries_the_server() {
    let operator = Operator::new().await;
    let server = operator.program.serve();
    let address = server.web.address;
    let check = operator.program.clone().set("server.listen", &address.to_string());
    let ran = check.run(&["healthcheck"]);
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "ready\n", ""));
    // A server that listens on all addresses is checked on the loopback address.
    let everywhere = operator.program.clone().set("server.listen", &format!("0.0.0.0:{}", address.port()));
    assert_eq!(everywhere.run(&["healthcheck"]).code, 0);
    server.stop();
    let ran = check.run(&["healthcheck"]);
    assert!(one_line(&ran, 1).starts_with(&format!("error: {address} does not answer")), "{ran:?}");
}

#[async_test]
async fn healthcheck_distinguishes_ready_from_alive() {
    let operator = Operator::new().await;
    if operator.database.is_sqlite() {
        // Only a database server can be unavailable while the process runs.
        return;
    }
    let program = operator.program.set("database.url", "mysql://root@127.0.0.1:1/doorward");
    let server = program.serve();
    let ran = program.set("server.listen", &server.web.address.to_string()).run(&["healthcheck"]);
    assert_eq!(one_line(&ran, 1), format!("not ready: {} answers 503", server.web.address));
}

fn finding<'a>(findings: &'a Value, about: &str) -> &'a Value {
    findings.as_array().unwrap().iter().find(|finding| finding["about"] == about).unwrap()
}

/// `hash identify`, `doctor` and `serve` give one verdict for the same cost.
#[async_test]
async fn one_rule_judges_the_strength_of_hashes_everywhere() {
    let operator = Operator::new().await;
    operator.does(&["migrate", "up"]);
    for (memory, passes, strength) in [("8", "1", "weak"), ("7168", "3", "fair"), ("19456", "2", "strong")] {
        let keys = [("hashing.argon2_memory_kib", memory), ("hashing.argon2_iterations", passes)];
        let program = keys.into_iter().fold(operator.program.clone(), |program, (key, value)| program.set(key, value));
        let hash = format!(
            "$argon2id$v=19$m={memory},t={passes},p=1$c29tZXNhbHRzb21lc2FsdA$A0JymKsLhqHg2t+CN23QEyfVmirnGBKHmw5QmIooNag"
        );
        let identified = program.run(&["hash", "identify", "--json", "--", &hash]);
        assert_eq!(serde_json::from_str::<Value>(&identified.stdout).unwrap()["strength"], strength);
        let words = format!("new password hashes are {strength}: argon2id has m={memory} t={passes} p=1");
        let findings: Value = serde_json::from_str(&program.run(&["doctor", "--json"]).stdout).unwrap();
        let hashing = finding(&findings, "hashing");
        let (_, log) = program.serve().stop();
        let is_warned = strength != "strong";
        assert_eq!(hashing["state"], if is_warned { "weak" } else { "ok" }, "{hashing}");
        assert_eq!(hashing["detail"].as_str().unwrap().contains(&words), is_warned, "{hashing}");
        assert_eq!(log.contains(&words), is_warned, "{log}");
    }
}

#[async_test]
async fn doctor_reports_weak_and_wrong_settings() {
    let operator = Operator::new().await;
    operator.does(&["migrate", "up"]);
    let findings = operator.shows(&["doctor"]);
    for (about, state) in [
        ("database", "ok"),
        ("schema", "ok"),
        ("administrator", "weak"),
        ("hashing", "weak"),
        ("public_url", "weak"),
        ("old routes", "weak"),
        ("throttling", "ok"),
        ("secrets", "ok"),
    ] {
        assert_eq!(finding(&findings, about)["state"], json!(state), "{findings}");
    }
    assert!(finding(&findings, "secrets")["detail"].as_str().unwrap().ends_with("will be created at the first start"));
    operator.creates("boss", "admin");
    let program = operator
        .program
        .clone()
        .set("server.public_url", "https://accounts.example.com")
        .set("compat.password_policy", "enforce")
        .set("hashing.argon2_memory_kib", "19456")
        .set("hashing.argon2_iterations", "2");
    let findings: Value = serde_json::from_str(&program.run(&["doctor", "--json"]).stdout).unwrap();
    let addresses = finding(&findings, "addresses");
    assert_eq!(addresses["state"], "weak", "a proxy must terminate https, and no proxy is trusted");
    assert!(addresses["detail"].as_str().unwrap().contains("server.trusted_proxies = [\"127.0.0.1\"]"), "{addresses}");
    let program = program.set("server.trusted_proxies", "127.0.0.1");
    let ran = program.run(&["doctor", "--json"]);
    let findings: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert!(findings.as_array().unwrap().iter().all(|finding| finding["state"] == "ok"), "{findings}");
    let lines = program.run(&["doctor"]);
    assert!(lines.code == 0 && lines.stdout.lines().all(|line| line.starts_with("ok     ")), "{lines:?}");

    let ran = program.clone().set("throttle.enabled", "false").run(&["doctor", "--json"]);
    let findings: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.code, &finding(&findings, "throttling")["state"]), (0, &json!("weak")), "{findings}");

    // With another secrets file than the database's.
    drop(operator.program.serve().stop());
    let said = |program: &crate::support::Program| {
        let ran = program.run(&["doctor", "--json"]);
        let findings: Value = serde_json::from_str(&ran.stdout).unwrap();
        let secrets = finding(&findings, "secrets");
        (ran.code, secrets["state"].clone(), secrets["detail"].as_str().unwrap().to_owned())
    };
    let (code, state, detail) = said(&program);
    assert!(code == 0 && state == "ok" && detail.ends_with("matches this database"), "{detail}");
    let other = operator.database.folder().join("other.secrets");
    let (code, state, detail) = said(&program.clone().set("secrets.path", other.to_str().unwrap()));
    assert!(
        code == 1 && state == "wrong" && detail.contains("`throttle.1` is missing, and this database uses it"),
        "{detail}"
    );
    assert!(!other.exists(), "`doctor` must not create a file");

    // With a legacy table that is missing, and then exists.
    let linked = program.clone().set("adopt.from", "same");
    let ran = linked.run(&["doctor", "--json"]);
    let findings: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.code, &finding(&findings, "old table")["state"]), (1, &json!("wrong")), "{findings}");
    operator.database.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, username TEXT, password TEXT)").await;
    assert_eq!(linked.run(&["doctor"]).code, 0);

    // While a server runs, and without a database.
    let server = operator.program.serve();
    let beside = operator.program.clone().set("server.listen", &server.web.address.to_string());
    assert_eq!(beside.run(&["doctor"]).code, 0);
    let body = r#"{"username":"ann","password":"wrong"}"#;
    for number in 0..3 {
        let headers = format!("application/json\r\nX-Forwarded-For: 192.0.2.{number}");
        assert_eq!(server.web.clone().send_text("POST", "/login", &headers, body).unwrap().status, 401);
    }
    let line = "set server.trusted_proxies = [\"127.0.0.1\"]";
    let ran = beside.run(&["doctor"]);
    let addresses: Vec<_> = ran.stdout.lines().filter(|line| line.contains(" addresses ")).collect();
    assert!(ran.code == 0 && addresses.len() == 1, "{ran:?}");
    assert!(addresses[0].starts_with("weak") && addresses[0].contains(line), "{ran:?}");
    let (_, printed) = server.stop();
    let logged: Vec<_> = printed.lines().filter(|line| line.contains("a proxy is not configured correctly")).collect();
    assert_eq!(logged.len(), 1, "once, however many requests: {printed}");
    assert!(logged[0].replace('\\', "").contains(line), "{printed}");
    let away = operator.program.clone().set("database.url", "mysql://root@127.0.0.1:1/doorward");
    let ran = away.run(&["doctor", "--json"]);
    assert_eq!(ran.code, 1);
    let findings: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(finding(&findings, "database")["state"], json!("wrong"));
}

/// The client has the request id, and the operator finds the log line by it. This includes refusals without a handler.
#[async_test]
async fn refusals_of_the_contracts_routes_are_logged_with_the_request_id() {
    let operator = Operator::new().await;
    operator.creates("root", "admin");
    let server = operator.program.serve();
    let mut web = server.web.clone();
    let name_and_password = serde_json::json!({ "username": "root", "password": "wrong" });
    for (method, path, body, status) in [
        ("POST", "/login", Some(&name_and_password), 401),
        ("POST", "/signup", Some(&name_and_password), 409),
        ("POST", "/user", Some(&name_and_password), 400),
        ("GET", "/user/1", None, 401),
        ("GET", "/logout", None, 401),
        ("DELETE", "/user/1", None, 401),
        ("PUT", "/user/update-password/1", Some(&name_and_password), 401),
        ("PATCH", "/login", None, 405),
        ("GET", "/nowhere", None, 404),
    ] {
        let answer = web.send(method, path, body).unwrap();
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        let number = answer.header("x-request-id").unwrap();
        let line = eventually(path, || {
            server.printed().lines().find(|line| line.contains(number) && line.contains("refused")).map(str::to_owned)
        });
        assert!(line.contains(path) && line.contains(&status.to_string()), "{line}");
        assert!(!line.contains("wrong"), "{line}");
    }
}
