//! Work that is dropped half-way, as when a client disconnects.
//!
//! Invariant: it leaves nothing behind, blocks nothing, and its late result is never taken for another query's result.

use doorward_test_macros::async_test;
use std::{pin::pin, task::Poll};

use doorward::store::Tx;
use serde_json::json;
use tokio::sync::Notify;

use crate::support::{Client, Site};

/// Polls `future` at most this many times and drops it. Returns its result if it ended.
async fn abandon_after<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut left = polls;
    std::future::poll_fn(|context| {
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(value) => Poll::Ready(Some(value)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

#[async_test]
async fn a_dropped_transaction_leaves_nothing_and_blocks_nothing() {
    for connections in ["1", "2"] {
        let site = Site::builder().set("database.connections", connections).start().await;
        for round in 0..10_i64 {
            let inserted = Notify::new();
            let work = site.app.db.write(async |mut tx: Tx| {
                tx.execute("UPDATE dw_guards SET passed = passed + 1", &[]).await?;
                tx.execute("INSERT INTO dw_guards (name, passed) VALUES ('left', 0)", &[]).await?;
                inserted.notify_one();
                std::future::pending::<()>().await;
                tx.commit(()).await
            });
            tokio::select! {
                _ = work => unreachable!("it waits for ever"),
                () = inserted.notified() => {}
            }
            // Immediately, on the same row, and on the same connection if there is only one.
            let next = site.app.db.write(async |mut tx: Tx| {
                tx.execute("UPDATE dw_guards SET passed = ?", &[round.into()]).await?;
                tx.commit(()).await
            });
            next.await.unwrap();
            assert_eq!(site.database.rows("SELECT name, passed FROM dw_guards").await.len(), 1);
            assert_eq!(site.database.value("SELECT passed FROM dw_guards").await, round.to_string());
        }
    }
}

/// The driver by itself would take the late result of an abandoned query for that of the next one.
#[async_test]
async fn results_belong_to_their_queries_after_any_abandoned_read() {
    for connections in ["1", "2"] {
        let site = Site::builder().set("database.connections", connections).start().await;
        let ask = async |number: i64| {
            let mut conn = site.app.db.read().await.unwrap();
            conn.optional("SELECT ? + 0", &[number.into()], |row| row.integer(0)).await.unwrap().unwrap()
        };
        let mut abandoned = 0;
        for number in 0..200_i64 {
            let polls = usize::try_from(number % 4 + 1).unwrap();
            abandoned += usize::from(abandon_after(polls, ask(number)).await.is_none());
            assert_eq!(ask(-number - 1).await, -number - 1);
        }
        assert!(site.database.is_sqlite() || abandoned > 20, "only {abandoned} were abandoned");
    }
}

#[async_test]
async fn abandoned_requests_do_not_mix_up_users() {
    for connections in ["1", "2"] {
        let site = Site::builder().set("database.connections", connections).start().await;
        let people = [site.user("ann").await, site.user("bob").await, site.user("eve").await];
        let ids = [site.id_of("ann").await, site.id_of("bob").await, site.id_of("eve").await];
        for round in 0..90 {
            let cut = round % 3;
            let path = format!("/user/{}", ids[(cut + round / 3) % 3]);
            let mut leaver = people[cut].clone();
            drop(abandon_after(round % 7 + 1, leaver.get(&path)).await);
            for (asker, about) in [((cut + 1) % 3, (cut + 2) % 3), ((cut + 2) % 3, cut)] {
                let name = ["ann", "bob", "eve"][about];
                let reply = people[asker].clone().get(&format!("/user/{}", ids[about])).await;
                reply.assert_json(200, json!({ "username": name }));
            }
        }
    }
}

#[async_test]
async fn an_abandoned_sign_up_is_complete_or_not_made() {
    let site = Site::builder().set("database.connections", "1").start().await;
    for round in 0..60 {
        let name = format!("person {round}");
        let body = json!({ "username": name, "password": "the password" });
        let mut client: Client = site.anon();
        drop(abandon_after(round % 20 + 1, client.post("/signup", body.clone())).await);
        // Whether it was done or not, another sign-up shows it, and then the login works.
        let again = site.anon().post("/signup", body.clone()).await;
        assert!(matches!(again.status.as_u16(), 201 | 409), "{}", again.text());
        site.anon().post("/login", body).await.assert_json(200, json!({ "message": "Login successful" }));
    }
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "60");
}
