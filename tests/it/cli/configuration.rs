//! `doorward config …`, the flags of every command, and the default configuration file.

use doorward_test_macros::async_test;
use std::fs;

use doorward::config::KEYS;
use serde_json::{Value, json};

use super::{Operator, one_line};
use crate::support::Program;

fn shown(program: &Program, arguments: &[&str]) -> Value {
    let ran = program.run(&[arguments, &["config", "show", "--json"]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    serde_json::from_str(&ran.stdout).unwrap()
}

#[async_test]
async fn config_show_lists_every_key_with_its_origin() {
    let operator = Operator::new().await;
    let program = Program::bare(&operator.database);
    let defaults = shown(&program, &[]);
    assert_eq!(defaults.as_object().unwrap().len(), KEYS.len());
    for key in &KEYS {
        assert_eq!(defaults[key.path], json!({ "value": key.default, "from": "its default" }));
    }
    let file = operator.database.folder().join("doorward.toml");
    fs::write(&file, "[log]\nlevel = \"warn\"\n\n[hashing]\nthreads = 3\n").unwrap();
    let program = program
        .set("hashing.threads", "4")
        .variable("DATABASE_URL", "mysql://ann:canary@db.example/x?require_ssl=true");
    let all = shown(&program, &[]);
    assert_eq!(all["log.level"], json!({ "value": "warn", "from": "the configuration file" }));
    assert_eq!(all["hashing.threads"], json!({ "value": "4", "from": "DOORWARD_HASHING__THREADS" }));
    assert_eq!(all["database.url"], json!({ "value": "mysql://ann:…@db.example/x", "from": "DATABASE_URL" }));
    let all = shown(&program, &["--database-url", "mysql://bob:canary@db.example/y"]);
    assert_eq!(all["database.url"], json!({ "value": "mysql://bob:…@db.example/y", "from": "--database-url" }));
    let table = program.run(&["config", "show"]).stdout;
    assert_eq!(table.lines().count(), KEYS.len() + 1);
    assert!(table.contains("mysql://ann:…@db.example/x") && !table.contains("canary"), "{table}");
}

#[async_test]
async fn the_configuration_file_is_found() {
    let operator = Operator::new().await;
    let folder = operator.database.folder();
    let program = Program::bare(&operator.database);
    fs::write(folder.join("doorward.toml"), "[log]\nlevel = \"warn\"\n").unwrap();
    fs::write(folder.join("other.toml"), "[log]\nlevel = \"error\"\n").unwrap();
    assert_eq!(shown(&program, &[])["log.level"]["value"], json!("warn"));
    assert_eq!(shown(&program, &["--config", "other.toml"])["log.level"]["value"], json!("error"));
    let named = program.clone().variable("DOORWARD_CONFIG", "other.toml");
    assert_eq!(shown(&named, &[])["log.level"]["value"], json!("error"));
    assert_eq!(shown(&named, &["--config", "doorward.toml"])["log.level"]["value"], json!("warn"));
    // A named file must exist.
    let ran = program.run(&["config", "check", "--config", "missing.toml"]);
    assert!(one_line(&ran, 1).starts_with("error: missing.toml: cannot be read"), "{ran:?}");
    fs::remove_file(folder.join("doorward.toml")).unwrap();
    assert_eq!(program.run(&["config", "check"]).stdout, "the configuration is valid\n");
}

#[async_test]
async fn every_command_accepts_the_flag_for_the_database() {
    let operator = Operator::new().await;
    let url = operator.database.url.as_str();
    let program = Program::bare(&operator.database).set("hashing.argon2_memory_kib", "64");
    // The flag may come before or after the command.
    let create = ["--database-url", url, "user", "create", "ann", "--password-stdin"];
    assert_eq!(program.run_with_input(&create, b"a password that is long").code, 0);
    for arguments in [
        ["user", "list", "--json"].as_slice(),
        &["user", "show", "ann"],
        &["session", "list"],
        &["migrate", "status"],
        &["migrate", "up"],
        &["doctor"],
    ] {
        assert_eq!(program.run(&[arguments, &["--database-url", url]].concat()).code, 0, "{arguments:?}");
    }
    let stray = operator.database.folder().join("doorward.db");
    assert_eq!(stray.exists(), operator.database.is_sqlite(), "a command used the default database");
}

// J22
#[async_test]
async fn a_wrong_value_is_one_line_with_the_key_and_without_the_value() {
    let operator = Operator::new().await;
    let program = Program::bare(&operator.database);
    for (key, value) in [
        ("database.url", "canary"),
        ("database.url", "mysql://ann:canary@/x"),
        ("database.url", "mysql://ann:canary@db.example"),
        // With an unescaped slash in the password, parts of it end up elsewhere in the URL.
        ("database.url", "mysql://ann:4711/canary@db.example/x"),
        ("database.url", "mysql://ann@db.example/x?pool_min=canary"),
        ("database.url", "mysql://ann@db.example/x?ssl-mode=canary"),
        ("database.url", "mysql://ann@db.example/x?nonsense=canary"),
        ("server.listen", "canary"),
        ("server.public_url", "canary"),
        ("hashing.argon2_iterations", "17"),
        ("session.idle_timeout", "canary"),
        ("compat.login", "canary"),
    ] {
        for command in [["config", "check"].as_slice(), &["user", "list"], &["serve"], &["healthcheck"]] {
            let ran = program.clone().set(key, value).run(command);
            let line = one_line(&ran, 1);
            assert!(line.starts_with("error: ") && line.contains(key) && !line.contains("canary"), "{line}");
        }
    }
    let ran = program.clone().variable("DOORWARD_LOG__LEVLE", "canary").run(&["config", "check"]);
    assert!(one_line(&ran, 1).contains("DOORWARD_LOG__LEVLE") && !ran.stderr.contains("canary"), "{ran:?}");
    for url in ["sqlite:", "sqlite::memory:", "sqlite:/no/such/folder/x.db"] {
        let ran = program.run(&["user", "list", "--database-url", url]);
        assert!(one_line(&ran, 1).contains("database.url"), "{ran:?}");
    }
}

#[async_test]
async fn a_url_with_a_password_in_the_wrong_place_is_not_shown() {
    for url in ["mysql://ann:4711/canary@db.example/x", "mysql://ann:canary@", "mysql:canary"] {
        let shown = doorward::config::redacted(url);
        assert!(!shown.contains("canary") && !shown.contains("4711"), "{shown}");
    }
    assert_eq!(
        doorward::config::redacted("mysql://ann:canary@db.example:3307/x?ssl-mode=x"),
        "mysql://ann:…@db.example:3307/x"
    );
}

#[async_test]
async fn a_reading_command_creates_no_database() {
    let operator = Operator::new().await;
    let path = operator.database.folder().join("mistyped.db");
    let url = format!("sqlite:{}", path.display());
    let run = |command: &[&str]| Program::bare(&operator.database).run(&[command, &["--database-url", &url]].concat());
    let ran = run(&["doctor"]);
    assert!(one_line(&ran, 1).contains("database.url"), "{ran:?}");
    let ran = run(&["migrate", "status"]);
    assert!(ran.code == 1 && ran.stdout.contains("0001_first_schema"), "{ran:?}");
    assert!(!path.exists());
}
