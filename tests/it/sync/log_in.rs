//! Logins while the old application still runs: who is let in, by which password, and who is not.

use doorward::ops::legacy::{self, run};
use doorward_test_macros::async_test;
use serde_json::json;

use super::{There, is_in, is_out};
use crate::support::{Site, site::password_of};

async fn users_here(site: &Site) -> String {
    site.database.value("SELECT COUNT(*) FROM dw_users").await
}

#[async_test]
async fn a_name_unknown_here_is_adopted_at_its_first_login() {
    for there in [There::users().await, There::user().await, There::user_in_the_same_database().await] {
        there.add(41, "Ann", "the old password").await;
        there.add(57, "bob", "another password").await;
        let before = there.rows().await;
        let site = there.linked().start().await;
        let mut ann = site.anon();

        is_out(&ann.log_in("ann", "another password").await);
        is_out(&ann.log_in("nobody", "the old password").await);
        assert_eq!(users_here(&site).await, "0");

        is_in(&ann.log_in(" ann", "the old password").await);
        // The number and the name are those of there.
        ann.get("/user/41").await.assert_json(200, json!({ "username": "Ann" }));
        is_in(&site.anon().log_in("ANN", "the old password").await);
        is_out(&site.anon().log_in("Ann", "the old passwor").await);
        assert_eq!(users_here(&site).await, "1");
        assert_eq!(there.rows().await, before);
    }
}

#[async_test]
async fn what_is_in_no_recognised_form_is_never_a_password_in_clear() {
    let there = There::user().await;
    let values =
        ["gr\u{fc}ne Heide", "hunter2", "correct horse battery staple", "1|8d2e0ee4c3b9ba0b", "3610a686", ":A:ab"];
    for (id, value) in (3..).zip(values) {
        there.add_row(id, &format!("user {id}"), value).await;
    }
    let before = there.rows().await;
    let site = there.linked().start().await;
    for (id, value) in (3..).zip(values) {
        is_out(&site.anon().log_in(&format!("user {id}"), value).await);
    }
    assert_eq!((users_here(&site).await, there.rows().await), ("0".to_owned(), before));
    let reasons = "SELECT DISTINCT reason FROM dw_audit_events WHERE event = 'authn_login_fail'";
    assert_eq!(site.database.value(reasons).await, "not_adoptable");
}

#[async_test]
async fn a_password_in_clear_that_was_accepted_by_a_run_is_still_good_with_the_link() {
    let there = There::user().await;
    there.add_row(3, "ann", "gr\u{fc}ne Heide").await;
    let site = there.linked().start().await;
    let wanted = run::Wanted { is_linked: true, plain_text: legacy::PlainText::Accept };
    run::run(&site.app, wanted, &mut Silent).await.unwrap();
    let mut ann = site.anon();
    is_in(&ann.log_in("ann", "gr\u{fc}ne Heide").await);
    is_out(&site.anon().log_in("ann", "gr\u{fc}ne heide").await);
    assert_eq!(ann.put("/user/update-password/3", json!({ "password": "set here" })).await.status, 200);
    is_in(&site.anon().log_in("ann", "set here").await);
    // Another one in clear there ends that password, and is none itself.
    there.set(3, "hunter2").await;
    for password in ["set here", "gr\u{fc}ne Heide", "hunter2"] {
        is_out(&site.anon().log_in("ann", password).await);
    }
    assert_eq!(ann.get("/user/3").await.status, 401);
    // An administrator may set another.
    let mut admin = site.admin("root").await;
    assert_eq!(admin.put("/user/update-password/3", json!({ "password": "set anew" })).await.status, 200);
    is_in(&site.anon().log_in("ann", "set anew").await);
    is_out(&site.anon().log_in("ann", "hunter2").await);
}

/// Looks on in silence.
struct Silent;

impl run::ProgressObserver for Silent {
    fn left_behind(&mut self, _: &legacy::LeftRow) {}

    fn progress(&mut self, _: run::AdoptionProgress) -> std::ops::ControlFlow<()> {
        std::ops::ControlFlow::Continue(())
    }
}

#[async_test]
async fn whoever_reads_the_old_table_cannot_log_in_with_what_stands_there() {
    let there = There::users().await;
    there.add(1, "ann", "the old password").await;
    let (_, hash) = there.row("ann").await;
    for (id, name, value) in
        [(2, "empty", ""), (3, "locked", "!"), (4, "star", "*"), (5, "cut", &hash[..60]), (6, "noop", "{noop}word")]
    {
        there.add_row(id, name, value).await;
    }
    let site = there.linked().start().await;
    for name in ["ann", "empty", "locked", "star", "cut", "noop"] {
        let (_, value) = there.row(name).await;
        for password in [value.as_str(), "word", " "] {
            if !password.is_empty() {
                is_out(&site.anon().log_in(name, password).await);
            }
        }
    }
    assert_eq!(users_here(&site).await, "0");
}

#[async_test]
async fn a_password_that_was_changed_there_wins_and_ends_the_sessions() {
    for there in [There::users().await, There::user_in_the_same_database().await] {
        there.add(7, "ann", "first").await;
        let site = there.linked().start().await;
        let mut before = site.anon();
        is_in(&before.log_in("ann", "first").await);

        there.change(7, "second").await;
        is_out(&site.anon().log_in("ann", "first").await);
        // Not before the new password has been shown: a wrong one changes nothing.
        before.get("/user/7").await.assert_json(200, json!({ "username": "ann" }));
        let mut after = site.anon();
        is_in(&after.log_in("ann", "second").await);
        before.get("/user/7").await.assert_json(401, json!({ "message": "Unauthorized" }));
        after.get("/user/7").await.assert_json(200, json!({ "username": "ann" }));
        is_in(&site.anon().log_in("ann", "second").await);
        is_out(&site.anon().log_in("ann", "first").await);

        // In clear, as the old application's own change of password leaves it: nobody gets in before another is set.
        there.set(7, "third of all").await;
        is_out(&site.anon().log_in("ann", "second").await);
        is_out(&site.anon().log_in("ann", "third of all").await);
        there.change(7, "fourth").await;
        is_in(&site.anon().log_in("ann", "fourth").await);
    }
}

#[async_test]
async fn another_table_is_not_taken_for_the_one_that_users_came_from() {
    let (there, other) = (There::users().await, There::users().await);
    there.add(7, "ann", "first").await;
    other.add(7, "ann", "a stranger's").await;
    let site = there.linked().start().await;
    is_in(&site.anon().log_in("ann", "first").await);
    let keys = [("adopt.from", other.database.url.as_str())];
    let astray = site.another_node(&keys).await;
    for password in ["a stranger's", "first"] {
        assert_eq!(astray.anon().log_in("ann", password).await.status, 500);
    }
    is_in(&site.anon().log_in("ann", "first").await);
    // Unless the operator says that it has moved.
    let old = astray.app.legacy.as_ref().unwrap();
    assert!(legacy::moved(&astray.app, old).await.unwrap().is_some_and(|before| before.starts_with("users in ")));
    let moved = site.another_node(&keys).await;
    is_in(&moved.anon().log_in("ann", "a stranger's").await);
}

/// Where the old database finds a name only as it is spelled there, the first of a name is still the first.
#[async_test]
async fn nobody_is_adopted_by_the_name_of_an_earlier_row() {
    let there = There::users().await;
    if !there.database.is_sqlite() {
        let exact = "ALTER TABLE users MODIFY username VARCHAR(100) COLLATE utf8mb4_bin NOT NULL";
        there.database.execute(exact).await;
    }
    there.add(7, "McDonald", "first").await;
    there.add(20, "mcdonald", "the second's").await;
    let site = there.linked().start().await;
    is_out(&site.anon().log_in("mcdonald", "the second's").await);
    let sign_up = json!({ "username": "mCdOnAlD", "password": "a third's" });
    site.anon().post("/signup", sign_up).await.assert_refused(409, "error");
    is_in(&site.anon().log_in("McDonald", "first").await);
    is_out(&site.anon().log_in("mcdonald", "the second's").await);
}

#[async_test]
async fn a_name_of_both_is_the_one_who_was_here_first() {
    let there = There::users().await;
    let site = there.linked().start().await;
    site.create("Ann", "user").await;
    there.add(900, "ann", "the password of there").await;
    is_out(&site.anon().log_in("ann", "the password of there").await);
    is_in(&site.anon().log_in("ann", &password_of("Ann")).await);
    // Accents are letters of their own, whatever the old database's collation says.
    there.add(901, "jos\u{e9}", "the password of there").await;
    is_out(&site.anon().log_in("jose", "the password of there").await);
    is_in(&site.anon().log_in("JOS\u{c9}", "the password of there").await);
}

#[async_test]
async fn a_number_that_is_taken_here_is_not_given_twice() {
    let there = There::users().await;
    let site = there.linked().start().await;
    let id = site.create("root", "admin").await;
    there.add(id, "ann", "first").await;
    is_out(&site.anon().log_in("ann", "first").await);
    assert_eq!(users_here(&site).await, "1");
    is_in(&site.anon().log_in("root", &password_of("root")).await);
}

#[async_test]
async fn logins_at_once_adopt_once_and_all_get_in() {
    let there = There::users().await;
    there.add(7, "ann", "first").await;
    // More at once than throttling lets in, which does not matter here.
    let site = there.linked().set("throttle.enabled", "false").start().await;
    let other = site.another_node(&[("adopt.from", &there.database.url), ("throttle.enabled", "false")]).await;
    for password in ["first", "second"] {
        there.change(7, password).await;
        let logins: Vec<_> = (0..8)
            .map(|number| {
                let mut client = if number % 2 == 0 { site.anon() } else { other.anon() };
                tokio::spawn(async move { client.log_in("ann", password).await })
            })
            .collect();
        for login in logins {
            is_in(&login.await.unwrap());
        }
        assert_eq!(users_here(&site).await, "1");
    }
}

#[async_test]
async fn when_the_old_table_cannot_be_asked_nobody_is_let_in_and_sessions_live_on() {
    let there = There::users().await;
    there.add(7, "ann", "first").await;
    let site = there.linked().start().await;
    let mut ann = site.anon();
    is_in(&ann.log_in("ann", "first").await);
    there.database.execute("ALTER TABLE users RENAME TO elsewhere").await;
    for (name, password) in [("ann", "first"), ("ann", "wrong"), ("nobody", "first")] {
        let reply = site.anon().log_in(name, password).await;
        assert!(reply.status.is_server_error() && reply.set_cookie().is_none(), "{}", reply.text());
        assert!(!reply.text().contains("users"), "{}", reply.text());
    }
    ann.get("/user/7").await.assert_json(200, json!({ "username": "ann" }));
    there.database.execute("ALTER TABLE elsewhere RENAME TO users").await;
    is_in(&site.anon().log_in("ann", "first").await);
}

#[async_test]
async fn a_node_with_another_key_lets_nobody_in_and_changes_nothing() {
    let there = There::users().await;
    there.add(7, "ann", "first").await;
    let site = there.linked().start().await;
    is_in(&site.anon().log_in("ann", "first").await);
    let fingerprint = "SELECT fingerprint, password_set_here_at FROM dw_adoptions";
    let before = site.database.rows(fingerprint).await;
    // It has secrets of its own.
    let other = Site::builder().database(site.database.clone()).set("adopt.from", &there.database.url).start().await;
    assert_eq!(other.anon().log_in("ann", "first").await.status, 500);
    assert_eq!(site.database.rows(fingerprint).await, before);
    is_in(&site.anon().log_in("ann", "first").await);
}

#[async_test]
async fn whoever_was_shut_out_there_stays_out_when_the_link_has_ended() {
    let there = There::users().await;
    let site = there.linked().start().await;
    for (id, name) in [(7, "ann"), (8, "bob"), (9, "cid")] {
        there.add(id, name, "first").await;
        let mut client = site.anon();
        is_in(&client.log_in(name, "first").await);
        if name != "ann" {
            let change = json!({ "password": "set here" });
            assert_eq!(client.put(&format!("/user/update-password/{id}"), change).await.status, 200);
        }
    }
    there.remove(7).await;
    there.set(8, "!").await;
    there.remove(9).await;
    is_out(&site.anon().log_in("ann", "first").await);
    is_out(&site.anon().log_in("bob", "set here").await);
    is_in(&site.anon().log_in("cid", "set here").await);
    let alone = Site::builder().database(site.database.clone()).start().await;
    is_out(&alone.anon().log_in("ann", "first").await);
    is_out(&alone.anon().log_in("bob", "set here").await);
    is_in(&alone.anon().log_in("cid", "set here").await);
}

#[async_test]
async fn without_the_section_the_link_has_ended() {
    let there = There::users().await;
    there.add(7, "ann", "first").await;
    there.add(8, "bob", "first").await;
    let linked = there.linked().start().await;
    is_in(&linked.anon().log_in("ann", "first").await);
    let site = linked.another_node(&[]).await;
    there.remove(7).await;
    is_in(&site.anon().log_in("ann", "first").await);
    is_out(&site.anon().log_in("bob", "first").await);
}
