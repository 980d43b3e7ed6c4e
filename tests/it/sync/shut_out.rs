//! A user who is deleted, locked or disabled on one side cannot log in through the other.

use doorward_test_macros::async_test;
use std::task::Poll;

use doorward::{
    model::{LegacyId, UnixMillis},
    store::{Tx, adoptions},
};
use doorward_password::Password;
use serde_json::json;

use super::{LegacyTable, assert_logged_in, assert_login_refused};

#[async_test]
async fn a_user_deleted_in_the_legacy_table_is_refused_until_restored() {
    let legacy = LegacyTable::users().await;
    legacy.add(7, "ann", "first").await;
    legacy.add(8, "bob", "first").await;
    let site = legacy.synced().start().await;
    let (mut ann, mut bob) = (site.anon(), site.anon());
    assert_logged_in(&ann.log_in("ann", "first").await);
    assert_logged_in(&bob.log_in("bob", "first").await);
    bob.put("/user/update-password/8", json!({ "password": "set here" })).await;

    legacy.remove(7).await;
    legacy.remove(8).await;
    assert_login_refused(&site.anon().log_in("ann", "first").await);
    ann.get("/user/7").await.assert_json(401, json!({ "message": "Unauthorized" }));
    // A password set in Doorward stays valid without the legacy row.
    assert_logged_in(&site.anon().log_in("bob", "set here").await);
    assert_login_refused(&site.anon().log_in("bob", "first").await);

    legacy.add(7, "ann", "first").await;
    assert_logged_in(&site.anon().log_in("ann", "first").await);
    // The legacy id was given to another user: neither can use the other's account.
    legacy.remove(7).await;
    legacy.add(7, "eve", "the password of eve").await;
    assert_login_refused(&site.anon().log_in("ann", "first").await);
    assert_login_refused(&site.anon().log_in("ann", "the password of eve").await);
    assert_login_refused(&site.anon().log_in("eve", "the password of eve").await);
    assert_login_refused(&site.anon().log_in("eve", "first").await);
}

#[async_test]
async fn a_user_locked_in_the_legacy_table_is_refused_and_loses_the_sessions() {
    let legacy = LegacyTable::users().await;
    let site = legacy.synced().start().await;
    for (id, value) in [(7, "!"), (8, "*"), (9, " ")] {
        let name = format!("user{id}");
        legacy.add(id, &name, "first").await;
        let mut client = site.anon();
        assert_logged_in(&client.log_in(&name, "first").await);
        client.put(&format!("/user/update-password/{id}"), json!({ "password": "set here" })).await;
        legacy.set(id, value).await;
        for password in ["first", "set here", value] {
            assert_login_refused(&site.anon().log_in(&name, password).await);
        }
        client.get(&format!("/user/{id}")).await.assert_json(401, json!({ "message": "Unauthorized" }));
        legacy.change(id, "opened again").await;
        assert_logged_in(&site.anon().log_in(&name, "opened again").await);
    }
}

/// The user is deleted in the legacy table after the login has read both tables, while it waits for its hash.
#[async_test]
async fn a_login_in_progress_fails_if_the_user_is_deleted_meanwhile() {
    let legacy = LegacyTable::users().await;
    legacy.add(7, "ann", "first").await;
    let site = legacy.synced().start().await;
    assert_logged_in(&site.anon().log_in("ann", "first").await);
    let busy = site
        .another_node(&[
            ("adopt.from", &legacy.database.url),
            ("hashing.threads", "1"),
            ("hashing.max_wait", "60s"),
            ("hashing.scheme", "pbkdf2-sha256"),
            ("hashing.pbkdf2_iterations", "10000000"),
        ])
        .await;
    // Half a minute of work, which the test drops as soon as the login is in the queue.
    let mut ahead: Vec<_> =
        (0..30).map(|_| Box::pin(busy.app.hasher.verify(None, Password::new("any".to_owned())))).collect();
    for job in &mut ahead {
        assert!(std::future::poll_fn(|context| Poll::Ready(job.as_mut().poll(context))).await.is_pending());
    }
    let mut late = busy.anon();
    let login = tokio::spawn(async move { late.log_in("ann", "first").await });
    let have_come = || {
        let state = busy.app.hasher.state();
        state.waiting.checking + state.in_flight + usize::try_from(state.counts.done).unwrap()
    };
    while !login.is_finished() && have_come() <= ahead.len() {
        tokio::task::yield_now().await;
    }
    legacy.remove(7).await;
    assert_login_refused(&site.anon().log_in("ann", "first").await);
    drop(ahead);
    assert_login_refused(&login.await.unwrap());
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_sessions").await, "0");
}

#[async_test]
async fn a_user_deleted_or_disabled_in_doorward_stays_out() {
    let legacy = LegacyTable::users().await;
    for (id, name) in [(7, "ann"), (8, "bob"), (9, "cid")] {
        legacy.add(id, name, "first").await;
    }
    let site = legacy.synced().start().await;
    let mut admin = site.admin("root").await;
    for name in ["ann", "bob", "cid"] {
        assert_logged_in(&site.anon().log_in(name, "first").await);
    }
    admin.delete("/user/7").await.assert_json(200, json!({ "message": "User successfully deleted." }));
    site.database.set_disabled_at("bob", Some(1)).await;
    for name in ["ann", "bob"] {
        assert_login_refused(&site.anon().log_in(name, "first").await);
    }
    // A new password in the legacy table does not help either.
    legacy.change(7, "second").await;
    legacy.change(8, "second").await;
    for name in ["ann", "bob"] {
        assert_login_refused(&site.anon().log_in(name, "second").await);
    }
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "3");
    assert_logged_in(&site.anon().log_in("cid", "first").await);
}

/// A decision based on an outdated adoption row changes nothing.
#[async_test]
async fn a_user_with_a_new_password_is_not_shut_out_by_an_outdated_row() {
    let legacy = LegacyTable::users().await;
    legacy.add(7, "ann", "first").await;
    let site = legacy.synced().start().await;
    assert_logged_in(&site.anon().log_in("ann", "first").await);
    let db = &site.app.db;
    let read = async || adoptions::by_legacy_id(&mut db.read().await.unwrap(), LegacyId(7)).await.unwrap().unwrap();
    let seen = read().await;
    let mut admin = site.admin("root").await;
    legacy.remove(7).await;
    let change = json!({ "password": "set by an administrator" });
    assert_eq!(admin.put("/user/update-password/7", change).await.status, 200);
    let shut_out = db.write(async |mut tx: Tx| {
        let done = adoptions::shut_out(&mut tx, &seen, UnixMillis(5)).await?;
        tx.commit(done).await
    });
    assert!(!shut_out.await.unwrap(), "an outdated row must not shut the user out");
    assert_logged_in(&site.anon().log_in("ann", "set by an administrator").await);
    // That login recorded that the legacy row is gone. An older read that still saw the row must not undo this.
    let gone_at = read().await.gone_at;
    assert!(gone_at.is_some());
    let set_gone = db.write(async |mut tx: Tx| {
        adoptions::set_gone(&mut tx, &seen, Some(UnixMillis(9))).await?;
        tx.commit(()).await
    });
    set_gone.await.unwrap();
    assert_eq!(read().await.gone_at, gone_at);
}
