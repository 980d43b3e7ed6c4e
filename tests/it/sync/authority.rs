//! What adoption has to do with power: roles that users of the old table bring with them, and whether they count.
//!
//! Also what the link may not undo: a demanded change of password, and a name that was given here.

use doorward_test_macros::async_test;
use std::sync::atomic::Ordering;

use doorward::ops::legacy::{
    PlainText,
    run::{self, AdoptionProgress, ProgressObserver},
};
use serde_json::json;

use super::{There, is_in, is_out};
use crate::{
    support::Site,
    threats::races::held_login::{PATIENCE, held_rng},
};

const USERS: &str = "/api/v1/users";

const LINKED: run::Wanted = run::Wanted { is_linked: true, plain_text: PlainText::Refuse };

struct Nobody;

impl ProgressObserver for Nobody {
    fn left_behind(&mut self, _: &doorward::ops::legacy::LeftRow) {}

    fn progress(&mut self, _: AdoptionProgress) -> std::ops::ControlFlow<()> {
        std::ops::ControlFlow::Continue(())
    }
}

async fn give_role_there(there: &There, id: i64, role: &str) {
    there.database.execute(&format!("UPDATE `user` SET role = '{role}' WHERE id = {id}")).await;
}

/// A login and a run of the adoption, each of which has looked up the role when it goes.
#[async_test(worker_threads = 4)]
async fn nobody_is_adopted_into_a_role_that_goes_meanwhile() {
    for is_login in [true, false] {
        let there = There::user().await;
        there.add(700, "ann", "first").await;
        give_role_there(&there, 700, "keeper").await;
        let site = there.linked().start().await;
        site.create("root", "admin").await;
        site.role("keeper", "roles:write").await;
        let mut root = site.bearer("root").await;
        let (rng, hold) = held_rng();
        let (builder, database, is_armed) = (there.linked(), site.database.clone(), hold.is_armed);
        let adoption = std::thread::spawn(move || {
            tokio::runtime::Runtime::new().unwrap().block_on(async {
                let node = builder.rng(rng).database(database).start().await;
                is_armed.store(true, Ordering::SeqCst);
                if is_login {
                    node.anon().log_in("ann", "first").await.status.as_u16()
                } else {
                    run::run(&node.app, LINKED, &mut Nobody).await.map_or(503, |_| 200)
                }
            })
        });
        hold.is_reached.recv_timeout(PATIENCE).unwrap();
        root.delete("/api/v1/roles/keeper").await.assert_status(204);
        hold.go.send(()).unwrap();
        assert_eq!(adoption.join().unwrap(), 503);
        assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users WHERE name = 'ann'").await, "0");
        // The next one looks anew.
        is_in(&site.anon().log_in("ann", "first").await);
        assert_eq!(site.database.value("SELECT role_id FROM dw_users WHERE name = 'ann'").await, "2");
    }
}

// F5: somebody who can no longer log in manages no roles.
#[async_test]
async fn an_administrator_who_is_shut_out_there_does_not_count() {
    let there = There::user().await;
    there.add(700, "ann", "first").await;
    give_role_there(&there, 700, "admin").await;
    let site = there.linked().start().await;
    let mut root = site.admin("root").await;
    let path = format!("{USERS}/{}", site.uid_of("root").await);
    is_in(&site.anon().log_in("ann", "first").await);
    there.set(700, "!").await;
    is_out(&site.anon().log_in("ann", "first").await);
    root.patch(&path, json!({ "role": "user" })).await.assert_problem(409, "last_administrator");
    root.delete(&format!("{USERS}/me")).await.assert_problem(409, "last_administrator");
    // Opened again there, and in again here, ann counts.
    there.change(700, "first").await;
    is_in(&site.anon().log_in("ann", "first").await);
    root.patch(&path, json!({ "role": "user" })).await.assert_status(200);
}

/// By a login, and by a run of the adoption.
#[async_test]
async fn a_password_of_there_does_not_lift_the_demand_for_another() {
    let there = There::users().await;
    there.add(7, "ann", "first").await;
    let site = there.linked().start().await;
    is_in(&site.anon().log_in("ann", "first").await);
    site.database.execute("UPDATE dw_users SET password_change_required_at = 5").await;
    let demanded = "SELECT password_change_required_at FROM dw_users WHERE id = 7";
    there.change(7, "second").await;
    let mut ann = site.anon();
    is_in(&ann.log_in("ann", "second").await);
    ann.get(&format!("{USERS}/me")).await.assert_problem(403, "password_change_required");
    assert_eq!(site.database.value(demanded).await, "5");
    there.change(7, "third").await;
    assert_eq!(run::run(&site.app, LINKED, &mut Nobody).await.unwrap().report.changed_there, 1);
    assert_eq!(site.database.value(demanded).await, "5");
    is_in(&site.anon().log_in("ann", "third").await);
}

/// Who was renamed while there was no link is not the row's any more when the link comes back.
#[async_test]
async fn a_rename_without_a_link_makes_the_password_that_of_here() {
    let there = There::users().await;
    there.add(7, "ann", "first").await;
    let linked = there.linked().start().await;
    is_in(&linked.anon().log_in("ann", "first").await);
    let set_here = "SELECT password_set_here_at FROM dw_adoptions WHERE old_id = 7";
    assert_eq!(linked.database.value(set_here).await, "NULL");
    let alone: Site = Site::builder().database(linked.database.clone()).start().await;
    let mut root = alone.admin("root").await;
    let path = format!("{USERS}/{}", alone.uid_of("ann").await);
    root.patch(&path, json!({ "attributes": { "a": 1 } })).await.assert_status(200);
    assert_eq!(linked.database.value(set_here).await, "NULL");
    root.patch(&path, json!({ "name": "Eve" })).await.assert_status(200);
    assert_ne!(linked.database.value(set_here).await, "NULL");
    there.remove(7).await;
    is_in(&linked.anon().log_in("eve", "first").await);
}
