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
