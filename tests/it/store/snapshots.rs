//! SQLite readers that keep their snapshot see every commit and do not prevent checkpoints of the write-ahead log.
//!
//! These tests apply to SQLite alone. On MySQL every read queries the server.

use doorward::{model::UserId, ops::accounts::disable};
use doorward_test_macros::async_test;
use serde_json::json;

use crate::support::Site;

#[async_test]
async fn a_read_sees_what_another_connection_committed_before_it() {
    let site = Site::new().await;
    if !site.database.is_sqlite() {
        return;
    }
    let mut ann = site.user("ann").await;
    for round in 0..50 {
        ann.get("/user/1").await;
        // A write outside this process's pool, as by another process.
        site.database.set_shown_name(1, &format!("ann {round}")).await;
        ann.get("/user/1").await.assert_json(200, json!({ "username": format!("ann {round}") }));
    }
    site.database.remove_sessions().await;
    assert_eq!(ann.get("/user/1").await.status, 401);
}

#[async_test]
async fn a_snapshot_is_kept_from_the_first_read_until_a_write_begins() {
    let site = Site::new().await;
    if !site.database.is_sqlite() {
        return;
    }
    let mut ann = site.user("ann").await;
    assert_eq!(ann.get("/user/1").await.status, 200);
    // A checkpoint that must empty the log returns "busy" while a reader uses the log.
    let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
    assert_eq!(site.database.rows(checkpoint).await[0][0], "1");
    assert!(disable::enable_as_operator(&site.app, UserId(1)).await.unwrap());
    assert_eq!(site.database.rows(checkpoint).await[0][0], "0");
}

#[async_test]
async fn reads_between_writes_do_not_prevent_checkpoints() {
    const WRITES: u64 = 2500;
    // SQLite makes a checkpoint at a thousand pages. Without a reset, the log would contain all the writes.
    const CHECKPOINT: u64 = 1000 * 4096;
    let site = Site::new().await;
    if !site.database.is_sqlite() {
        return;
    }
    let mut ann = site.user("ann").await;
    for _ in 0..WRITES {
        assert!(disable::enable_as_operator(&site.app, UserId(1)).await.unwrap());
        assert_eq!(ann.get("/user/1").await.status, 200);
    }
    let log = std::fs::metadata(site.database.folder().join("doorward.db-wal")).unwrap().len();
    assert!(log < 2 * CHECKPOINT, "{log} bytes for {WRITES} writes");
}
