//! Users whom a column of the old table shuts out, while the link is there.

use doorward_test_macros::async_test;
use serde_json::json;

use super::{There, is_in, is_out};
use crate::support::{Database, Program};

async fn with_state(columns: &str) -> There {
    let there = There::users().await;
    there.database.execute(&format!("ALTER TABLE users ADD COLUMN {columns}")).await;
    there
}

async fn set(there: &There, id: i64, value: &str) {
    there.database.execute(&format!("UPDATE users SET {value} WHERE id = {id}")).await;
}

#[async_test]
async fn a_server_does_not_start_before_the_operator_has_decided() {
    let there = with_state("status VARCHAR(20) DEFAULT 'active'").await;
    there.add(7, "ann", "first").await;
    let own = Database::new().await;
    let program = Program::new(&own).set("adopt.from", &there.database.url);
    let ran = program.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("status (active in 1)") && ran.stderr.contains("'disabled=status!active'"), "{ran:?}");
    // With write-back, new rows must not be shut out from their first moment.
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
async fn who_is_shut_out_there_is_out_here_and_back_when_that_ends() {
    let there = with_state("banned INT NOT NULL DEFAULT 0").await;
    for (id, name) in [(7, "ann"), (5, "bob")] {
        there.add(id, name, "first").await;
    }
    set(&there, 5, "banned = 1").await;
    let site = there.linked().set("adopt.columns", "disabled=banned!0").start().await;
    let mut ann = site.anon();
    is_in(&ann.log_in("ann", "first").await);
    is_out(&site.anon().log_in("bob", "first").await);
    let reasons = "SELECT DISTINCT reason FROM dw_audit_events WHERE event = 'authn_login_fail'";
    assert_eq!(site.database.value(reasons).await, "disabled_in_old_application");
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "1");
    site.anon().post("/signup", json!({ "username": "Bob", "password": "another" })).await.assert_refused(409, "error");

    set(&there, 7, "banned = 2").await;
    is_out(&site.anon().log_in("ann", "first").await);
    assert_eq!(ann.get("/user/7").await.status, 401);
    // Neither by a password that is set here, nor by one that is set there.
    let mut admin = site.admin("root").await;
    assert_eq!(admin.put("/user/update-password/7", json!({ "password": "set here" })).await.status, 200);
    is_out(&site.anon().log_in("ann", "set here").await);
    there.change(7, "second").await;
    is_out(&site.anon().log_in("ann", "second").await);
    set(&there, 7, "banned = 0").await;
    is_in(&site.anon().log_in("ann", "second").await);
    set(&there, 5, "banned = 0").await;
    is_in(&site.anon().log_in("bob", "first").await);
}

#[async_test]
async fn a_session_of_one_who_was_shut_out_changes_no_password() {
    let there = with_state("deleted_at VARCHAR(40)").await;
    there.add(7, "ann", "first").await;
    let site = there.linked().set("adopt.columns", "disabled=deleted_at!null").start().await;
    let mut ann = site.anon();
    is_in(&ann.log_in("ann", "first").await);
    set(&there, 7, "deleted_at = '2024-01-01'").await;
    assert_eq!(ann.put("/user/update-password/7", json!({ "password": "mine again" })).await.status, 401);
    for password in ["first", "mine again"] {
        is_out(&site.anon().log_in("ann", password).await);
    }
}

#[async_test]
async fn a_deleted_row_is_never_in_the_way_of_the_one_in_use() {
    let there = with_state("deleted_at VARCHAR(40)").await;
    if there.database.is_sqlite() {
        // Another letter case is another name there.
        there.add(3, "ANN", "first").await;
    } else {
        there.database.execute("ALTER TABLE users DROP INDEX username").await;
        there.add(3, "ann", "first").await;
    }
    set(&there, 3, "deleted_at = '2024-01-01'").await;
    there.add(9, "ann", "second").await;
    let site = there.linked().set("adopt.columns", "disabled=deleted_at!null").start().await;
    is_out(&site.anon().log_in("ann", "first").await);
    is_in(&site.anon().log_in("ann", "second").await);
    assert_eq!(site.database.value("SELECT id FROM dw_users WHERE name = 'ann'").await, "9");
}
