//! An SQLite file of another program is read completely, and nothing beside it is created, changed or deleted. A silent
//! server ends a command.

use std::{collections::BTreeMap, net::TcpListener, path::Path};

use doorward_test_macros::async_test;

use super::{bcrypt, log_in};
use crate::support::{Database, Program, Site};

/// The files of a folder, with their content.
fn files_of(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries
        .map(|entry| {
            let entry = entry.unwrap();
            (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())
        })
        .collect()
}

/// A table of users in a file in WAL mode, with one user in the file and one in the WAL.
fn in_wal_mode(folder: &Path) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(folder.join("app.db")).unwrap();
    let hash = bcrypt("a secret");
    connection
        .execute_batch(&format!(
            "PRAGMA journal_mode = WAL;
             CREATE TABLE users (id INTEGER PRIMARY KEY, username TEXT, password TEXT);
             INSERT INTO users VALUES (1, 'ann', '{hash}');
             PRAGMA wal_checkpoint(TRUNCATE);
             INSERT INTO users VALUES (2, 'bob', '{hash}');"
        ))
        .unwrap();
    connection
}

/// Scans and imports the file, which must have this number of rows, and must stay as it is.
async fn is_only_read(folder: &Path, rows: usize) {
    let before = files_of(folder);
    let own = Database::new().await;
    let program = Program::new(&own);
    let from = format!("sqlite:{}", folder.join("app.db").display());
    for command in ["scan", "run", "status"] {
        let ran = program.run(&["adopt", command, "--from", &from]);
        assert_eq!(ran.code, 0, "{command}: {ran:?}");
        assert!(files_of(folder) == before, "{command}: {:?}", files_of(folder).keys());
    }
    assert_eq!(own.value("SELECT COUNT(*) FROM dw_users").await, rows.to_string());
}

#[async_test]
async fn a_file_in_wal_mode_is_read_with_its_wal_and_stays_as_it_is() {
    let running = tempfile::tempdir().unwrap();
    let application = in_wal_mode(running.path());
    is_only_read(running.path(), 2).await;

    // A program that was killed leaves its WAL, and the index of it may be outdated.
    for index in [true, false] {
        let killed = tempfile::tempdir().unwrap();
        for name in ["app.db", "app.db-wal", "app.db-shm"] {
            std::fs::copy(running.path().join(name), killed.path().join(name)).unwrap();
        }
        if !index {
            std::fs::write(killed.path().join("app.db-shm"), b"").unwrap();
        }
        is_only_read(killed.path(), 2).await;
    }

    // Without the index, the changes cannot be read, and the file alone would lack them.
    let copied = tempfile::tempdir().unwrap();
    for name in ["app.db", "app.db-wal"] {
        std::fs::copy(running.path().join(name), copied.path().join(name)).unwrap();
    }
    let before = files_of(copied.path());
    let from = format!("sqlite:{}", copied.path().join("app.db").display());
    let ran = Program::new(&Database::new().await).run(&["adopt", "scan", "--from", &from]);
    assert!(ran.code == 1 && ran.stderr.contains("has a file -wal with changes"), "{ran:?}");
    assert!(files_of(copied.path()) == before);

    // A program that ended leaves only the file.
    drop(application);
    assert_eq!(files_of(running.path()).len(), 1);
    is_only_read(running.path(), 2).await;
}

#[async_test]
async fn the_sync_sees_what_a_program_writes_after_it_opened_the_file() {
    let folder = tempfile::tempdir().unwrap();
    drop(in_wal_mode(folder.path()));
    let url = format!("sqlite:{}", folder.path().join("app.db").display());
    let site = Site::builder().database(Database::new().await).set("adopt.from", &url).start().await;
    assert_eq!(log_in(&site, "ann", "a secret").await.0, 200);
    // Each request of some applications opens and closes the file.
    for secret in ["a second secret", "a third secret"] {
        let application = rusqlite::Connection::open(folder.path().join("app.db")).unwrap();
        application.execute("UPDATE users SET password = ? WHERE id = 1", [bcrypt(secret)]).unwrap();
        assert_eq!(log_in(&site, "ann", secret).await.0, 200, "{secret}, while the file is open");
        drop(application);
        assert_eq!(log_in(&site, "ann", secret).await.0, 200, "{secret}, after the file was closed");
    }
    assert_eq!(log_in(&site, "ann", "a secret").await.0, 401);
}

#[async_test]
async fn a_silent_server_ends_the_command() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let from = format!("mysql://app@{}/app", silent.local_addr().unwrap());
    let program = Program::new(&Database::new().await);
    for command in ["scan", "run"] {
        // The limit for one query is minutes.
        let ran = program.run(&["adopt", command, "--from", &from]);
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.stderr.contains("the legacy database: no answer before the deadline"), "{ran:?}");
    }
}
