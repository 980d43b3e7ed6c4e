//! No command changes the legacy table, and a scan changes nothing.

use doorward_test_macros::async_test;
use std::{fs, path::Path};

use super::{LOCATIONS, LegacySetup, Location, bcrypt, werkzeug};
use crate::support::Database;

async fn some_users(location: Location) -> LegacySetup {
    let setup = LegacySetup::user(location).await;
    setup.add(1, "ann", &bcrypt("secret of ann")).await;
    setup.add(2, "ＡＮＮ", "in clear").await;
    setup.add(9, "bob", "!").await;
    setup.remove(9).await;
    setup
}

fn bytes(database: &Database) -> Vec<u8> {
    fs::read(database.url.trim_start_matches("sqlite:")).unwrap()
}

#[async_test]
async fn no_command_writes_to_the_legacy_table() {
    for location in LOCATIONS {
        let setup = some_users(location).await;
        let before = setup.legacy_table().await;
        let file = (location != Location::Same && setup.legacy.is_sqlite()).then(|| bytes(&setup.legacy));
        for command in ["scan", "run", "status", "run", "scan"] {
            setup.adopt(&[command]);
            setup.adopt(&[command, "--json"]);
        }
        assert_eq!(setup.legacy_table().await, before, "{location:?}");
        if let Some(file) = file {
            assert!(bytes(&setup.legacy) == file, "{location:?}: the file has changed");
            let beside: Vec<_> = files_of(setup.legacy.folder());
            assert_eq!(beside, ["doorward.db"], "{location:?}");
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
async fn a_scan_creates_no_database_no_table_and_no_key() {
    let setup = some_users(Location::Other).await;
    for arguments in [["scan"].as_slice(), &["scan", "--json"]] {
        setup.adopt(arguments);
    }
    assert!(files_of(setup.own.folder()).is_empty(), "{:?}", files_of(setup.own.folder()));
    if !setup.own.is_sqlite() {
        assert_eq!(
            setup.own.value("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()").await,
            "0"
        );
    }
}

#[async_test]
async fn a_scan_does_not_change_a_database_that_doorward_will_share() {
    let setup = some_users(Location::Same).await;
    let before = setup.legacy_table().await;
    let file = setup.legacy.is_sqlite().then(|| bytes(&setup.legacy));
    setup.adopt(&["scan"]);
    assert_eq!(setup.legacy_table().await, before);
    if let Some(file) = file {
        assert!(bytes(&setup.legacy) == file, "the file has changed");
        assert_eq!(files_of(setup.own.folder()), ["doorward.db"]);
    }
}

#[async_test]
async fn a_scan_after_a_run_changes_nothing_in_doorward() {
    for location in LOCATIONS {
        let setup = some_users(location).await;
        setup.adopt(&["run"]);
        let before = setup.state().await;
        setup.adopt(&["scan"]);
        setup.adopt(&["status"]);
        assert_eq!(setup.state().await, before, "{location:?}");
    }
}

#[async_test]
async fn doorwards_tables_can_share_a_database_with_the_legacy_table() {
    let setup = LegacySetup::users(Location::Same).await;
    setup.add(1, "ann", &werkzeug("secret of ann")).await;
    setup.adopt(&["run"]);
    let site = setup.site().await;
    let mut bob = site.anon();
    assert_eq!(bob.post("/signup", serde_json::json!({ "username": "bob", "password": "secret" })).await.status, 201);
    assert_eq!(setup.legacy.rows("SELECT * FROM users").await.len(), 1);
}
