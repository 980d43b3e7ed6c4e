//! Whoever is gone, locked, deleted or disabled on either side stays out by way of the other, too.

use doorward_test_macros::async_test;
use std::task::Poll;

use doorward::{
    model::{LegacyId, UnixMillis},
    store::{Tx, adoptions},
};
use doorward_password::Password;
use serde_json::json;

use super::{There, is_in, is_out};

#[async_test]
async fn whoever_was_deleted_there_is_out_and_whoever_comes_back_is_in() {
    let there = There::users().await;
    there.add(7, "ann", "first").await;
    there.add(8, "bob", "first").await;
    let site = there.linked().start().await;
    let (mut ann, mut bob) = (site.anon(), site.anon());
    is_in(&ann.log_in("ann", "first").await);
    is_in(&bob.log_in("bob", "first").await);
    bob.put("/user/update-password/8", json!({ "password": "set here" })).await;

    there.remove(7).await;
    there.remove(8).await;
    is_out(&site.anon().log_in("ann", "first").await);
    ann.get("/user/7").await.assert_json(401, json!({ "message": "Unauthorized" }));
    // A password that was set here is nobody's of there.
    is_in(&site.anon().log_in("bob", "set here").await);
    is_out(&site.anon().log_in("bob", "first").await);

    there.add(7, "ann", "first").await;
    is_in(&site.anon().log_in("ann", "first").await);
    // The number was given to somebody else: neither gets the other's account.
    there.remove(7).await;
    there.add(7, "eve", "the password of eve").await;
    is_out(&site.anon().log_in("ann", "first").await);
    is_out(&site.anon().log_in("ann", "the password of eve").await);
    is_out(&site.anon().log_in("eve", "the password of eve").await);
    is_out(&site.anon().log_in("eve", "first").await);
}

#[async_test]
async fn whoever_is_locked_there_is_out_and_so_are_the_sessions() {
    let there = There::users().await;
    let site = there.linked().start().await;
    for (id, value) in [(7, "!"), (8, "*"), (9, " ")] {
        let name = format!("user{id}");
        there.add(id, &name, "first").await;
        let mut client = site.anon();
        is_in(&client.log_in(&name, "first").await);
        client.put(&format!("/user/update-password/{id}"), json!({ "password": "set here" })).await;
        there.set(id, value).await;
        for password in ["first", "set here", value] {
            is_out(&site.anon().log_in(&name, password).await);
        }
        client.get(&format!("/user/{id}")).await.assert_json(401, json!({ "message": "Unauthorized" }));
        there.change(id, "opened again").await;
        is_in(&site.anon().log_in(&name, "opened again").await);
    }
}

/// A login that has looked at both tables and waits for its hash, while its user is deleted there.
#[async_test]
async fn a_login_under_way_does_not_outlive_the_one_who_is_shut_out() {
    let there = There::users().await;
    there.add(7, "ann", "first").await;
    let site = there.linked().start().await;
    is_in(&site.anon().log_in("ann", "first").await);
    let busy = site
        .another_node(&[
            ("adopt.from", &there.database.url),
            ("hashing.threads", "1"),
            ("hashing.max_wait", "60s"),
            ("hashing.scheme", "pbkdf2-sha256"),
            ("hashing.pbkdf2_iterations", "10000000"),
        ])
        .await;
    // Half a minute's work, which is given up as soon as the test has seen what it waits for.
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
    there.remove(7).await;
    is_out(&site.anon().log_in("ann", "first").await);
    drop(ahead);
    is_out(&login.await.unwrap());
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_sessions").await, "0");
}

#[async_test]
async fn whoever_was_deleted_or_disabled_here_stays_out() {
    let there = There::users().await;
    for (id, name) in [(7, "ann"), (8, "bob"), (9, "cid")] {
        there.add(id, name, "first").await;
    }
    let site = there.linked().start().await;
    let mut admin = site.admin("root").await;
    for name in ["ann", "bob", "cid"] {
        is_in(&site.anon().log_in(name, "first").await);
    }
    admin.delete("/user/7").await.assert_json(200, json!({ "message": "User successfully deleted." }));
    site.database.execute("UPDATE dw_users SET disabled_at = 1 WHERE id = 8").await;
    for name in ["ann", "bob"] {
        is_out(&site.anon().log_in(name, "first").await);
    }
    // Not by a new password of there, either.
    there.change(7, "second").await;
    there.change(8, "second").await;
    for name in ["ann", "bob"] {
        is_out(&site.anon().log_in(name, "second").await);
    }
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "3");
    is_in(&site.anon().log_in("cid", "first").await);
}

/// What was read of an adoption may be outdated when it is acted on: then nothing is done.
#[async_test]
async fn who_has_a_new_password_meanwhile_is_not_shut_out_by_an_earlier_look() {
    let there = There::users().await;
    there.add(7, "ann", "first").await;
    let site = there.linked().start().await;
    is_in(&site.anon().log_in("ann", "first").await);
    let db = &site.app.db;
    let read = async || adoptions::by_old_id(&mut db.read().await.unwrap(), LegacyId(7)).await.unwrap().unwrap();
    let seen = read().await;
    let mut admin = site.admin("root").await;
    there.remove(7).await;
    let change = json!({ "password": "set by an administrator" });
    assert_eq!(admin.put("/user/update-password/7", change).await.status, 200);
    let shut_out = db.write(async |mut tx: Tx| {
        let done = adoptions::shut_out(&mut tx, &seen, UnixMillis(5)).await?;
        tx.commit(done).await
    });
    assert!(!shut_out.await.unwrap(), "shut out by what was so before");
    is_in(&site.anon().log_in("ann", "set by an administrator").await);
    // That login has found the row gone; an earlier look that found it there does not bring it back.
    let gone_at = read().await.gone_at;
    assert!(gone_at.is_some());
    let set_gone = db.write(async |mut tx: Tx| {
        adoptions::set_gone(&mut tx, &seen, Some(UnixMillis(9))).await?;
        tx.commit(()).await
    });
    set_gone.await.unwrap();
    assert_eq!(read().await.gone_at, gone_at);
}
