//! Export files of other programs, and CSV and JSON of any program.
//!
//! `django.json` and `django.jsonl` were written by `dumpdata` of Django 5.2. The others have the documented form of their
//! program, and hashes that bcrypt 4.0, passlib 1.7.4, argon2-cffi, hashlib, Node's crypto and npm firebase-scrypt computed.
//! The password of `ann` is `ann's password`, and so on.

use std::{fs, path::PathBuf};

use doorward_test_macros::async_test;
use serde_json::{Value, json};

use super::{assert_login, bcrypt, log_in};
use crate::support::{Database, Program, Site, program::Ran};

mod csv;
mod json;
mod programs;

/// A Doorward with an empty database, and a folder for exports.
pub struct Import {
    own: Database,
    program: Program,
}

impl Import {
    pub async fn new() -> Self {
        let own = Database::new().await;
        Self { program: Program::new(&own), own }
    }

    /// Writes an export.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.own.folder().join(name);
        fs::write(&path, content).unwrap();
        path
    }

    /// Runs `doorward adopt …` with a file.
    pub fn tries(&self, command: &str, format: &str, path: &std::path::Path, flags: &[&str]) -> Ran {
        let from = format!("{format}:{}", path.display());
        self.program.run(&[&["adopt", command, "--json", "--from", &from], flags].concat())
    }

    /// Runs `doorward adopt run`. Returns the rows that were left behind, and the summary.
    #[track_caller]
    pub fn run(&self, format: &str, path: &std::path::Path, flags: &[&str]) -> (Vec<Value>, Value) {
        let ran = self.tries("run", format, path, flags);
        assert_eq!(ran.code, 0, "{ran:?}");
        let mut lines: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let summary = lines.pop().unwrap()["summary"].take();
        (lines, summary)
    }

    /// Runs `doorward adopt scan`.
    #[track_caller]
    pub fn scan(&self, format: &str, path: &std::path::Path, flags: &[&str]) -> Value {
        let ran = self.tries("scan", format, path, flags);
        assert_eq!(ran.code, 0, "{ran:?}");
        serde_json::from_str(&ran.stdout).unwrap()
    }

    /// Asserts that a run refuses the file, with this cause.
    #[track_caller]
    pub fn refuses(&self, format: &str, content: impl AsRef<[u8]>, cause: &str) {
        let path = self.file("refused", content);
        let ran = self.tries("run", format, &path, &[]);
        assert!(ran.code == 1 && ran.stdout.is_empty() && ran.stderr.contains(cause), "{cause}: {ran:?}");
        assert!(ran.stderr.len() < 2000, "a message must not repeat the file: {}", ran.stderr.len());
    }

    pub async fn site(&self) -> Site {
        Site::builder().database(self.own.clone()).start().await
    }

    /// Asserts which of these users log in with their passwords.
    pub async fn assert_logins(&self, users: &[(&str, &str, bool)]) {
        let site = self.site().await;
        for (name, password, expected) in users {
            assert_login(log_in(&site, name, password).await.0, *expected, name);
        }
    }
}

/// Returns the codes of the rows that were left behind.
pub fn codes(left: &[Value]) -> Vec<&str> {
    left.iter().map(|row| row["code"].as_str().unwrap()).collect()
}

#[async_test]
async fn a_run_with_a_file_is_repeatable_and_takes_over_what_changed() {
    let import = Import::new().await;
    let users = |ann: &str, ben: &str| format!("id,username,password\n1,ann,{ann}\n2,ben,{ben}\n");
    let (one, two, three) = (bcrypt("first password"), bcrypt("second password"), bcrypt("third password"));
    let path = import.file("users.csv", users(&one, &two));
    let (left, summary) = import.run("csv", &path, &[]);
    assert_eq!((left.len(), &summary["adopted"]), (0, &json!(2)), "{summary}");
    let (_, summary) = import.run("csv", &path, &[]);
    assert_eq!((&summary["adopted"], &summary["already_here"]), (&json!(0), &json!(2)), "{summary}");
    import.assert_logins(&[("ann", "first password", true), ("ben", "second password", true)]).await;
    import.file("users.csv", users(&one, &three));
    let (_, summary) = import.run("csv", &path, &[]);
    assert_eq!(summary["changed_there"], json!(1), "{summary}");
    import.assert_logins(&[("ben", "second password", false), ("ben", "third password", true)]).await;
    // Another file may be another program's, whose numbers belong to other people.
    let other = import.file("others.csv", users(&one, &two));
    let ran = import.tries("run", "csv", &other, &[]);
    assert!(ran.code == 1 && ran.stderr.contains("doorward adopt moved"), "{ran:?}");
    let ran = import.tries("moved", "csv", &other, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let (_, summary) = import.run("csv", &other, &[]);
    assert_eq!(summary["adopted"], json!(0), "{summary}");
}

#[async_test]
async fn a_file_leaves_nothing_behind_and_is_not_changed() {
    let import = Import::new().await;
    let temporary = import.own.folder().join("temporary");
    fs::create_dir(&temporary).unwrap();
    let content = format!("id,username,password\n1,ann,{}\n2,ben,hunter2\n", bcrypt("a password"));
    let path = import.file("users.csv", &content);
    let program = import.program.clone().variable("TMPDIR", temporary.to_str().unwrap());
    let from = format!("csv:{}", path.display());
    for command in ["scan", "run", "status"] {
        let ran = program.run(&["adopt", command, "--from", &from]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(!ran.stdout.contains("hunter2") && !ran.stdout.contains("$2b$"), "{ran:?}");
        assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0, "{command} left a file");
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), content);
    let broken = import.file("broken.csv", "id,username,password\n1,ann\n");
    let ran = program.run(&["adopt", "run", "--from", &format!("csv:{}", broken.display())]);
    assert_eq!((ran.code, fs::read_dir(&temporary).unwrap().count()), (1, 0), "{ran:?}");
}

/// The sync reads a table at each login; a file is read once.
#[async_test]
async fn a_server_does_not_synchronise_with_a_file() {
    let import = Import::new().await;
    let path = import.file("users.csv", "id,username,password\n1,ann,x\n");
    let program = import.program.clone().set("adopt.from", &format!("csv:{}", path.display()));
    let ran = program.run(&["serve"]);
    assert!(ran.code == 1 && ran.stderr.contains("a server synchronises with a database"), "{ran:?}");
    let ran = program.clone().set("adopt.write_back", "true").run(&["doctor"]);
    assert!(ran.code == 1 && ran.stderr.contains("requires a database"), "{ran:?}");
    let ran = import.tries("run", "csv", &path, &["--table", "people"]);
    assert!(ran.code == 1 && ran.stderr.contains("a file has no tables"), "{ran:?}");
    let ran = import.program.run(&["adopt", "run", "--from", "xml:users.xml"]);
    assert!(ran.code == 1 && ran.stderr.contains("adopt.from"), "{ran:?}");
}

#[async_test]
async fn the_table_of_a_killed_import_is_removed_by_the_next_one() {
    let import = Import::new().await;
    let temporary = import.own.folder().join("temporary");
    let folder = |digit: &str| temporary.join(format!("doorward-adopt-{}", digit.repeat(32)));
    let [killed, running, unlocked, other] =
        [folder("a"), folder("b"), folder("c"), temporary.join("doorward-adopt-x")];
    for folder in [&killed, &running, &unlocked, &other] {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join("export.db"), "users").unwrap();
    }
    for folder in [&killed, &running, &other] {
        fs::write(folder.join("lock"), "").unwrap();
    }
    let lock = fs::File::open(running.join("lock")).unwrap();
    lock.lock().unwrap();
    let elsewhere = import.own.folder().join("elsewhere");
    fs::create_dir_all(&elsewhere).unwrap();
    fs::write(elsewhere.join("lock"), "").unwrap();
    std::os::unix::fs::symlink(&elsewhere, folder("d")).unwrap();
    let path = import.file("users.csv", format!("id,username,password\n7,ann,{}\n", bcrypt("ann's password")));
    let program = import.program.clone().variable("TMPDIR", temporary.to_str().unwrap());
    let ran = program.run(&["adopt", "run", "--from", &format!("csv:{}", path.display())]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!killed.exists(), "the folder of a killed process");
    assert!(running.exists() && unlocked.exists() && other.exists() && elsewhere.join("lock").exists());
    // The folder of the command itself is removed at its end.
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 4);
}
