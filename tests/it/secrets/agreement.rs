//! A node whose secrets do not match its database neither serves nor hashes.

use doorward_test_macros::async_test;
use std::{fs, path::PathBuf};

use doorward::{
    app::{Purpose, SecretsDocument},
    model::{Rng, SecretKey},
    ops::secrets::{Judgement, judge},
    store::secrets::KnownSecret,
};

use super::keys;
use crate::support::{Database, Program};

const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

/// A database that was used_database once, its program, and its secrets file.
async fn used_database() -> (Database, Program, PathBuf) {
    let database = Database::new().await;
    let program = Program::new(&database);
    drop(program.serve().stop());
    let file = database.secrets_file();
    (database, program, file)
}

#[async_test]
async fn a_node_with_other_secrets_is_refused_and_leaves_no_wrong_key() {
    let (database, program, file) = used_database().await;
    let elsewhere = database.folder().join("elsewhere.secrets");
    let other = program.clone().set("secrets.path", elsewhere.to_str().unwrap());
    let ran = other.run(&SERVE);
    assert!(ran.code == 1 && ran.stderr.lines().count() == 1, "{ran:?}");
    assert!(ran.stderr.contains("elsewhere.secrets: `throttle.1` is not the key"), "{ran:?}");
    assert!(!elsewhere.exists(), "a key that does not match the database must not be left behind");
    // An existing file is not changed.
    let unused = Database::sqlite();
    drop(Program::new(&unused).serve().stop());
    let other_secrets = fs::read(unused.secrets_file()).unwrap();
    fs::rename(unused.secrets_file(), &elsewhere).unwrap();
    let ran = other.run(&SERVE);
    assert!(ran.code == 1 && ran.stderr.contains("`throttle.1` is not the key"), "{ran:?}");
    for key in keys(&elsewhere) {
        assert!(!ran.stderr.contains(&key), "{ran:?}");
    }
    assert_eq!(fs::read(&elsewhere).unwrap(), other_secrets);
    // With the right file the server starts. Nothing was recorded of the other keys.
    fs::copy(&file, &elsewhere).unwrap();
    drop(other.serve().stop());
    assert_eq!(database.rows("SELECT name FROM dw_secrets").await, [["throttle.1"]]);
}

/// A refused node records nothing, and a recorded key is not removed.
#[async_test]
async fn a_first_start_that_is_refused_leaves_the_database_usable() {
    let database = Database::new().await;
    let program = Program::new(&database);
    let (file, aside) = (database.secrets_file(), database.folder().join("aside"));
    assert_eq!(program.run(&["secret", "rotate", "pepper"]).code, 0);
    let ran = program.run_with_input(&["user", "create", "ann", "--password-stdin"], b"the password of ann");
    assert_eq!(ran.code, 0, "{ran:?}");
    fs::rename(&file, &aside).unwrap();
    for _ in 0..2 {
        let ran = program.run(&SERVE);
        assert!(ran.code == 1 && ran.stderr.contains("`pepper.1` is missing, and this database uses it"), "{ran:?}");
        assert_eq!(database.rows("SELECT name FROM dw_secrets").await, [["pepper.1"]]);
    }
    fs::rename(&aside, &file).unwrap();
    drop(program.serve().stop());
    drop(program.serve().stop());
    assert_eq!(keys(&file).len(), 2);
}

#[async_test]
async fn the_database_has_no_key() {
    let (database, _, file) = used_database().await;
    let check = if database.is_sqlite() { "check_tag" } else { "HEX(check_tag)" };
    let check = database.value(&format!("SELECT {check} FROM dw_secrets")).await;
    assert!(!check.eq_ignore_ascii_case(&keys(&file)[0]) && check.len() == 64, "{check}");
}

#[async_test]
async fn two_versions_can_be_used_during_a_rotation() {
    let (database, program, file) = used_database().await;
    let other_path = database.folder().join("other-node.secrets");
    let other = program.clone().set("secrets.path", other_path.to_str().unwrap());
    assert_eq!(program.run(&["secret", "rotate", "throttle", "--later"]).code, 0);
    fs::copy(&file, &other_path).unwrap();
    assert_eq!(program.run(&["secret", "use", "throttle", "2"]).code, 0);
    // One node uses the new version. The other knows it, but still uses the old one.
    drop(program.serve().stop());
    drop(other.serve().stop());
    assert_eq!(
        database.rows("SELECT name FROM dw_secrets ORDER BY name").await,
        [["throttle.1"], ["throttle.2"]].map(|row| row.map(str::to_owned).to_vec())
    );
    // A file from before the rotation is no longer enough.
    let text = fs::read_to_string(&other_path).unwrap();
    let before: String =
        text.lines().filter(|line| !line.starts_with("2 = ")).map(|line| format!("{line}\n")).collect();
    fs::write(&other_path, before).unwrap();
    let ran = other.run(&SERVE);
    assert!(ran.code == 1 && ran.stderr.contains("`throttle.2` is missing, and this database uses it"), "{ran:?}");
    // Once the first version is retired, a node that uses it is refused. A node that only has it is not.
    let refused = program.run(&["secret", "retire", "throttle", "2"]);
    assert!(refused.code == 1 && refused.stderr.contains("it is the current version"), "{refused:?}");
    assert_eq!(program.run(&["secret", "retire", "throttle", "1"]).code, 0);
    drop(program.serve().stop());
    fs::write(&other_path, &text).unwrap();
    let ran = other.run(&SERVE);
    assert!(ran.code == 1 && ran.stderr.contains("`throttle.1` is current and was retired"), "{ran:?}");
    assert_eq!(other.run(&["secret", "use", "throttle", "2"]).code, 0);
    drop(other.serve().stop());
}

#[test]
fn the_file_is_judged_by_the_databases_check_values() {
    let key = || SecretKey::new(Rng::system().bytes().unwrap());
    let (first, second) = (key(), key());
    let mut document = SecretsDocument::default();
    let known =
        |name: &str, key: &SecretKey, is_retired| KnownSecret { name: name.to_owned(), check: key.check(), is_retired };
    let judged = |document: &SecretsDocument, known: &[KnownSecret]| {
        judge(known, Purpose::Pepper, document.get(Purpose::Pepper))
    };
    // Another purpose's versions do not matter.
    let elses = known("throttle.1", &second, false);
    assert_eq!(judged(&document, std::slice::from_ref(&elses)), Judgement::Right);
    assert_eq!(judged(&document, &[known("pepper.1", &first, false)]), Judgement::Missing(1));
    assert_eq!(judged(&document, &[known("pepper.1", &first, true)]), Judgement::Right);
    document.rotate(Purpose::Pepper, first.clone(), true).unwrap();
    assert_eq!(judged(&document, &[]), Judgement::Right, "a version for later is not used_database");
    document.make_current(Purpose::Pepper, 1).unwrap();
    assert_eq!(judged(&document, &[elses]), Judgement::FirstUse(1));
    assert_eq!(judged(&document, &[known("pepper.1", &first, false)]), Judgement::Right);
    assert_eq!(judged(&document, &[known("pepper.1", &second, false)]), Judgement::Other(1));
    assert_eq!(judged(&document, &[known("pepper.1", &first, true)]), Judgement::Retired(1));
    document.rotate(Purpose::Pepper, second.clone(), false).unwrap();
    assert_eq!(judged(&document, &[known("pepper.1", &first, false)]), Judgement::FirstUse(2));
    assert_eq!(judged(&document, &[known("pepper.1", &second, false)]), Judgement::Other(1));
    assert_eq!(judged(&document, &[known("pepper.1", &first, true)]), Judgement::FirstUse(2));
}
