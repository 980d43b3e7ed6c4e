//! `doorward secret …`, through the real binary.

use doorward_test_macros::async_test;
use std::{fs, os::unix::fs::PermissionsExt as _};

use serde_json::{Value, json};

use super::keys;
use crate::support::{Database, Program};

#[track_caller]
fn runs(program: &Program, arguments: &[&str]) -> String {
    let ran = program.run(&[&["secret"], arguments].concat());
    assert!(ran.code == 0 && ran.stderr.is_empty(), "{ran:?}");
    ran.stdout
}

#[track_caller]
fn is_refused(program: &Program, arguments: &[&str], why: &str) {
    let ran = program.run(&[&["secret"], arguments].concat());
    assert_eq!((ran.code, ran.stderr.lines().count()), (1, 1), "{ran:?}");
    assert!(ran.stderr.contains(why) && ran.stdout.is_empty(), "{ran:?}");
}

#[async_test]
async fn secrets_can_be_rotated_without_a_database_and_no_key_is_shown() {
    let database = Database::sqlite();
    let program = Program::new(&database);
    let file = database.secrets_file();
    assert_eq!(runs(&program, &["list", "--json"]).trim(), "[]");
    let mut printed = runs(&program, &["rotate", "throttle"]);
    printed += &runs(&program, &["rotate", "throttle"]);
    printed += &runs(&program, &["rotate", "pepper", "--later"]);
    printed += &runs(&program, &["list"]);
    assert!(printed.contains("throttle 2 is current: copy "), "{printed}");
    assert!(printed.contains("`doorward secret use pepper 1`"), "{printed}");
    let listed: Value = serde_json::from_str(&runs(&program, &["list", "--json"])).unwrap();
    let row =
        |purpose: &str, version: u32, state: &str| json!({ "purpose": purpose, "version": version, "state": state });
    let mut expected =
        vec![row("throttle", 1, "honoured"), row("throttle", 2, "current"), row("pepper", 1, "honoured")];
    assert_eq!(listed, Value::Array(expected.clone()));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    for key in keys(&file) {
        assert!(!printed.contains(&key), "{printed}");
    }
    assert!(!database.folder().join("doorward.db").exists(), "the command must not create a database");

    runs(&program, &["use", "throttle", "1"]);
    runs(&program, &["use", "pepper", "1"]);
    runs(&program, &["use", "pepper", "0"]);
    let dropped = keys(&file)[1].clone();
    runs(&program, &["retire", "throttle", "2"]);
    assert!(!keys(&file).contains(&dropped) && keys(&file).len() == 2);
    expected[0] = row("throttle", 1, "current");
    expected[1] = row("throttle", 2, "retired");
    let listed: Value = serde_json::from_str(&runs(&program, &["list", "--json"])).unwrap();
    assert_eq!(listed, Value::Array(expected));
}

#[async_test]
async fn an_impossible_secret_command_is_refused_and_changes_nothing() {
    let database = Database::sqlite();
    let program = Program::new(&database);
    runs(&program, &["rotate", "throttle"]);
    let before = fs::read(database.secrets_file()).unwrap();
    is_refused(&program, &["use", "throttle", "2"], "no such version");
    is_refused(&program, &["use", "throttle", "0"], "only the pepper can be turned off");
    is_refused(&program, &["use", "pepper", "1"], "no such version");
    is_refused(&program, &["retire", "throttle", "1"], "it is the current version");
    is_refused(&program, &["retire", "throttle", "7"], "no such version");
    is_refused(&program, &["rotate", "adopt"], "always has one version");
    is_refused(&program, &["retire", "adopt", "1"], "always has one version");
    assert_eq!(program.run(&["secret", "rotate", "nothing"]).code, 2);
    assert_eq!(fs::read(database.secrets_file()).unwrap(), before);
}

#[async_test]
async fn init_creates_the_file_for_a_fleet_without_a_database() {
    let database = Database::new().await;
    // No server listens there.
    let program = Program::new(&database).set("database.url", "mysql://root@127.0.0.1:1/doorward");
    let path = database.folder().join("doorward.secrets");
    let ran = program.run(&["secret", "init"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let text = fs::read_to_string(&path).unwrap();
    let made = keys(&path);
    assert_eq!(made.len(), 2, "{text}");
    assert!(text.contains("[throttle]") && text.contains("[adopt]") && !text.contains("new_database"), "{text}");
    assert!(made.iter().all(|key| !ran.stdout.contains(key)), "{ran:?}");
    let again = program.run(&["secret", "init"]);
    assert_eq!(again.code, 1, "{again:?}");
    assert!(again.stderr.contains("has secrets already"), "{again:?}");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    if database.is_sqlite() {
        return;
    }
    // Nodes with this file agree on one database.
    let program = Program::new(&database).set("secrets.path", path.to_str().unwrap());
    drop(program.serve().stop());
    assert_eq!(keys(&path), made);
    drop(program.serve().stop());
}

/// A process that is killed before the rename leaves a partial file with all keys.
#[async_test]
async fn a_killed_rotation_leaves_no_copy_of_a_key() {
    let database = Database::new().await;
    let program = Program::new(&database);
    drop(program.serve().stop());
    let path = database.secrets_file();
    let leftovers = || {
        let names = fs::read_dir(database.folder()).unwrap().map(|entry| entry.unwrap().file_name());
        let name = path.file_name().unwrap().to_str().unwrap();
        names.filter(|other| other.to_str().unwrap().starts_with(&format!("{name}."))).count()
    };
    let partial = path.with_file_name(format!("{}.0123456789abcdef", path.file_name().unwrap().to_str().unwrap()));
    let backup = path.with_file_name(format!("{}.backup", path.file_name().unwrap().to_str().unwrap()));
    fs::copy(&path, &backup).unwrap();
    for command in [&["secret", "list"][..], &["secret", "rotate", "throttle"], &["user", "list"], &["doctor"]] {
        fs::copy(&path, &partial).unwrap();
        program.run(command);
        // Only the operator's own copy stays.
        assert_eq!(leftovers(), 1, "{command:?}");
    }
    fs::copy(&path, &partial).unwrap();
    drop(program.serve().stop());
    assert_eq!(leftovers(), 1);
    // Real kills, at any moment of a rotation.
    for pause in 0..30 {
        let started = program.start(&["secret", "rotate", "throttle"]);
        std::thread::sleep(std::time::Duration::from_micros(pause * 400));
        started.kill();
        assert_eq!(program.run(&["secret", "list"]).code, 0);
        assert_eq!(leftovers(), 1);
    }
}
