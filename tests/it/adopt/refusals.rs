//! Impossible adoptions are refused in one line that says what to do, before any change.

use super::{LegacySetup, Location, bcrypt};
use crate::support::{Database, Program};
use doorward_test_macros::async_test;

#[track_caller]
fn is_refused(setup: &LegacySetup, flags: &[&str], line: &str) {
    for command in ["scan", "run", "status"] {
        if command == "status" {
            assert_eq!(setup.program.run(&["migrate", "up"]).code, 0);
        }
        let ran = setup.tries(&[&[command], flags].concat());
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.trim_end()), (1, "", line), "{command} {flags:?}");
    }
}

#[async_test]
async fn a_missing_or_unsuitable_table_is_refused() {
    let setup = LegacySetup::with_columns(Location::Other, "people", "login VARCHAR(80), secret VARCHAR(80)").await;
    is_refused(&setup, &[], "error: `adopt.table`: the old database has no table `users` or `user`: name it");
    is_refused(&setup, &["--table", "nobody"], "error: `adopt.table`: the old database has no table nobody");
    is_refused(
        &setup,
        &["--table", "people"],
        "error: `adopt.columns`: the table people has no column for username; it has id, login, secret: say which, as in \
         username=id",
    );
    is_refused(
        &setup,
        &["--table", "people", "--columns", "username=login,password=nothing"],
        "error: `adopt.columns`: the table people has no column for password; it has id, login, secret: say which, as in \
         password=id",
    );
    is_refused(
        &setup,
        &["--table", "people", "--columns", "username=login,password=secret,role=kind"],
        "error: `adopt.columns`: the table people has no column for role; it has id, login, secret: say which, as in role=id",
    );
}

#[async_test]
async fn an_ambiguous_table_is_refused() {
    let setup = LegacySetup::users(Location::Other).await;
    setup.legacy.execute("CREATE TABLE user (id INT PRIMARY KEY, username VARCHAR(80), password VARCHAR(80))").await;
    is_refused(&setup, &[], "error: `adopt.table`: which one is it? The old database has users and user");
    setup.adopt(&["run", "--table", "user"]);
    // One of the two is not a table of users.
    let setup = LegacySetup::users(Location::Other).await;
    setup.legacy.execute("CREATE TABLE user (host VARCHAR(80))").await;
    setup.adopt(&["run"]);
}

#[async_test]
async fn a_wrong_flag_is_refused_by_its_name() {
    let setup = LegacySetup::users(Location::Other).await;
    for (columns, value) in [("--columns", "id"), ("--columns", "number=id"), ("--columns", "id=,username=x")] {
        let ran = setup.tries(&["scan", columns, value]);
        assert_eq!(ran.code, 1);
        assert!(ran.stderr.starts_with("error: `adopt.columns` (from --columns): must be as in "), "{ran:?}");
    }
    for url in ["postgres://ann:canary@127.0.0.1/old", "mysql://ann:canary@127.0.0.1", "canary"] {
        let ran = setup.program.run(&["adopt", "scan", "--from", url]);
        assert_eq!((ran.code, ran.stderr.lines().count()), (1, 1), "{ran:?}");
        assert!(ran.stderr.contains("adopt.from") && !ran.stderr.contains("canary"), "{ran:?}");
    }
}

#[async_test]
async fn an_unavailable_legacy_database_is_refused() {
    let setup = LegacySetup::users(Location::Other).await;
    let nowhere = setup.own.folder().join("nowhere.db");
    let url = format!("sqlite:{}", nowhere.display());
    for command in ["scan", "run"] {
        let ran = setup.program.run(&["adopt", command, "--from", &url]);
        assert_eq!(ran.code, 1);
        assert!(ran.stderr.starts_with("error: `adopt.from`: ") && ran.stderr.contains("nowhere.db"), "{ran:?}");
        assert!(!nowhere.exists());
        let ran = setup.program.run(&["adopt", command, "--from", "mysql://ann:canary@127.0.0.1:1/old"]);
        assert_eq!(ran.code, 1);
        assert!(ran.stderr.contains("the database cannot be reached") && !ran.stderr.contains("canary"), "{ran:?}");
    }
    // Without any location.
    let nothing = Database::sqlite();
    let ran = Program::new(&nothing).run(&["adopt", "scan"]);
    assert_eq!(
        (ran.code, ran.stderr.trim_end()),
        (1, "error: `adopt.from`: say where the old table is; Doorward's own database is not there yet")
    );
    assert_eq!(Program::new(&nothing).run(&["adopt", "status"]).code, 1);
    assert!(!nothing.folder().join("doorward.db").exists());
}

#[async_test]
async fn another_key_than_the_first_is_refused() {
    let setup = LegacySetup::users(Location::Other).await;
    setup.add(1, "ann", &bcrypt("secret of ann")).await;
    setup.adopt(&["run"]);
    let before = setup.state().await;
    let file = setup.own.secrets_file();
    let kept = std::fs::read_to_string(&file).unwrap();
    let key = kept.split('"').nth(1).unwrap();
    let other: String = key.chars().rev().collect();
    std::fs::write(&file, kept.replace(key, &other)).unwrap();
    let ran = setup.tries(&["run"]);
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.lines().count()), (1, "", 1), "{ran:?}");
    assert!(ran.stderr.contains(".secrets: `adopt.1` is not the key with which users were adopted before"), "{ran:?}");
    assert!(!ran.stderr.contains(&other) && !ran.stderr.contains(key));
    // A lost key is not replaced, because every password would then appear changed.
    std::fs::remove_file(&file).unwrap();
    let ran = setup.tries(&["run"]);
    assert_eq!((ran.code, ran.stderr.lines().count()), (1, 1), "{ran:?}");
    assert!(!file.exists());
    assert_eq!(setup.state().await, before);
}
