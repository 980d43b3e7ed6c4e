//! Logins while the legacy application still runs: which users and passwords are accepted.

use doorward::ops::legacy::{self, run};
use doorward_test_macros::async_test;
use serde_json::json;

use super::{LegacyTable, assert_logged_in, assert_login_refused};
use crate::support::{Site, site::password_of};

async fn count_users(site: &Site) -> String {
    site.database.value("SELECT COUNT(*) FROM dw_users").await
}

#[async_test]
async fn a_legacy_user_is_adopted_at_the_first_login() {
    for legacy in
        [LegacyTable::users().await, LegacyTable::user().await, LegacyTable::user_in_the_same_database().await]
    {
        legacy.add(41, "Ann", "the old password").await;
        legacy.add(57, "bob", "another password").await;
        let before = legacy.rows().await;
        let site = legacy.synced().start().await;
        let mut ann = site.anon();

        assert_login_refused(&ann.log_in("ann", "another password").await);
        assert_login_refused(&ann.log_in("nobody", "the old password").await);
        assert_eq!(count_users(&site).await, "0");

        assert_logged_in(&ann.log_in(" ann", "the old password").await);
        // The id and the name are those of the legacy row.
        ann.get("/user/41").await.assert_json(200, json!({ "username": "Ann" }));
        assert_logged_in(&site.anon().log_in("ANN", "the old password").await);
        assert_login_refused(&site.anon().log_in("Ann", "the old passwor").await);
        assert_eq!(count_users(&site).await, "1");
        assert_eq!(legacy.rows().await, before);
    }
}

#[async_test]
async fn a_value_of_unknown_form_is_never_a_clear_text_password() {
    let legacy = LegacyTable::user().await;
    let values =
        ["gr\u{fc}ne Heide", "hunter2", "correct horse battery staple", "1|8d2e0ee4c3b9ba0b", "3610a686", ":A:ab"];
    for (id, value) in (3..).zip(values) {
        legacy.add_row(id, &format!("user {id}"), value).await;
    }
    let before = legacy.rows().await;
    let site = legacy.synced().start().await;
    for (id, value) in (3..).zip(values) {
        assert_login_refused(&site.anon().log_in(&format!("user {id}"), value).await);
    }
    assert_eq!((count_users(&site).await, legacy.rows().await), ("0".to_owned(), before));
    let reasons = "SELECT DISTINCT reason FROM dw_audit_events WHERE event = 'authn_login_fail'";
    assert_eq!(site.database.value(reasons).await, "not_adoptable");
}

#[async_test]
async fn an_accepted_clear_text_password_stays_valid_with_sync() {
    let legacy = LegacyTable::user().await;
    legacy.add_row(3, "ann", "gr\u{fc}ne Heide").await;
    let site = legacy.synced().start().await;
    let wanted = run::RunOptions { is_linked: true, plain_text: legacy::PlainText::Accept };
    run::run(&site.app, wanted, &mut NoObserver).await.unwrap();
    let mut ann = site.anon();
    assert_logged_in(&ann.log_in("ann", "gr\u{fc}ne Heide").await);
    assert_login_refused(&site.anon().log_in("ann", "gr\u{fc}ne heide").await);
    assert_eq!(ann.put("/user/update-password/3", json!({ "password": "set here" })).await.status, 200);
    assert_logged_in(&site.anon().log_in("ann", "set here").await);
    // Another clear text in the legacy table invalidates the password, and is not accepted itself.
    legacy.set(3, "hunter2").await;
    for password in ["set here", "gr\u{fc}ne Heide", "hunter2"] {
        assert_login_refused(&site.anon().log_in("ann", password).await);
    }
    assert_eq!(ann.get("/user/3").await.status, 401);
    // An administrator may set a new password.
    let mut admin = site.admin("root").await;
    assert_eq!(admin.put("/user/update-password/3", json!({ "password": "set anew" })).await.status, 200);
    assert_logged_in(&site.anon().log_in("ann", "set anew").await);
    assert_login_refused(&site.anon().log_in("ann", "hunter2").await);
}

/// Ignores all progress.
struct NoObserver;

impl run::ProgressObserver for NoObserver {
    fn left_behind(&mut self, _: &legacy::LeftRow) {}

    fn progress(&mut self, _: run::AdoptionProgress) -> std::ops::ControlFlow<()> {
        std::ops::ControlFlow::Continue(())
    }
}

#[async_test]
async fn values_of_the_legacy_table_are_not_accepted_as_passwords() {
    let legacy = LegacyTable::users().await;
    legacy.add(1, "ann", "the old password").await;
    let (_, hash) = legacy.row("ann").await;
    for (id, name, value) in
        [(2, "empty", ""), (3, "locked", "!"), (4, "star", "*"), (5, "cut", &hash[..60]), (6, "noop", "{noop}word")]
    {
        legacy.add_row(id, name, value).await;
    }
    let site = legacy.synced().start().await;
    for name in ["ann", "empty", "locked", "star", "cut", "noop"] {
        let (_, value) = legacy.row(name).await;
        for password in [value.as_str(), "word", " "] {
            if !password.is_empty() {
                assert_login_refused(&site.anon().log_in(name, password).await);
            }
        }
    }
    assert_eq!(count_users(&site).await, "0");
}

#[async_test]
async fn a_changed_legacy_password_wins_and_ends_the_sessions() {
    for legacy in [LegacyTable::users().await, LegacyTable::user_in_the_same_database().await] {
        legacy.add(7, "ann", "first").await;
        let site = legacy.synced().start().await;
        let mut before = site.anon();
        assert_logged_in(&before.log_in("ann", "first").await);

        legacy.change(7, "second").await;
        assert_login_refused(&site.anon().log_in("ann", "first").await);
        // The session ends only once the new password has been used. A wrong password changes nothing.
        before.get("/user/7").await.assert_json(200, json!({ "username": "ann" }));
        let mut after = site.anon();
        assert_logged_in(&after.log_in("ann", "second").await);
        before.get("/user/7").await.assert_json(401, json!({ "message": "Unauthorized" }));
        after.get("/user/7").await.assert_json(200, json!({ "username": "ann" }));
        assert_logged_in(&site.anon().log_in("ann", "second").await);
        assert_login_refused(&site.anon().log_in("ann", "first").await);

        // The legacy application's own change stores clear text: no password is accepted before another change.
        legacy.set(7, "third of all").await;
        assert_login_refused(&site.anon().log_in("ann", "second").await);
        assert_login_refused(&site.anon().log_in("ann", "third of all").await);
        legacy.change(7, "fourth").await;
        assert_logged_in(&site.anon().log_in("ann", "fourth").await);
    }
}

#[async_test]
async fn another_table_is_not_accepted_in_place_of_the_adopted_one() {
    let (legacy, other) = (LegacyTable::users().await, LegacyTable::users().await);
    legacy.add(7, "ann", "first").await;
    other.add(7, "ann", "a stranger's").await;
    let site = legacy.synced().start().await;
    assert_logged_in(&site.anon().log_in("ann", "first").await);
    let keys = [("adopt.from", other.database.url.as_str())];
    let astray = site.another_node(&keys).await;
    for password in ["a stranger's", "first"] {
        assert_eq!(astray.anon().log_in("ann", password).await.status, 500);
    }
    assert_logged_in(&site.anon().log_in("ann", "first").await);
    // After `adopt moved`, the new table is accepted.
    let old = astray.app.legacy.as_ref().unwrap();
    assert!(legacy::moved(&astray.app, old).await.unwrap().is_some_and(|before| before.starts_with("users in ")));
    let moved = site.another_node(&keys).await;
    assert_logged_in(&moved.anon().log_in("ann", "a stranger's").await);
}

/// Where the legacy database compares names exactly, the earliest row of a name still owns it.
#[async_test]
async fn a_row_with_the_name_of_an_earlier_row_is_not_adopted() {
    let legacy = LegacyTable::users().await;
    if !legacy.database.is_sqlite() {
        let exact = "ALTER TABLE users MODIFY username VARCHAR(100) COLLATE utf8mb4_bin NOT NULL";
        legacy.database.execute(exact).await;
    }
    legacy.add(7, "McDonald", "first").await;
    legacy.add(20, "mcdonald", "the second's").await;
    let site = legacy.synced().start().await;
    assert_login_refused(&site.anon().log_in("mcdonald", "the second's").await);
    let sign_up = json!({ "username": "mCdOnAlD", "password": "a third's" });
    site.anon().post("/signup", sign_up).await.assert_refused(409, "error");
    assert_logged_in(&site.anon().log_in("McDonald", "first").await);
    assert_login_refused(&site.anon().log_in("mcdonald", "the second's").await);
}

#[async_test]
async fn a_name_in_both_tables_belongs_to_the_local_user() {
    let legacy = LegacyTable::users().await;
    let site = legacy.synced().start().await;
    site.create("Ann", "user").await;
    legacy.add(900, "ann", "the password of there").await;
    assert_login_refused(&site.anon().log_in("ann", "the password of there").await);
    assert_logged_in(&site.anon().log_in("ann", &password_of("Ann")).await);
    // Accents distinguish names, whatever the legacy database's collation.
    legacy.add(901, "jos\u{e9}", "the password of there").await;
    assert_login_refused(&site.anon().log_in("jose", "the password of there").await);
    assert_logged_in(&site.anon().log_in("JOS\u{c9}", "the password of there").await);
}

#[async_test]
async fn a_legacy_user_whose_id_is_taken_is_not_adopted() {
    let legacy = LegacyTable::users().await;
    let site = legacy.synced().start().await;
    let id = site.create("root", "admin").await;
    legacy.add(id, "ann", "first").await;
    assert_login_refused(&site.anon().log_in("ann", "first").await);
    assert_eq!(count_users(&site).await, "1");
    assert_logged_in(&site.anon().log_in("root", &password_of("root")).await);
}

#[async_test]
async fn concurrent_logins_adopt_once_and_all_succeed() {
    let legacy = LegacyTable::users().await;
    legacy.add(7, "ann", "first").await;
    // Throttling would reject some of these logins.
    let site = legacy.synced().set("throttle.enabled", "false").start().await;
    let other = site.another_node(&[("adopt.from", &legacy.database.url), ("throttle.enabled", "false")]).await;
    for password in ["first", "second"] {
        legacy.change(7, password).await;
        let logins: Vec<_> = (0..8)
            .map(|number| {
                let mut client = if number % 2 == 0 { site.anon() } else { other.anon() };
                tokio::spawn(async move { client.log_in("ann", password).await })
            })
            .collect();
        for login in logins {
            assert_logged_in(&login.await.unwrap());
        }
        assert_eq!(count_users(&site).await, "1");
    }
}

#[async_test]
async fn without_the_legacy_table_logins_fail_and_sessions_stay_valid() {
    let legacy = LegacyTable::users().await;
    legacy.add(7, "ann", "first").await;
    let site = legacy.synced().start().await;
    let mut ann = site.anon();
    assert_logged_in(&ann.log_in("ann", "first").await);
    legacy.database.execute("ALTER TABLE users RENAME TO elsewhere").await;
    for (name, password) in [("ann", "first"), ("ann", "wrong"), ("nobody", "first")] {
        let reply = site.anon().log_in(name, password).await;
        assert!(reply.status.is_server_error() && reply.set_cookie().is_none(), "{}", reply.text());
        assert!(!reply.text().contains("users"), "{}", reply.text());
    }
    ann.get("/user/7").await.assert_json(200, json!({ "username": "ann" }));
    legacy.database.execute("ALTER TABLE elsewhere RENAME TO users").await;
    assert_logged_in(&site.anon().log_in("ann", "first").await);
}

#[async_test]
async fn a_node_with_another_key_accepts_no_login_and_changes_nothing() {
    let legacy = LegacyTable::users().await;
    legacy.add(7, "ann", "first").await;
    let site = legacy.synced().start().await;
    assert_logged_in(&site.anon().log_in("ann", "first").await);
    let fingerprint = "SELECT fingerprint, password_set_locally_at FROM dw_adoptions";
    let before = site.database.rows(fingerprint).await;
    // This node has other secrets.
    let other = Site::builder().database(site.database.clone()).set("adopt.from", &legacy.database.url).start().await;
    assert_eq!(other.anon().log_in("ann", "first").await.status, 500);
    assert_eq!(site.database.rows(fingerprint).await, before);
    assert_logged_in(&site.anon().log_in("ann", "first").await);
}

#[async_test]
async fn a_user_shut_out_by_sync_stays_out_without_it() {
    let legacy = LegacyTable::users().await;
    let site = legacy.synced().start().await;
    for (id, name) in [(7, "ann"), (8, "bob"), (9, "cid")] {
        legacy.add(id, name, "first").await;
        let mut client = site.anon();
        assert_logged_in(&client.log_in(name, "first").await);
        if name != "ann" {
            let change = json!({ "password": "set here" });
            assert_eq!(client.put(&format!("/user/update-password/{id}"), change).await.status, 200);
        }
    }
    legacy.remove(7).await;
    legacy.set(8, "!").await;
    legacy.remove(9).await;
    assert_login_refused(&site.anon().log_in("ann", "first").await);
    assert_login_refused(&site.anon().log_in("bob", "set here").await);
    assert_logged_in(&site.anon().log_in("cid", "set here").await);
    let alone = Site::builder().database(site.database.clone()).start().await;
    assert_login_refused(&alone.anon().log_in("ann", "first").await);
    assert_login_refused(&alone.anon().log_in("bob", "set here").await);
    assert_logged_in(&alone.anon().log_in("cid", "set here").await);
}

#[async_test]
async fn without_configuration_there_is_no_sync() {
    let legacy = LegacyTable::users().await;
    legacy.add(7, "ann", "first").await;
    legacy.add(8, "bob", "first").await;
    let synced = legacy.synced().start().await;
    assert_logged_in(&synced.anon().log_in("ann", "first").await);
    let site = synced.another_node(&[]).await;
    legacy.remove(7).await;
    assert_logged_in(&site.anon().log_in("ann", "first").await);
    assert_login_refused(&site.anon().log_in("bob", "first").await);
}
