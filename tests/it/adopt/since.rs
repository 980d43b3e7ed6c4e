//! A second run, after changes in the legacy table and in Doorward.

use doorward_test_macros::async_test;
use std::ops::ControlFlow;

use doorward::ops::legacy::{
    LeftRow, PlainText,
    run::{self, AdoptionProgress, ProgressObserver, RunOptions},
};
use serde_json::{Value, json};

use super::{LOCATIONS, LegacySetup, Location, assert_login, log_in, werkzeug};
use crate::support::{Client, Site, eventually};

/// Three adopted users: ann, bob and carl.
async fn three_users(location: Location) -> LegacySetup {
    let setup = LegacySetup::loose(location).await;
    for (id, name) in [(1, "ann"), (2, "bob"), (3, "carl")] {
        setup.add(id, name, &werkzeug(&format!("secret of {name}"))).await;
    }
    setup.run();
    setup
}

/// Runs run_again. Returns the counts of the summary that are not zero.
fn run_again(setup: &LegacySetup) -> Value {
    let (_, summary) = setup.run_accepting();
    let counts = summary.as_object().unwrap().iter().filter(|(_, count)| count.as_u64().is_some_and(|count| count > 0));
    counts.map(|(key, count)| (key.clone(), count.clone())).collect()
}

/// Whether the session of `client`, whose user has this id, is still valid.
async fn is_alive(client: &mut Client, id: i64) -> bool {
    client.get(&format!("/user/{id}")).await.status == 200
}

async fn password_version(setup: &LegacySetup, id: i64) -> String {
    setup.own.value(&format!("SELECT version FROM dw_credentials WHERE user_id = {id}")).await
}

#[async_test]
async fn a_changed_legacy_password_wins_and_ends_the_sessions() {
    for location in LOCATIONS {
        let setup = three_users(location).await;
        let site = setup.site().await;
        let (_, mut ann) = log_in(&site, "ann", "secret of ann").await;
        let (_, mut bob) = log_in(&site, "bob", "secret of bob").await;
        setup.set_password(1, &werkzeug("new secret")).await;
        // Clear text, as the application of the contract `user-crud` stores it.
        setup.set_password(3, "secret in clear").await;
        assert_eq!(
            run_again(&setup),
            json!({ "rows": 3, "already_here": 1, "changed_there": 2, "plain_text_hashed": 1 }),
            "{location:?}"
        );
        assert!(!is_alive(&mut ann, 1).await && is_alive(&mut bob, 2).await);
        assert_login(log_in(&site, "ann", "secret of ann").await.0, false, "the old password");
        assert_login(log_in(&site, "ann", "new secret").await.0, true, "the new password");
        assert_login(log_in(&site, "carl", "secret in clear").await.0, true, "the password in clear");
        assert_eq!(
            (password_version(&setup, 1).await.as_str(), password_version(&setup, 2).await.as_str()),
            ("2", "1")
        );
        assert_eq!(run_again(&setup), json!({ "rows": 3, "already_here": 3 }), "{location:?}");
        assert_eq!(password_version(&setup, 1).await, "2");
    }
}

#[async_test]
async fn a_password_set_in_doorward_stays_until_a_later_legacy_change() {
    let setup = three_users(Location::Other).await;
    let site = setup.site().await;
    let (_, mut ann) = log_in(&site, "ann", "secret of ann").await;
    let change = json!({ "password": "set here" });
    assert_eq!(ann.put("/user/update-password/1", change).await.status, 200);
    assert_eq!(run_again(&setup), json!({ "rows": 3, "already_here": 3 }));
    assert!(is_alive(&mut ann, 1).await);
    assert_login(log_in(&site, "ann", "set here").await.0, true, "the password of here");
    // A deleted row invalidates the legacy password, but not one set in Doorward.
    setup.remove(1).await;
    setup.remove(2).await;
    assert_eq!(run_again(&setup), json!({ "rows": 1, "already_here": 1, "gone_there": 2 }));
    assert!(is_alive(&mut ann, 1).await);
    assert_login(log_in(&site, "ann", "set here").await.0, true, "the password of here");
    assert_login(log_in(&site, "bob", "secret of bob").await.0, false, "the password of there");
    // The row returns with another password, which is newer.
    setup.add(1, "ann", &werkzeug("set there")).await;
    assert_eq!(run_again(&setup), json!({ "rows": 2, "already_here": 1, "changed_there": 1, "gone_there": 1 }));
    assert!(!is_alive(&mut ann, 1).await);
    assert_login(log_in(&site, "ann", "set there").await.0, true, "the password of there");
}

#[async_test]
async fn a_user_deleted_in_the_legacy_table_is_signed_out_until_restored() {
    for location in LOCATIONS {
        let setup = three_users(location).await;
        let site = setup.site().await;
        let mut clients = Vec::new();
        for name in ["ann", "bob", "carl"] {
            clients.push(log_in(&site, name, &format!("secret of {name}")).await.1);
        }
        // The first and the last row, after whose id no page is read.
        setup.remove(1).await;
        setup.remove(3).await;
        assert_eq!(run_again(&setup), json!({ "rows": 1, "already_here": 1, "gone_there": 2 }), "{location:?}");
        assert!(!is_alive(&mut clients[0], 1).await && is_alive(&mut clients[1], 2).await);
        assert!(!is_alive(&mut clients[2], 3).await);
        // Without sync, only the result of the run prevents their logins.
        assert_login(log_in(&site, "ann", "secret of ann").await.0, false, "ann");
        assert_login(log_in(&site, "bob", "secret of bob").await.0, true, "bob");
        let gone = "SELECT COUNT(*) FROM dw_adoptions WHERE gone_at IS NOT NULL";
        assert_eq!(setup.own.value(gone).await, "2");
        let before = setup.state().await;
        assert_eq!(run_again(&setup), json!({ "rows": 1, "already_here": 1, "gone_there": 2 }), "{location:?}");
        assert_eq!(setup.state().await, before, "{location:?}: `gone_at` must not change");
        setup.add(3, "carl", &werkzeug("secret of carl")).await;
        assert_eq!(
            run_again(&setup),
            json!({ "rows": 2, "already_here": 1, "gone_there": 1, "back_there": 1 }),
            "{location:?}"
        );
        assert_eq!(setup.own.value(gone).await, "1");
        assert_login(log_in(&site, "carl", "secret of carl").await.0, true, "carl");
    }
}

#[async_test]
async fn deletions_of_nearly_all_rows_are_processed_in_batches() {
    let setup = LegacySetup::users(Location::Other).await;
    setup.add_many(4500, "!").await;
    setup.legacy.execute(&format!("UPDATE users SET password = '{}'", werkzeug("the same"))).await;
    setup.run();
    setup.legacy.execute("DELETE FROM users WHERE id NOT IN (1, 2, 4200)").await;
    assert_eq!(run_again(&setup), json!({ "rows": 3, "already_here": 3, "gone_there": 4497 }));
    setup.legacy.execute("DELETE FROM users").await;
    assert_eq!(run_again(&setup), json!({ "gone_there": 4500 }));
    let site: Site = setup.site().await;
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_adoptions WHERE gone_at IS NULL").await, "0");
}

#[async_test]
async fn a_user_locked_in_the_legacy_table_is_signed_out_with_any_password() {
    let setup = three_users(Location::Other).await;
    let site = setup.site().await;
    let (_, mut ann) = log_in(&site, "ann", "secret of ann").await;
    let (_, mut bob) = log_in(&site, "bob", "secret of bob").await;
    assert_eq!(bob.put("/user/update-password/2", json!({ "password": "set here" })).await.status, 200);
    let hash = werkzeug("secret of ann");
    setup.set_password(1, &format!("!{hash}")).await;
    setup.set_password(2, "!").await;
    let (left, _) = setup.run();
    let codes: Vec<_> = left.iter().map(|row| (row["id"].as_i64(), row["code"].as_str())).collect();
    assert_eq!(codes, [(Some(1), Some("locked")), (Some(2), Some("locked"))]);
    assert!(!is_alive(&mut ann, 1).await && !is_alive(&mut bob, 2).await);
    assert_login(log_in(&site, "ann", "secret of ann").await.0, false, "ann");
    assert_login(log_in(&site, "bob", "set here").await.0, false, "bob");
    // The user is unlocked.
    setup.set_password(1, &hash).await;
    let (left, summary) = setup.run();
    assert_eq!((left.len(), &summary["back_there"]), (1, &json!(1)));
    assert_login(log_in(&site, "ann", "secret of ann").await.0, true, "ann");
}

#[async_test]
async fn a_user_deleted_in_doorward_stays_deleted() {
    for location in LOCATIONS {
        let setup = three_users(location).await;
        assert_eq!(setup.program.run(&["user", "delete", "ann"]).code, 0);
        assert_eq!(run_again(&setup), json!({ "rows": 3, "already_here": 2, "deleted_here": 1 }), "{location:?}");
        setup.set_password(1, &werkzeug("new secret")).await;
        assert_eq!(run_again(&setup), json!({ "rows": 3, "already_here": 2, "deleted_here": 1 }), "{location:?}");
        assert_eq!(setup.own.value("SELECT COUNT(*) FROM dw_users").await, "2");
        // Another row with the same name is another user.
        setup.add(9, "ANN", &werkzeug("secret of another")).await;
        assert_eq!(
            run_again(&setup),
            json!({ "rows": 4, "adopted": 1, "already_here": 2, "deleted_here": 1 }),
            "{location:?}"
        );
    }
}

#[async_test]
async fn a_legacy_id_given_to_another_user_gives_no_access_to_the_former_account() {
    for location in LOCATIONS {
        let setup = three_users(location).await;
        let site = setup.site().await;
        let (_, mut ann) = log_in(&site, "ann", "secret of ann").await;
        setup.remove(1).await;
        setup.add(1, "mallory", &werkzeug("secret of mallory")).await;
        let (left, summary) = setup.run();
        assert_eq!((&left[0]["id"], &left[0]["code"]), (&json!(1), &json!("number_taken")), "{location:?}");
        assert_eq!((left.len(), &summary["gone_there"], &summary["changed_there"]), (1, &json!(1), &json!(0)));
        assert!(!is_alive(&mut ann, 1).await);
        for name in ["ann", "mallory"] {
            assert_login(log_in(&site, name, "secret of mallory").await.0, false, name);
        }
        assert_login(log_in(&site, "ann", "secret of ann").await.0, false, "ann");
        // The first owner has the id back.
        setup.remove(1).await;
        setup.add(1, "Ann", &werkzeug("secret of ann")).await;
        let (left, summary) = setup.run();
        assert_eq!((left.len(), &summary["back_there"]), (0, &json!(1)), "{location:?}");
    }
}

/// Ignores all progress.
struct NoObserver;

impl ProgressObserver for NoObserver {
    fn left_behind(&mut self, _: &LeftRow) {}

    fn progress(&mut self, _: AdoptionProgress) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

#[async_test]
async fn a_password_set_in_doorward_during_a_run_stays() {
    for write_back in ["true", "false"] {
        let setup = LegacySetup::loose(Location::Other).await;
        setup.add(2000, "ann", &werkzeug("secret of ann")).await;
        let linked = Site::builder()
            .database(setup.own.clone())
            .set("adopt.from", &setup.legacy.url)
            .set("adopt.write_back", write_back)
            .start()
            .await;
        let (_, mut ann) = log_in(&linked, "ann", "secret of ann").await;
        // The page contains ann's legacy change, and many clear-text passwords delay the write.
        setup.add_many(900, "in clear").await;
        setup.set_password(2000, &werkzeug("set there")).await;
        let slow =
            linked.another_node(&[("adopt.from", &setup.legacy.url), ("hashing.argon2_memory_kib", "8192")]).await;
        let app = std::sync::Arc::clone(&slow.app);
        let handle = tokio::runtime::Handle::current();
        let wanted = RunOptions { is_linked: true, plain_text: PlainText::Accept };
        let run = std::thread::spawn(move || handle.block_on(run::run(&app, wanted, &mut NoObserver)).unwrap());
        tokio::task::block_in_place(|| {
            eventually("the run to hash", || {
                (slow.app.hasher.state().in_flight > 0 || run.is_finished()).then_some(())
            });
        });
        let change = json!({ "password": "set here" });
        assert_eq!(ann.put("/user/update-password/2000", change).await.status, 200);
        let run = tokio::task::block_in_place(|| run.join().unwrap());
        assert_eq!((run.report.adopted, run.report.changed_there), (900, 0), "{write_back}");
        assert!(is_alive(&mut ann, 2000).await);
        assert_login(log_in(&linked, "ann", "set here").await.0, true, "the password of here");
        assert_login(log_in(&linked, "ann", "set there").await.0, false, "the password of there, which is older");
    }
}
