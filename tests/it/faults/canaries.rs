//! B15: canary secrets. The tests make passwords, tokens, stored hashes and the database's password recognisable.
//!
//! They send them through every path that could leak them, at the finest log level, and search all output for them.

use doorward_test_macros::async_test;
use mysql_async::prelude::Queryable as _;
use serde_json::json;

use crate::support::{Database, Program, Server, TcpClient};

const PASSWORD: &str = "canary-password-one";
const CHANGED: &str = "canary-password-two";
const MISTYPED: &str = "canary-password-three";
const HASH: &str = "$argon2id$v=19$canary-hash";
const DATABASE_PASSWORD: &str = "canary-database";

/// The URL of `database`, with a password if the engine has passwords.
async fn url_with_password(database: &Database) -> String {
    if database.is_sqlite() {
        return database.url.clone();
    }
    let name = database.url.rsplit('/').next().unwrap();
    let mut connection = mysql_async::Conn::from_url(&database.url).await.unwrap();
    for sql in [
        format!("CREATE USER '{name}'@'%' IDENTIFIED BY '{DATABASE_PASSWORD}'"),
        format!("GRANT ALL ON {name}.* TO '{name}'@'%'"),
    ] {
        connection.query_drop(sql).await.unwrap();
    }
    connection.disconnect().await.unwrap();
    database.url.replace("root@", &format!("{name}:{DATABASE_PASSWORD}@"))
}

/// Sends passwords in every right and wrong way. Returns all tokens.
fn send_secrets(server: &Server) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut ann = server.web.clone();
    ann.sign_up("ann", PASSWORD).assert_json(201, json!({ "message": "User registered successfully" }));
    assert_eq!(ann.sign_up("ann", PASSWORD).status, 409);
    assert_eq!(ann.log_in("ann", PASSWORD).status, 200);
    tokens.push(token_of(&ann));
    assert_eq!(ann.log_in("ann", MISTYPED).status, 401);
    assert_eq!(server.web.clone().log_in("nobody", MISTYPED).status, 401);
    // A password typed into the field of the name.
    assert_eq!(server.web.clone().log_in(MISTYPED, MISTYPED).status, 401);
    let change = json!({ "password": CHANGED });
    assert_eq!(ann.send("PUT", "/user/update-password/1", Some(&change)).unwrap().status, 200);
    assert_eq!(ann.send("PUT", "/user/update-password/99", Some(&change)).unwrap().status, 401);
    for (method, path) in [("POST", "/login"), ("POST", "/signup"), ("POST", "/user")] {
        for body in [
            format!("{{\"username\": \"ann\", \"password\": \"{PASSWORD}\""),
            format!("{{\"username\": \"ann\", \"password\": [\"{PASSWORD}\"]}}"),
            format!("{{\"username\": \"ann\", \"password\": \"{PASSWORD}\", \"password\": \"{CHANGED}\"}}"),
            format!("{{\"username\": [], \"password\": \"{PASSWORD}\"}}"),
            format!("\"{PASSWORD}\""),
            PASSWORD.repeat(100),
        ] {
            let answer = ann.send_text(method, path, "application/json", &body).unwrap();
            assert_eq!(answer.status, 400, "{method} {path} {body}");
            assert!(!answer.body.contains("canary"), "{}", answer.body);
        }
        let form = format!("username=ann&password={PASSWORD}");
        let answer = ann.send_text(method, path, "application/x-www-form-urlencoded", &form).unwrap();
        assert_eq!(answer.status, 415);
        assert_eq!(ann.send("GET", &format!("{path}?password={PASSWORD}"), None).unwrap().status, 405);
    }
    for cookie in [format!("session=dws_{:A<43}", "canary-token"), "session=canary-token".to_owned()] {
        tokens.push(cookie.trim_start_matches("session=").to_owned());
        let mut mallory = TcpClient { cookie: Some(cookie), ..server.web.clone() };
        assert_eq!(mallory.get("/user/1").status, 401);
    }
    assert_eq!(ann.get("/user/1").status, 200);
    assert_eq!(ann.get("/logout").status, 200);
    tokens
}

fn token_of(web: &TcpClient) -> String {
    let token = web.cookie.as_ref().unwrap().strip_prefix("session=").unwrap();
    assert!(token.starts_with("dws_"));
    token.to_owned()
}

#[track_caller]
fn assert_silent(printed: &str, secrets: &[String]) {
    for secret in secrets {
        assert!(!printed.contains(secret.as_str()), "{secret} was printed:\n{printed}");
    }
    assert!(!printed.contains("canary"), "something secret was printed:\n{printed}");
}

// B15
#[async_test]
async fn no_secret_is_logged_at_any_log_level() {
    for format in ["text", "json"] {
        let database = Database::new().await;
        let program = Program::new(&database)
            .set("database.url", &url_with_password(&database).await)
            .set("log.level", "trace")
            .set("log.format", format);
        let server = program.serve();
        let mut secrets = send_secrets(&server);
        secrets.extend(database.password_hashes().await);
        // The stored hash cannot be verified, and then the table is missing. Both are logged as failures.
        database.set_password_hash("ann", HASH).await;
        assert_eq!(server.web.clone().log_in("ann", PASSWORD).status, 401);
        database.execute("ALTER TABLE dw_users RENAME TO dw_users_away").await;
        assert_eq!(server.web.clone().log_in("ann", PASSWORD).status, 503);
        assert_eq!(server.web.clone().sign_up("bob", PASSWORD).status, 503);
        database.execute("ALTER TABLE dw_users_away RENAME TO dw_users").await;
        let (_, printed) = server.stop();
        // The log has a line for each request, for the unreadable hash, and for the failures.
        for said in ["/user/update-password/1", "cannot be checked", "request failed"] {
            assert!(printed.contains(said), "{said} was not logged:\n{printed}");
        }
        assert_silent(&printed, &secrets);
    }
}

// B15
#[async_test]
async fn no_command_prints_a_secret() {
    let database = Database::new().await;
    let url = url_with_password(&database).await;
    let program = Program::new(&database).set("database.url", &url).set("log.level", "trace");
    let input = PASSWORD.as_bytes();
    let mut printed = String::new();
    let mut run = |program: &Program, arguments: &[&str], code: i32| {
        let ran = program.run_with_input(arguments, input);
        assert_eq!(ran.code, code, "{arguments:?}: {ran:?}");
        printed.push_str(&ran.stdout);
        printed.push_str(&ran.stderr);
    };
    run(&program, &["user", "create", "ann", "--role", "admin", "--password-stdin"], 0);
    run(&program, &["user", "create", "ann", "--role", "admin", "--password-stdin"], 1);
    run(&program, &["user", "set-password", "ann", "--password-stdin"], 0);
    run(&program, &["user", "set-password", "bob", "--password-stdin"], 1);
    for arguments in [
        ["user", "show", "ann"].as_slice(),
        &["user", "show", "ann", "--json"],
        &["user", "list", "--json"],
        &["session", "list", "--json"],
        &["config", "show"],
        &["config", "show", "--json"],
        &["config", "check"],
        &["doctor"],
        &["doctor", "--json"],
        &["migrate", "status"],
    ] {
        run(&program, arguments, 0);
    }
    // An unavailable database, and URLs that cannot be read.
    let away = format!("mysql://ann:{DATABASE_PASSWORD}@127.0.0.1:1/doorward");
    for (url, code) in [
        (away.as_str(), 0),
        (&format!("mysql://ann:{DATABASE_PASSWORD}@127.0.0.1:99999/doorward"), 1),
        (&format!("mysql://ann:{DATABASE_PASSWORD}@[::/doorward"), 1),
        (&format!("postgres://ann:{DATABASE_PASSWORD}@127.0.0.1/doorward"), 1),
        (&format!("ann:{DATABASE_PASSWORD}@127.0.0.1"), 1),
    ] {
        let program = program.clone().set("database.url", url);
        run(&program, &["config", "show"], code);
        run(&program, &["doctor"], 1);
        run(&program, &["user", "list", "--database-url", url], 1);
    }
    for key in doorward::config::KEYS {
        // Any text is a valid reserved name.
        let takes_anything = key.kind == doorward::config::KeyType::Text || key.path == "signup.reserved_names";
        if !takes_anything {
            run(&program.clone().set(key.path, "canary-value"), &["config", "check"], 1);
        }
    }
    assert_silent(&printed, &database.password_hashes().await);
}

// B15
#[async_test]
async fn a_wrong_database_password_is_not_repeated() {
    let database = Database::new().await;
    if database.is_sqlite() {
        // SQLite has no password.
        return;
    }
    let url = url_with_password(&database).await.replace(DATABASE_PASSWORD, "canary-wrong");
    let program = Program::new(&database).set("database.url", &url).set("log.level", "trace");
    let ran = program.run(&["user", "list"]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    let server = program.serve();
    assert_eq!(server.web.clone().log_in("ann", PASSWORD).status, 503);
    let (_, printed) = server.stop();
    assert_silent(&(printed + &ran.stderr + &ran.stdout), &[]);
}
