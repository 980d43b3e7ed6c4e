//! Users whom a column of the legacy table disables, while the sync is on.

use doorward_test_macros::async_test;
use serde_json::json;

use super::{LegacyTable, assert_logged_in, assert_login_refused};
use crate::support::{Database, Program};

async fn with_state(columns: &str) -> LegacyTable {
    let legacy = LegacyTable::users().await;
    legacy.database.execute(&format!("ALTER TABLE users ADD COLUMN {columns}")).await;
    legacy
}

async fn set(legacy: &LegacyTable, id: i64, value: &str) {
    legacy.database.execute(&format!("UPDATE users SET {value} WHERE id = {id}")).await;
}

#[async_test]
async fn a_server_needs_the_operators_decision_on_a_state_column() {
    let legacy = with_state("status VARCHAR(20) DEFAULT 'active'").await;
    legacy.add(7, "ann", "first").await;
    let own = Database::new().await;
    let program = Program::new(&own).set("adopt.from", &legacy.database.url);
    let ran = program.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("status (active in 1)") && ran.stderr.contains("'disabled=status!active'"), "{ran:?}");
    // With write-back, new rows must not be disabled by the column's default.
    let program = program.set("adopt.write_back", "true");
    let refused =
        program.clone().set("adopt.columns", "disabled=status!trial").run(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(
        refused.code == 1 && refused.stderr.contains("since a new row has active in the column status"),
        "{refused:?}"
    );
    let server = program.set("adopt.columns", "disabled=status!active").serve();
    assert_eq!(server.web.clone().log_in("ann", "first").status, 200);
}

#[async_test]
async fn a_user_disabled_by_a_legacy_column_is_refused_until_enabled() {
    let legacy = with_state("banned INT NOT NULL DEFAULT 0").await;
    for (id, name) in [(7, "ann"), (5, "bob")] {
        legacy.add(id, name, "first").await;
    }
    set(&legacy, 5, "banned = 1").await;
    let site = legacy.synced().set("adopt.columns", "disabled=banned!0").start().await;
    let mut ann = site.anon();
    assert_logged_in(&ann.log_in("ann", "first").await);
    assert_login_refused(&site.anon().log_in("bob", "first").await);
    let reasons = "SELECT DISTINCT reason FROM dw_audit_events WHERE event = 'authn_login_fail'";
    assert_eq!(site.database.value(reasons).await, "disabled_in_old_application");
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "1");
    site.anon().post("/signup", json!({ "username": "Bob", "password": "another" })).await.assert_refused(409, "error");

    set(&legacy, 7, "banned = 2").await;
    assert_login_refused(&site.anon().log_in("ann", "first").await);
    assert_eq!(ann.get("/user/7").await.status, 401);
    // Neither a password set in Doorward nor one set in the legacy table helps.
    let mut admin = site.admin("root").await;
    assert_eq!(admin.put("/user/update-password/7", json!({ "password": "set here" })).await.status, 200);
    assert_login_refused(&site.anon().log_in("ann", "set here").await);
    legacy.change(7, "second").await;
    assert_login_refused(&site.anon().log_in("ann", "second").await);
    set(&legacy, 7, "banned = 0").await;
    assert_logged_in(&site.anon().log_in("ann", "second").await);
    set(&legacy, 5, "banned = 0").await;
    assert_logged_in(&site.anon().log_in("bob", "first").await);
}

#[async_test]
async fn a_session_of_a_user_disabled_by_a_legacy_column_cannot_change_the_password() {
    let legacy = with_state("deleted_at VARCHAR(40)").await;
    legacy.add(7, "ann", "first").await;
    let site = legacy.synced().set("adopt.columns", "disabled=deleted_at!null").start().await;
    let mut ann = site.anon();
    assert_logged_in(&ann.log_in("ann", "first").await);
    set(&legacy, 7, "deleted_at = '2024-01-01'").await;
    assert_eq!(ann.put("/user/update-password/7", json!({ "password": "mine again" })).await.status, 401);
    for password in ["first", "mine again"] {
        assert_login_refused(&site.anon().log_in("ann", password).await);
    }
}

#[async_test]
async fn a_deleted_legacy_row_does_not_hide_the_row_in_use() {
    let legacy = with_state("deleted_at VARCHAR(40)").await;
    if legacy.database.is_sqlite() {
        // SQLite's unique index allows another letter case.
        legacy.add(3, "ANN", "first").await;
    } else {
        legacy.database.execute("ALTER TABLE users DROP INDEX username").await;
        legacy.add(3, "ann", "first").await;
    }
    set(&legacy, 3, "deleted_at = '2024-01-01'").await;
    legacy.add(9, "ann", "second").await;
    let site = legacy.synced().set("adopt.columns", "disabled=deleted_at!null").start().await;
    assert_login_refused(&site.anon().log_in("ann", "first").await);
    assert_logged_in(&site.anon().log_in("ann", "second").await);
    assert_eq!(site.database.value("SELECT id FROM dw_users WHERE name = 'ann'").await, "9");
}
