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

/// What happens to a database between two copies of its bare file.
#[derive(Debug, Clone, Copy)]
enum Step {
    SignUp,
    Checkpoint,
    /// A read transaction begins, so that no checkpoint goes beyond it and the log does not begin again.
    Hold,
    Release,
}

/// A bare copy of the file is refused beside the log, unless both together have everything that was acknowledged.
#[test]
fn a_copy_of_any_moment_is_refused_or_complete() {
    use Step::{Checkpoint as C, Hold as H, Release as R, SignUp as S};
    let courses: [&[Step]; 4] = [
        &[S, C, S, C, S, S, C, S],
        &[S, H, S, C, S, R, C, S, C, S, S],
        &[S, C, H, S, C, S, S, C, R, S, C, C, S],
        &[H, S, R, C, S, H, S, C, S, R, S, C, S, S],
    ];
    for course in courses {
        let database = Database::sqlite();
        let program = program(&database);
        let server = program.serve();
        let open = || rusqlite::Connection::open(file(&database, "")).unwrap();
        let (checkpointing, reading) = (open(), open());
        let (mut names, mut copies) = (Vec::new(), Vec::new());
        for (at, step) in course.iter().enumerate() {
            match step {
                S => {
                    let name = format!("user{at}");
                    signs_up(&server, &name);
                    names.push(name);
                }
                C => checkpointing.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).unwrap(),
                H => reading.execute_batch("BEGIN; SELECT COUNT(*) FROM dw_users").unwrap(),
                R => reading.execute_batch("COMMIT").unwrap(),
            }
            copies.push(fs::read(file(&database, "")).unwrap());
        }
        server.kill();
        let log = fs::read(file(&database, "-wal")).unwrap();
        drop((checkpointing, reading));
        for (at, copy) in copies.iter().enumerate() {
            drop(fs::remove_file(file(&database, "-shm")));
            fs::write(file(&database, ""), copy).unwrap();
            fs::write(file(&database, "-wal"), &log).unwrap();
            let listed = program.run(&["user", "list"]);
            let is_complete = names.iter().all(|name| listed.stdout.contains(name.as_str()));
            assert!(listed.code == 1 || is_complete, "{course:?} {at}: {}", listed.stdout);
            assert!(at + 1 < copies.len() || is_complete, "{course:?}: {}", listed.stderr);
        }
    }
}
