//! Adoption and authority: the roles of adopted users, and whether these users count as administrators.
//!
//! Also what the sync must not undo: a required change of the password, and a new name.

use doorward_test_macros::async_test;
use std::sync::atomic::Ordering;

use doorward::ops::legacy::{
    PlainText,
    run::{self, AdoptionProgress, ProgressObserver},
};
use serde_json::json;

use super::{LegacyTable, assert_logged_in, assert_login_refused};
use crate::{
    support::Site,
    threats::races::held_login::{PATIENCE, held_rng},
};

const USERS: &str = "/api/v1/users";

const SYNCED: run::RunOptions = run::RunOptions { is_linked: true, plain_text: PlainText::Refuse };

struct NoObserver;

impl ProgressObserver for NoObserver {
    fn left_behind(&mut self, _: &doorward::ops::legacy::LeftRow) {}

    fn progress(&mut self, _: AdoptionProgress) -> std::ops::ControlFlow<()> {
        std::ops::ControlFlow::Continue(())
    }
}

async fn set_legacy_role(legacy: &LegacyTable, id: i64, role: &str) {
    legacy.database.execute(&format!("UPDATE `user` SET role = '{role}' WHERE id = {id}")).await;
}

/// The role is deleted after a login, or a run of the adoption, has looked it up.
#[async_test(worker_threads = 4)]
async fn no_user_is_adopted_into_a_role_deleted_meanwhile() {
    for is_login in [true, false] {
        let legacy = LegacyTable::user().await;
        legacy.add(700, "ann", "first").await;
        set_legacy_role(&legacy, 700, "keeper").await;
        let site = legacy.synced().start().await;
        site.create("root", "admin").await;
        site.role("keeper", "roles:write").await;
        let mut root = site.bearer("root").await;
        let (rng, hold) = held_rng();
        let (builder, database, is_armed) = (legacy.synced(), site.database.clone(), hold.is_armed);
        let adoption = std::thread::spawn(move || {
            tokio::runtime::Runtime::new().unwrap().block_on(async {
                let node = builder.rng(rng).database(database).start().await;
                is_armed.store(true, Ordering::SeqCst);
                if is_login {
                    node.anon().log_in("ann", "first").await.status.as_u16()
                } else {
                    run::run(&node.app, SYNCED, &mut NoObserver).await.map_or(503, |_| 200)
                }
            })
        });
        hold.is_reached.recv_timeout(PATIENCE).unwrap();
        root.delete("/api/v1/roles/keeper").await.assert_status(204);
        hold.go.send(()).unwrap();
        assert_eq!(adoption.join().unwrap(), 503);
        assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users WHERE name = 'ann'").await, "0");
        // The next login looks up the role again.
        assert_logged_in(&site.anon().log_in("ann", "first").await);
        assert_eq!(site.database.value("SELECT role_id FROM dw_users WHERE name = 'ann'").await, "2");
    }
}

// F5: a user who cannot log in does not count as an administrator.
#[async_test]
async fn an_administrator_locked_in_the_legacy_table_does_not_count() {
    let legacy = LegacyTable::user().await;
    legacy.add(700, "ann", "first").await;
    set_legacy_role(&legacy, 700, "admin").await;
    let site = legacy.synced().start().await;
    let mut root = site.admin("root").await;
    let path = format!("{USERS}/{}", site.uid_of("root").await);
    assert_logged_in(&site.anon().log_in("ann", "first").await);
    legacy.set(700, "!").await;
    assert_login_refused(&site.anon().log_in("ann", "first").await);
    root.patch(&path, json!({ "role": "user" })).await.assert_problem(409, "last_administrator");
    root.delete(&format!("{USERS}/me")).await.assert_problem(409, "last_administrator");
    // Once ann is unlocked in the legacy table and has logged in, she counts.
    legacy.change(700, "first").await;
    assert_logged_in(&site.anon().log_in("ann", "first").await);
    root.patch(&path, json!({ "role": "user" })).await.assert_status(200);
}

/// By a login, and by a run of the adoption.
#[async_test]
async fn a_new_legacy_password_does_not_satisfy_a_required_change() {
    let legacy = LegacyTable::users().await;
    legacy.add(7, "ann", "first").await;
    let site = legacy.synced().start().await;
    assert_logged_in(&site.anon().log_in("ann", "first").await);
    site.database.set_change_required_at("ann", Some(5)).await;
    let demanded = "SELECT password_change_required_at FROM dw_users WHERE id = 7";
    legacy.change(7, "second").await;
    let mut ann = site.anon();
    assert_logged_in(&ann.log_in("ann", "second").await);
    ann.get(&format!("{USERS}/me")).await.assert_problem(403, "password_change_required");
    assert_eq!(site.database.value(demanded).await, "5");
    legacy.change(7, "third").await;
    assert_eq!(run::run(&site.app, SYNCED, &mut NoObserver).await.unwrap().report.changed_there, 1);
    assert_eq!(site.database.value(demanded).await, "5");
    assert_logged_in(&site.anon().log_in("ann", "third").await);
}

/// A user renamed without sync no longer belongs to the legacy row when the sync comes back.
#[async_test]
async fn a_rename_without_sync_makes_the_password_local() {
    let legacy = LegacyTable::users().await;
    legacy.add(7, "ann", "first").await;
    let synced = legacy.synced().start().await;
    assert_logged_in(&synced.anon().log_in("ann", "first").await);
    let set_locally = "SELECT password_set_locally_at FROM dw_adoptions WHERE legacy_id = 7";
    assert_eq!(synced.database.value(set_locally).await, "NULL");
    let alone: Site = Site::builder().database(synced.database.clone()).start().await;
    let mut root = alone.admin("root").await;
    let path = format!("{USERS}/{}", alone.uid_of("ann").await);
    root.patch(&path, json!({ "attributes": { "a": 1 } })).await.assert_status(200);
    assert_eq!(synced.database.value(set_locally).await, "NULL");
    root.patch(&path, json!({ "name": "Eve" })).await.assert_status(200);
    assert_ne!(synced.database.value(set_locally).await, "NULL");
    legacy.remove(7).await;
    assert_logged_in(&synced.anon().log_in("eve", "first").await);
}
