//! What happened since the first run, in the old table and here, and what a second run makes of it.

use doorward_test_macros::async_test;
use std::ops::ControlFlow;

use doorward::ops::legacy::{
    LeftRow, PlainText,
    run::{self, AdoptionProgress, ProgressObserver, Wanted},
};
use serde_json::{Value, json};

use super::{Move, PLACES, Place, is_let_in, log_in, werkzeug};
use crate::support::{Client, Site, eventually};

/// Ann, Bob and Carl, adopted.
async fn three(place: Place) -> Move {
    let it = Move::loose(place).await;
    for (id, name) in [(1, "ann"), (2, "bob"), (3, "carl")] {
        it.add(id, name, &werkzeug(&format!("secret of {name}"))).await;
    }
    it.run();
    it
}

/// Runs again; of the summary only what is not zero, and without what is about time.
fn again(it: &Move) -> Value {
    let (_, summary) = it.run_accepting();
    let counts = summary.as_object().unwrap().iter().filter(|(_, count)| count.as_u64().is_some_and(|count| count > 0));
    counts.map(|(key, count)| (key.clone(), count.clone())).collect()
}

/// Whether the session of `client` is still alive, as the user of number `id` sees it.
async fn is_alive(client: &mut Client, id: i64) -> bool {
    client.get(&format!("/user/{id}")).await.status == 200
}

async fn password_version(it: &Move, id: i64) -> String {
    it.own.value(&format!("SELECT password_version FROM dw_users WHERE id = {id}")).await
}

#[async_test]
async fn a_password_that_was_changed_there_wins_and_ends_the_sessions() {
    for place in PLACES {
        let it = three(place).await;
        let site = it.site().await;
        let (_, mut ann) = log_in(&site, "ann", "secret of ann").await;
        let (_, mut bob) = log_in(&site, "bob", "secret of bob").await;
        it.set_password(1, &werkzeug("new secret")).await;
        // In clear, as the second old application does it.
        it.set_password(3, "secret in clear").await;
        assert_eq!(
            again(&it),
            json!({ "rows": 3, "already_here": 1, "changed_there": 2, "plain_text_hashed": 1 }),
            "{place:?}"
        );
        assert!(!is_alive(&mut ann, 1).await && is_alive(&mut bob, 2).await);
        is_let_in(log_in(&site, "ann", "secret of ann").await.0, false, "the old password");
        is_let_in(log_in(&site, "ann", "new secret").await.0, true, "the new password");
        is_let_in(log_in(&site, "carl", "secret in clear").await.0, true, "the password in clear");
        assert_eq!((password_version(&it, 1).await.as_str(), password_version(&it, 2).await.as_str()), ("2", "1"));
        assert_eq!(again(&it), json!({ "rows": 3, "already_here": 3 }), "{place:?}");
        assert_eq!(password_version(&it, 1).await, "2");
    }
}

#[async_test]
async fn a_password_that_was_set_here_stays_until_one_is_set_there() {
    let it = three(Place::Other).await;
    let site = it.site().await;
    let (_, mut ann) = log_in(&site, "ann", "secret of ann").await;
    let change = json!({ "password": "set here" });
    assert_eq!(ann.put("/user/update-password/1", change).await.status, 200);
    assert_eq!(again(&it), json!({ "rows": 3, "already_here": 3 }));
    assert!(is_alive(&mut ann, 1).await);
    is_let_in(log_in(&site, "ann", "set here").await.0, true, "the password of here");
    // The row goes: the password of there with it, and not the one of here.
    it.remove(1).await;
    it.remove(2).await;
    assert_eq!(again(&it), json!({ "rows": 1, "already_here": 1, "gone_there": 2 }));
    assert!(is_alive(&mut ann, 1).await);
    is_let_in(log_in(&site, "ann", "set here").await.0, true, "the password of here");
    is_let_in(log_in(&site, "bob", "secret of bob").await.0, false, "the password of there");
    // It is there again with another password, which is newer.
    it.add(1, "ann", &werkzeug("set there")).await;
    assert_eq!(again(&it), json!({ "rows": 2, "already_here": 1, "changed_there": 1, "gone_there": 1 }));
    assert!(!is_alive(&mut ann, 1).await);
    is_let_in(log_in(&site, "ann", "set there").await.0, true, "the password of there");
}

#[async_test]
async fn who_is_gone_there_is_signed_out_until_they_are_back() {
    for place in PLACES {
        let it = three(place).await;
        let site = it.site().await;
        let mut clients = Vec::new();
        for name in ["ann", "bob", "carl"] {
            clients.push(log_in(&site, name, &format!("secret of {name}")).await.1);
        }
        // The first, and the last, behind whose number nothing is read.
        it.remove(1).await;
        it.remove(3).await;
        assert_eq!(again(&it), json!({ "rows": 1, "already_here": 1, "gone_there": 2 }), "{place:?}");
        assert!(!is_alive(&mut clients[0], 1).await && is_alive(&mut clients[1], 2).await);
        assert!(!is_alive(&mut clients[2], 3).await);
        // No link asks the old table, so what the run has found out is all that stands against them.
        is_let_in(log_in(&site, "ann", "secret of ann").await.0, false, "ann");
        is_let_in(log_in(&site, "bob", "secret of bob").await.0, true, "bob");
        let gone = "SELECT COUNT(*) FROM dw_adoptions WHERE gone_at IS NOT NULL";
        assert_eq!(it.own.value(gone).await, "2");
        let before = it.state().await;
        assert_eq!(again(&it), json!({ "rows": 1, "already_here": 1, "gone_there": 2 }), "{place:?}");
        assert_eq!(it.state().await, before, "{place:?}: since when they are gone has changed");
        it.add(3, "carl", &werkzeug("secret of carl")).await;
        assert_eq!(again(&it), json!({ "rows": 2, "already_here": 1, "gone_there": 1, "back_there": 1 }), "{place:?}");
        assert_eq!(it.own.value(gone).await, "1");
        is_let_in(log_in(&site, "carl", "secret of carl").await.0, true, "carl");
    }
}

#[async_test]
async fn a_table_whose_rows_are_nearly_all_gone_is_walked_in_parts() {
    let it = Move::users(Place::Other).await;
    it.add_many(4500, "!").await;
    it.old.execute(&format!("UPDATE users SET password = '{}'", werkzeug("the same"))).await;
    it.run();
    it.old.execute("DELETE FROM users WHERE id NOT IN (1, 2, 4200)").await;
    assert_eq!(again(&it), json!({ "rows": 3, "already_here": 3, "gone_there": 4497 }));
    it.old.execute("DELETE FROM users").await;
    assert_eq!(again(&it), json!({ "gone_there": 4500 }));
    let site: Site = it.site().await;
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_adoptions WHERE gone_at IS NULL").await, "0");
}

#[async_test]
async fn who_is_locked_there_is_signed_out_whatever_their_password_is() {
    let it = three(Place::Other).await;
    let site = it.site().await;
    let (_, mut ann) = log_in(&site, "ann", "secret of ann").await;
    let (_, mut bob) = log_in(&site, "bob", "secret of bob").await;
    assert_eq!(bob.put("/user/update-password/2", json!({ "password": "set here" })).await.status, 200);
    let hash = werkzeug("secret of ann");
    it.set_password(1, &format!("!{hash}")).await;
    it.set_password(2, "!").await;
    let (left, _) = it.run();
    let codes: Vec<_> = left.iter().map(|row| (row["id"].as_i64(), row["code"].as_str())).collect();
    assert_eq!(codes, [(Some(1), Some("locked")), (Some(2), Some("locked"))]);
    assert!(!is_alive(&mut ann, 1).await && !is_alive(&mut bob, 2).await);
    is_let_in(log_in(&site, "ann", "secret of ann").await.0, false, "ann");
    is_let_in(log_in(&site, "bob", "set here").await.0, false, "bob");
    // The lock is taken off.
    it.set_password(1, &hash).await;
    let (left, summary) = it.run();
    assert_eq!((left.len(), &summary["back_there"]), (1, &json!(1)));
    is_let_in(log_in(&site, "ann", "secret of ann").await.0, true, "ann");
}

#[async_test]
async fn who_was_deleted_here_stays_deleted() {
    for place in PLACES {
        let it = three(place).await;
        assert_eq!(it.program.run(&["user", "delete", "ann"]).code, 0);
        assert_eq!(again(&it), json!({ "rows": 3, "already_here": 2, "deleted_here": 1 }), "{place:?}");
        it.set_password(1, &werkzeug("new secret")).await;
        assert_eq!(again(&it), json!({ "rows": 3, "already_here": 2, "deleted_here": 1 }), "{place:?}");
        assert_eq!(it.own.value("SELECT COUNT(*) FROM dw_users").await, "2");
        // Another row of the same name is another user.
        it.add(9, "ANN", &werkzeug("secret of another")).await;
        assert_eq!(again(&it), json!({ "rows": 4, "adopted": 1, "already_here": 2, "deleted_here": 1 }), "{place:?}");
    }
}

#[async_test]
async fn a_number_that_was_given_to_somebody_else_there_lets_nobody_in_as_another() {
    for place in PLACES {
        let it = three(place).await;
        let site = it.site().await;
        let (_, mut ann) = log_in(&site, "ann", "secret of ann").await;
        it.remove(1).await;
        it.add(1, "mallory", &werkzeug("secret of mallory")).await;
        let (left, summary) = it.run();
        assert_eq!((&left[0]["id"], &left[0]["code"]), (&json!(1), &json!("number_taken")), "{place:?}");
        assert_eq!((left.len(), &summary["gone_there"], &summary["changed_there"]), (1, &json!(1), &json!(0)));
        assert!(!is_alive(&mut ann, 1).await);
        for name in ["ann", "mallory"] {
            is_let_in(log_in(&site, name, "secret of mallory").await.0, false, name);
        }
        is_let_in(log_in(&site, "ann", "secret of ann").await.0, false, "ann");
        // The first owner has it back.
        it.remove(1).await;
        it.add(1, "Ann", &werkzeug("secret of ann")).await;
        let (left, summary) = it.run();
        assert_eq!((left.len(), &summary["back_there"]), (0, &json!(1)), "{place:?}");
    }
}

/// Looks on in silence.
struct Nobody;

impl ProgressObserver for Nobody {
    fn left_behind(&mut self, _: &LeftRow) {}

    fn progress(&mut self, _: AdoptionProgress) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

#[async_test]
async fn a_password_that_is_set_here_while_a_run_is_under_way_stays() {
    for write_back in ["true", "false"] {
        let it = Move::loose(Place::Other).await;
        it.add(2000, "ann", &werkzeug("secret of ann")).await;
        let linked = Site::builder()
            .database(it.own.clone())
            .set("adopt.from", &it.old.url)
            .set("adopt.write_back", write_back)
            .start()
            .await;
        let (_, mut ann) = log_in(&linked, "ann", "secret of ann").await;
        // Ann's change there is in the page, and many passwords in clear keep the run busy before it writes.
        it.add_many(900, "in clear").await;
        it.set_password(2000, &werkzeug("set there")).await;
        let slow = linked.another_node(&[("adopt.from", &it.old.url), ("hashing.argon2_memory_kib", "8192")]).await;
        let app = std::sync::Arc::clone(&slow.app);
        let handle = tokio::runtime::Handle::current();
        let wanted = Wanted { is_linked: true, plain_text: PlainText::Accept };
        let run = std::thread::spawn(move || handle.block_on(run::run(&app, wanted, &mut Nobody)).unwrap());
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
        is_let_in(log_in(&linked, "ann", "set here").await.0, true, "the password of here");
        is_let_in(log_in(&linked, "ann", "set there").await.0, false, "the password of there, which is older");
    }
}
