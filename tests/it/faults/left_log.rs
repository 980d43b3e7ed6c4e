//! The log that a killed process leaves beside an SQLite file: applied if it belongs to the file, and refused otherwise.

use std::{fs, path::Path};

use super::lost_file::{can_log_in, does_not_start, file, program, signs_up};
use crate::support::{Database, Program, eventually};

/// Leaves the state of a killed server: a database, and a log with commits that it lacks.
fn killed_after(program: &Program, names: &[&str]) {
    let server = program.serve();
    names.iter().for_each(|name| signs_up(&server, name));
    server.kill();
}

/// A change of a database, and its name.
type Named = (&'static str, fn(&Database));

fn copy(from: &Path, to: &Path) {
    fs::write(to, fs::read(from).unwrap()).unwrap();
}

// After a kill and a restored backup, the log of the killed process must not be mixed into the backup.
#[test]
fn the_log_of_another_version_of_the_database_is_refused() {
    let makers: [Named; 3] = [
        ("a copy of the stopped database", |database| copy(&file(database, ""), &file(database, ".backup"))),
        ("VACUUM INTO", |database| {
            let into = format!("VACUUM INTO '{}'", file(database, ".backup").display());
            rusqlite::Connection::open(file(database, "")).unwrap().execute_batch(&into).unwrap();
        }),
        ("another installation", |database| {
            let other = Database::sqlite();
            let server = program(&other).serve();
            signs_up(&server, "eve");
            server.stop();
            copy(&file(&other, ""), &file(database, ".backup"));
        }),
    ];
    for (what, back_up) in makers {
        let database = Database::sqlite();
        let program = program(&database);
        let server = program.serve();
        signs_up(&server, "ann");
        server.stop();
        back_up(&database);
        let server = program.serve();
        signs_up(&server, "bob");
        server.stop();
        killed_after(&program, &["cat"]);
        copy(&file(&database, ".backup"), &file(&database, ""));
        let text = does_not_start(&program);
        for told in ["doorward.db-wal does not belong to", "restored from a backup", "remove"] {
            assert!(text.contains(told), "{what}: {text}");
        }
        assert_eq!(program.run(&["user", "list"]).code, 1, "{what}");
        if what == "another installation" {
            continue;
        }
        // As the message says.
        fs::remove_file(file(&database, "-wal")).unwrap();
        fs::remove_file(file(&database, "-shm")).unwrap();
        let server = program.serve();
        assert!(can_log_in(&server, "ann") && !can_log_in(&server, "bob") && !can_log_in(&server, "cat"), "{what}");
    }
}

#[test]
fn a_log_without_its_database_is_refused() {
    let database = Database::sqlite();
    let program = program(&database);
    killed_after(&program, &["ann"]);
    fs::remove_file(file(&database, "")).unwrap();
    fs::remove_file(file(&database, ".secrets")).unwrap();
    assert!(does_not_start(&program).contains("doorward.db-wal does not belong to"));
    assert!(file(&database, "-wal").exists());
}

/// The log of a killed server is applied, and the log says so.
#[test]
fn the_own_log_of_a_killed_server_is_applied() {
    let database = Database::sqlite();
    let program = program(&database);
    let mut held = None;
    for (round, name) in ["ann", "bob", "cat", "dan"].into_iter().enumerate() {
        let server = program.serve();
        let told = "commits of a process that was killed";
        if round > 0 {
            eventually("the line of the log", || server.printed().contains(told).then_some(()));
        }
        signs_up(&server, name);
        // Another process writes to the same file.
        assert_eq!(program.run(&["user", "disable", name]).code, 0);
        assert_eq!(program.run(&["user", "enable", name]).code, 0);
        if round == 2 {
            let connection = rusqlite::Connection::open(file(&database, "")).unwrap();
            connection.execute_batch("CREATE TABLE other (a); INSERT INTO other VALUES (1); VACUUM").unwrap();
            // Its end over a killed server would end the log.
            held = Some(connection);
        }
        server.kill();
    }
    let server = program.serve();
    for name in ["ann", "bob", "cat", "dan"] {
        assert!(can_log_in(&server, name), "{name}");
    }
    drop(held);
}
