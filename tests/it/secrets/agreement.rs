//! A node with other secrets than those that its database is used with neither serves nor hashes.

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

/// A database that was used once, the program over it, and its file.
async fn used() -> (Database, Program, PathBuf) {
    let database = Database::new().await;
    let program = Program::new(&database);
    drop(program.serve().stop());
    let file = database.secrets_file();
    (database, program, file)
}

#[async_test]
async fn a_node_with_another_file_is_refused_and_leaves_no_wrong_key() {
    let (database, program, file) = used().await;
    let elsewhere = database.folder().join("elsewhere.secrets");
    let other = program.clone().set("secrets.path", elsewhere.to_str().unwrap());
    let ran = other.run(&SERVE);
    assert!(ran.code == 1 && ran.stderr.lines().count() == 1, "{ran:?}");
    assert!(ran.stderr.contains("elsewhere.secrets: `throttle.1` is another key"), "{ran:?}");
    assert!(!elsewhere.exists(), "a key that is not the database's is left behind");
    // A file that was there before stays as it is.
    let unused = Database::sqlite();
    drop(Program::new(&unused).serve().stop());
    let theirs = fs::read(unused.secrets_file()).unwrap();
    fs::rename(unused.secrets_file(), &elsewhere).unwrap();
    let ran = other.run(&SERVE);
    assert!(ran.code == 1 && ran.stderr.contains("`throttle.1` is another key"), "{ran:?}");
    for key in keys(&elsewhere) {
        assert!(!ran.stderr.contains(&key), "{ran:?}");
    }
    assert_eq!(fs::read(&elsewhere).unwrap(), theirs);
    // With the right one, all goes on; and nothing was written down of the others.
    fs::copy(&file, &elsewhere).unwrap();
    drop(other.serve().stop());
    assert_eq!(database.rows("SELECT name FROM dw_secrets").await, [["throttle.1"]]);
}

/// Nothing is written down of a node that is refused, and no key is taken back that was written down.
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
        assert!(ran.code == 1 && ran.stderr.contains("`pepper.1` is not in it"), "{ran:?}");
        assert_eq!(database.rows("SELECT name FROM dw_secrets").await, [["pepper.1"]]);
    }
    fs::rename(&aside, &file).unwrap();
    drop(program.serve().stop());
    drop(program.serve().stop());
    assert_eq!(keys(&file).len(), 2);
}

#[async_test]
async fn the_database_holds_no_key() {
    let (database, _, file) = used().await;
    let check = if database.is_sqlite() { "check_tag" } else { "HEX(check_tag)" };
    let check = database.value(&format!("SELECT {check} FROM dw_secrets")).await;
    assert!(!check.eq_ignore_ascii_case(&keys(&file)[0]) && check.len() == 64, "{check}");
}

#[async_test]
async fn a_rotation_overlaps_and_ends() {
    let (database, program, file) = used().await;
    let other_path = database.folder().join("other-node.secrets");
    let other = program.clone().set("secrets.path", other_path.to_str().unwrap());
    assert_eq!(program.run(&["secret", "rotate", "throttle", "--later"]).code, 0);
    fs::copy(&file, &other_path).unwrap();
    assert_eq!(program.run(&["secret", "use", "throttle", "2"]).code, 0);
    // One node uses the new version, the other knows it and goes on with the old one.
    drop(program.serve().stop());
    drop(other.serve().stop());
    assert_eq!(
        database.rows("SELECT name FROM dw_secrets ORDER BY name").await,
        [["throttle.1"], ["throttle.2"]].map(|row| row.map(str::to_owned).to_vec())
    );
    // A file from before the rotation is not enough any more.
    let text = fs::read_to_string(&other_path).unwrap();
    let before: String =
        text.lines().filter(|line| !line.starts_with("2 = ")).map(|line| format!("{line}\n")).collect();
    fs::write(&other_path, before).unwrap();
    let ran = other.run(&SERVE);
    assert!(ran.code == 1 && ran.stderr.contains("`throttle.2` is not in it"), "{ran:?}");
    // Once the first is retired, whoever still has it as the current one is refused, and whoever only has it is not.
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
fn what_the_database_knows_judges_what_the_file_has() {
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
    assert_eq!(judged(&document, &[]), Judgement::Right, "a version for later is not in use");
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
