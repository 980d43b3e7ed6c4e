//! The sync of the real server: its start, and its key in the secrets file.

use doorward_test_macros::async_test;
use serde_json::json;

use super::LegacyTable;
use crate::support::{Database, Program};

#[async_test]
async fn a_synced_server_creates_its_key_and_accepts_legacy_users() {
    let legacy = LegacyTable::users().await;
    legacy.add(41, "ann", "first").await;
    let own = Database::new().await;
    let program = Program::new(&own).set("adopt.from", &legacy.database.url).set("adopt.write_back", "true");
    let server = program.serve();
    let mut web = server.web.clone();
    web.log_in("ann", "first").assert_json(200, json!({ "message": "Login successful" }));
    assert_eq!(web.sign_up("bob", "the password").status, 201);
    let (_, printed) = server.stop();
    assert!(printed.contains("synchronised with the legacy table"), "{printed}");
    assert!(!printed.contains("pbkdf2"), "{printed}");
    assert_eq!(legacy.rows().await.len(), 2);

    // Without the key, or with another one, the server does not start. With the first key it does.
    let file = own.secrets_file();
    let kept = std::fs::read_to_string(&file).unwrap();
    let (rest, section) = kept.split_once("[adopt]").unwrap();
    let key = section.split('"').nth(1).unwrap();
    let other: String = key.chars().rev().collect();
    for refused in [rest.to_owned(), kept.replace(key, &other)] {
        std::fs::write(&file, &refused).unwrap();
        let ran = program.run(&["serve", "--listen", "127.0.0.1:0"]);
        assert!(ran.code == 1 && ran.stderr.contains("`adopt.1`"), "{ran:?}");
        assert!(!ran.stderr.contains(key) && !ran.stderr.contains(&other), "{ran:?}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), refused, "the server must not create a new key");
    }
    std::fs::write(&file, &kept).unwrap();
    let server = program.serve();
    assert_eq!(server.web.clone().log_in("bob", "the password").status, 200);
}

#[async_test]
async fn a_moved_table_is_accepted_after_the_operators_command() {
    let (legacy, elsewhere) = (LegacyTable::users().await, LegacyTable::users().await);
    for table in [&legacy, &elsewhere] {
        table.add(41, "ann", "first").await;
    }
    let own = Database::new().await;
    let program = Program::new(&own);
    let before = program.clone().set("adopt.from", &legacy.database.url);
    assert_eq!(before.run(&["adopt", "run"]).code, 0);
    let after = program.set("adopt.from", &elsewhere.database.url);
    for command in [["adopt", "run"], ["serve", "--listen=127.0.0.1:0"]] {
        let ran = after.run(&command);
        assert!(ran.code == 1 && ran.stderr.contains("doorward adopt moved"), "{ran:?}");
    }
    assert_eq!(after.run(&["adopt", "moved"]).code, 0);
    assert_eq!(after.run(&["adopt", "run"]).code, 0);
    assert_eq!(before.run(&["adopt", "run"]).code, 1);
}
