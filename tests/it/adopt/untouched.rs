//! What must stay as it was: the old table at all times, and under a scan everything.

use doorward_test_macros::async_test;
use std::{fs, path::Path};

use super::{Move, PLACES, Place, bcrypt, werkzeug};
use crate::support::Database;

async fn some_users(place: Place) -> Move {
    let it = Move::user(place).await;
    it.add(1, "ann", &bcrypt("secret of ann")).await;
    it.add(2, "ＡＮＮ", "in clear").await;
    it.add(9, "bob", "!").await;
    it.remove(9).await;
    it
}

fn bytes(database: &Database) -> Vec<u8> {
    fs::read(database.url.trim_start_matches("sqlite:")).unwrap()
}

#[async_test]
async fn no_command_writes_to_the_old_table() {
    for place in PLACES {
        let it = some_users(place).await;
        let before = it.legacy_table().await;
        let file = (place != Place::Same && it.old.is_sqlite()).then(|| bytes(&it.old));
        for command in ["scan", "run", "status", "run", "scan"] {
            it.adopt(&[command]);
            it.adopt(&[command, "--json"]);
        }
        assert_eq!(it.legacy_table().await, before, "{place:?}");
        if let Some(file) = file {
            assert!(bytes(&it.old) == file, "{place:?}: the file has changed");
            let beside: Vec<_> = files_of(it.old.folder());
            assert_eq!(beside, ["doorward.db"], "{place:?}");
        }
    }
}

fn files_of(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[async_test]
async fn a_scan_makes_no_database_no_table_and_no_key() {
    let it = some_users(Place::Other).await;
    for arguments in [["scan"].as_slice(), &["scan", "--json"]] {
        it.adopt(arguments);
    }
    assert!(files_of(it.own.folder()).is_empty(), "{:?}", files_of(it.own.folder()));
    if !it.own.is_sqlite() {
        assert_eq!(
            it.own.value("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()").await,
            "0"
        );
    }
}

#[async_test]
async fn a_scan_of_a_table_beside_which_doorward_will_live_leaves_the_file_as_it_is() {
    let it = some_users(Place::Same).await;
    let before = it.legacy_table().await;
    let file = it.old.is_sqlite().then(|| bytes(&it.old));
    it.adopt(&["scan"]);
    assert_eq!(it.legacy_table().await, before);
    if let Some(file) = file {
        assert!(bytes(&it.old) == file, "the file has changed");
        assert_eq!(files_of(it.own.folder()), ["doorward.db"]);
    }
}

#[async_test]
async fn a_scan_after_a_run_changes_nothing_here() {
    for place in PLACES {
        let it = some_users(place).await;
        it.adopt(&["run"]);
        let before = it.state().await;
        it.adopt(&["scan"]);
        it.adopt(&["status"]);
        assert_eq!(it.state().await, before, "{place:?}");
    }
}

#[async_test]
async fn doorwards_own_tables_may_stand_beside_the_old_one() {
    let it = Move::users(Place::Same).await;
    it.add(1, "ann", &werkzeug("secret of ann")).await;
    it.adopt(&["run"]);
    let site = it.site().await;
    let mut bob = site.anon();
    assert_eq!(bob.post("/signup", serde_json::json!({ "username": "bob", "password": "secret" })).await.status, 201);
    assert_eq!(it.old.rows("SELECT * FROM users").await.len(), 1);
}
