//! Damaged names of the legacy table, while the sync is on. A login and a sign-up use the same repair.

use doorward_test_macros::async_test;

use super::{LegacyTable, assert_logged_in, assert_login_refused};
use crate::support::{Database, Program};

async fn table() -> LegacyTable {
    let legacy = LegacyTable::users().await;
    for (id, name) in [(3, "JÃ¼rgen"), (4, "M&uuml;ller"), (5, "O&#39;Hara"), (6, "ZoÃƒÂ«"), (7, "Stra\u{c3}\u{9f}e")]
    {
        legacy.add(id, name, &format!("secret {id}")).await;
    }
    legacy
}

#[async_test]
async fn a_login_finds_the_row_of_a_repaired_name() {
    let site = table().await.synced().set("adopt.repair", "utf8,entities").start().await;
    for (id, name) in [(3, "Jürgen"), (4, "Müller"), (5, "O'Hara"), (6, "Zoë"), (7, "Straße")] {
        // The name is taken before its user was adopted, and after.
        for _ in 0..2 {
            let reply =
                site.anon().post("/signup", serde_json::json!({ "username": name, "password": "another" })).await;
            reply.assert_refused(409, "error");
            assert_login_refused(&site.anon().log_in(name, "wrong").await);
            assert_logged_in(&site.anon().log_in(name, &format!("secret {id}")).await);
        }
        assert_eq!(site.database.value(&format!("SELECT name FROM dw_users WHERE id = {id}")).await, name);
    }
    assert_login_refused(&site.anon().log_in("JÃ¼rgen", "secret 3").await);
}

#[async_test]
async fn a_damaged_name_is_not_adopted_by_a_login() {
    let legacy = table().await;
    let site = legacy.synced().start().await;
    for (id, name) in [(3, "Jürgen"), (3, "JÃ¼rgen"), (4, "Müller"), (4, "M&uuml;ller"), (6, "ZoÃƒÂ«")] {
        assert_login_refused(&site.anon().log_in(name, &format!("secret {id}")).await);
    }
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "0");
    let reason =
        "SELECT DISTINCT reason FROM dw_audit_events WHERE event = 'authn_login_fail' AND reason <> 'unknown_name'";
    assert_eq!(site.database.value(reason).await, "not_adoptable");
    // With the operator's word the name is the one that is stored.
    let site = legacy.synced().set("adopt.repair", "none").start().await;
    assert_logged_in(&site.anon().log_in("JÃ¼rgen", "secret 3").await);
    assert_login_refused(&site.anon().log_in("Jürgen", "secret 3").await);
}

#[async_test]
async fn a_user_who_was_adopted_under_a_damaged_name_stays() {
    let legacy = table().await;
    let site = legacy.synced().set("adopt.repair", "none").start().await;
    assert_logged_in(&site.anon().log_in("JÃ¼rgen", "secret 3").await);
    for later in ["", "utf8"] {
        let site = legacy.synced().set("adopt.repair", later).database(site.database.clone()).start().await;
        assert_logged_in(&site.anon().log_in("JÃ¼rgen", "secret 3").await);
    }
    let program = Program::new(&Database::new().await).set("adopt.from", &legacy.database.url);
    let program = program.set("adopt.repair", "utf8").set("adopt.write_back", "true");
    let refused = program.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(refused.code == 1 && refused.stderr.contains("cannot write names"), "{refused:?}");
}
