//! An SQLite file that is missing, empty, deleted, replaced, overwritten or no database.
//!
//! Invariant: Doorward never begins again with no users by itself, and never acknowledges a write that is lost.

use std::{fs, os::unix::fs::MetadataExt as _, path::PathBuf};

use serde_json::{Value, json};

use crate::support::{Database, Program, Server};

const PASSWORD: &str = "the password";

pub(super) fn file(database: &Database, ending: &str) -> PathBuf {
    database.folder().join(format!("doorward.db{ending}"))
}

/// A way to lose a database, and what is then said of it.
type Loss = (&'static str, fn(&Database));

pub(super) fn program(database: &Database) -> Program {
    Program::new(database).set("throttle.enabled", "false")
}

#[track_caller]
pub(super) fn signs_up(server: &Server, name: &str) {
    assert_eq!(server.web.clone().sign_up(name, PASSWORD).status, 201, "{}", server.printed());
}

pub(super) fn can_log_in(server: &Server, name: &str) -> bool {
    match server.web.clone().log_in(name, PASSWORD).status {
        200 => true,
        401 => false,
        status => panic!("{status}: {}", server.printed()),
    }
}

/// Asserts that the server does not start, and returns what it says.
#[track_caller]
pub(super) fn does_not_start(program: &Program) -> String {
    let ran = program.run_shell("timeout 20 doorward serve --listen 127.0.0.1:0");
    assert_eq!(ran.code, 1, "{ran:?}");
    ran.stderr
}

fn remove_database(database: &Database) {
    for ending in ["", "-wal", "-shm"] {
        drop(fs::remove_file(file(database, ending)));
    }
}

#[test]
fn a_used_database_never_begins_again_by_itself() {
    let database = Database::sqlite();
    let program = program(&database);
    let server = program.serve();
    signs_up(&server, "ann");
    server.stop();
    let backup = fs::read(file(&database, "")).unwrap();
    let losses: [Loss; 3] = [
        ("is missing", remove_database),
        ("is empty", |database| fs::write(file(database, ""), b"").unwrap()),
        ("has no tables", |database| {
            remove_database(database);
            rusqlite::Connection::open(file(database, "")).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
        }),
    ];
    for (told, lose) in losses {
        lose(&database);
        let text = does_not_start(&program);
        for part in [told, "restore", "doorward.db.secrets", "remove"] {
            assert!(text.contains(part), "{told}: {text}");
        }
        // No command begins it either.
        for command in [&["user", "list"][..], &["migrate", "up"], &["doctor"], &["user", "unlock", "ann"]] {
            let ran = program.run(command);
            assert_eq!(ran.code, 1, "{command:?}: {ran:?}");
        }
        assert_ne!(fs::metadata(file(&database, "")).map_or(0, |found| found.len()), backup.len() as u64, "{told}");
        // A restored backup starts.
        remove_database(&database);
        fs::write(file(&database, ""), &backup).unwrap();
        let server = program.serve();
        assert!(can_log_in(&server, "ann"), "{told}");
        server.stop();
    }
    // The operator may begin again on purpose.
    remove_database(&database);
    fs::remove_file(file(&database, ".secrets")).unwrap();
    let server = program.serve();
    assert!(!can_log_in(&server, "ann"));
}

#[test]
fn secrets_that_were_made_before_the_database_do_not_prevent_the_first_start() {
    for command in [&["secret", "init"][..], &["secret", "rotate", "pepper"], &["secret", "rotate", "throttle"]] {
        let database = Database::sqlite();
        let program = program(&database);
        assert_eq!(program.run(command).code, 0, "{command:?}");
        let text = fs::read_to_string(file(&database, ".secrets")).unwrap();
        assert!(text.contains("new_database = true"), "{text}");
        program.serve().stop();
        let text = fs::read_to_string(file(&database, ".secrets")).unwrap();
        assert!(!text.contains("new_database"), "{text}");
        remove_database(&database);
        assert!(does_not_start(&program).contains("is missing"), "{command:?}");
    }
}

/// A process that is killed during its first start leaves secrets without a database, or the reverse.
#[test]
fn an_interrupted_first_start_can_be_repeated() {
    let database = Database::sqlite();
    let program = program(&database);
    program.serve().kill();
    remove_database(&database);
    let path = file(&database, ".secrets");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\n[throttle]", "new_database = true\n\n[throttle]")).unwrap();
    signs_up(&program.serve(), "ann");
}

// J3
#[test]
fn a_file_that_is_lost_while_the_server_runs_ends_readiness_and_writes() {
    let losses: [Loss; 6] = [
        ("doorward.db was deleted", |database| fs::remove_file(file(database, "")).unwrap()),
        ("doorward.db was replaced", |database| {
            let copy = file(database, ".copy");
            fs::copy(file(database, ""), &copy).unwrap();
            fs::rename(copy, file(database, "")).unwrap();
        }),
        ("doorward.db was emptied", |database| {
            fs::OpenOptions::new().write(true).open(file(database, "")).unwrap().set_len(0).unwrap();
        }),
        // `doctor` creates a new one.
        ("doorward.db-wal was", |database| fs::remove_file(file(database, "-wal")).unwrap()),
        ("doorward.db-shm was", |database| fs::remove_file(file(database, "-shm")).unwrap()),
        ("doorward.db was deleted", |database| {
            fs::rename(file(database, ""), file(database, ".away")).unwrap();
        }),
    ];
    for (told, lose) in losses {
        let database = Database::sqlite();
        let program = program(&database);
        let server = program.serve();
        signs_up(&server, "ann");
        let mut ann = server.web.clone();
        assert_eq!(ann.log_in("ann", PASSWORD).status, 200);
        assert_eq!(server.web.clone().get("/readyz").status, 200);
        lose(&database);
        let doctor = program.clone().set("server.listen", &server.web.address.to_string()).run(&["doctor"]);
        assert_eq!(doctor.code, 1, "{told}: {doctor:?}");
        assert_eq!(server.web.clone().get("/readyz").status, 503, "{told}");
        let answer = server.web.clone().sign_up("bob", PASSWORD);
        answer.assert_json(503, json!({ "error": "The database cannot be used now" }));
        assert!(answer.header("retry-after").is_some());
        assert_eq!(ann.get("/user/1").status, 503, "{told}");
        assert_eq!(server.web.clone().get("/livez").status, 200);
        let problem = server.web.clone().post("/api/v1/sessions", &json!({ "name": "ann", "password": PASSWORD }));
        let problem: Value = serde_json::from_str(&problem.body).unwrap();
        assert_eq!(problem["code"], "unavailable", "{problem}");
        assert!(!problem.to_string().contains("reached"), "{problem}");
        let (_, printed) = server.stop();
        assert!(printed.contains(told) && printed.contains("restore"), "{told}: {printed}");
    }
}

/// Moving the file away and back loses nothing.
#[test]
fn a_file_that_comes_back_is_used_again() {
    let database = Database::sqlite();
    let server = program(&database).serve();
    let (here, away) = (file(&database, ""), file(&database, ".away"));
    fs::rename(&here, &away).unwrap();
    assert_eq!(server.web.clone().get("/readyz").status, 503);
    fs::rename(&away, &here).unwrap();
    assert_eq!(server.web.clone().get("/readyz").status, 200);
    signs_up(&server, "ann");
}

#[test]
fn an_older_copy_over_a_running_database_is_noticed() {
    let database = Database::sqlite();
    let program = program(&database);
    let server = program.serve();
    signs_up(&server, "ann");
    server.stop();
    let backup = fs::read(file(&database, "")).unwrap();
    let server = program.serve();
    signs_up(&server, "bob");
    server.stop();
    let server = program.serve();
    assert_eq!(server.web.clone().get("/readyz").status, 200);
    fs::write(file(&database, ""), backup).unwrap();
    assert_eq!(server.web.clone().get("/readyz").status, 503);
    assert_eq!(server.web.clone().sign_up("cat", PASSWORD).status, 503);
    assert!(server.printed().contains("overwritten by an older copy"), "{}", server.printed());
}

#[test]
fn a_database_that_is_no_database_is_named() {
    let database = Database::sqlite();
    fs::write(file(&database, ""), [b'x'; 8192]).unwrap();
    let text = does_not_start(&program(&database));
    assert!(text.contains("doorward.db") && text.contains("no SQLite database"), "{text}");
    let text = does_not_start(&program(&database).set("database.url", "sqlite:/no/such/folder/x.db"));
    assert!(text.contains("/no/such/folder/x.db"), "{text}");
}

#[test]
fn a_read_only_file_or_folder_is_named() {
    let database = Database::sqlite();
    let program = program(&database);
    program.serve().stop();
    // No mode stops root.
    let is_root = fs::metadata(database.folder()).unwrap().uid() == 0;
    let (give, user) = match is_root {
        true => ("chown -R 65534:65534 .", "setpriv --reuid 65534 --regid 65534 --clear-groups"),
        false => ("true", "env"),
    };
    for (file, folder, told) in [("400", "700", "read-only"), ("600", "500", "create files in its folder")] {
        for command in ["serve --listen 127.0.0.1:0", "doctor", "user list"] {
            let ran = program.run_shell(&format!(
                "chmod {file} doorward.db; {give}; chmod {folder} .; code=0
                timeout 20 {user} doorward {command} || code=$?
                chmod 700 .; exit $code"
            ));
            assert_eq!(ran.code, 1, "{command}: {ran:?}");
            assert!(ran.stderr.contains(told) && ran.stderr.contains("doorward.db"), "{command}: {ran:?}");
        }
    }
}
