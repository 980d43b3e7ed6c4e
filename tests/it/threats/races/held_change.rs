//! E10, E11 and E14 of threats.md: a password change whose authority ends while its hash is computed.
//!
//! As in `held_login`, the tests hold the change's first draw of randomness, which comes between the check of the session
//! and the write. Invariant: a change that is no longer permitted is not made, not even in part.

use doorward_test_macros::async_test;
use std::sync::atomic::Ordering;

use doorward::{
    model::UserId,
    ops::{
        accounts::{delete, disable, edit},
        sessions::end,
    },
};
use serde_json::json;

use super::held_login::{PATIENCE, held_rng};
use crate::support::{Reply, Site, site::password_of};

const ROOT: UserId = UserId(1);
const ANN: UserId = UserId(2);

/// Starts a change of ann's password by `who` on another node, runs `meanwhile` before its write, and lets it finish.
async fn change_around(who: &str, meanwhile: impl AsyncFnOnce(&Site)) -> (Site, Reply) {
    let node = Site::new().await;
    for (name, role) in [("root", "admin"), ("ann", "user"), ("deputy", "admin")] {
        node.create(name, role).await;
    }
    let client = node.log_in(who).await;
    let (rng, hold) = held_rng();
    let (database, is_armed) = (node.database.clone(), hold.is_armed);
    let change = std::thread::spawn(move || {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let site = Site::builder().rng(rng).database(database).start().await;
            let mut client = client.through(&site.router);
            is_armed.store(true, Ordering::SeqCst);
            client.put("/user/update-password/2", json!({ "password": "new" })).await
        })
    });
    hold.is_reached.recv_timeout(PATIENCE).unwrap();
    meanwhile(&node).await;
    hold.go.send(()).unwrap();
    (node, change.join().unwrap())
}

const SIGNED_OUT: &str = "Unauthorized";
const NOT_ALLOWED: &str = "You don't have permission to perform this action.";

/// Asserts the refusal, and that the password has not changed.
async fn nothing_was_changed(site: &Site, reply: &Reply, message: &str) {
    reply.assert_json(401, json!({ "message": message }));
    assert_eq!(site.anon().log_in("ann", "new").await.status, 401);
    assert_eq!(site.database.password_version("ann").await, "1");
}

#[async_test]
async fn an_administrator_demoted_meanwhile_changes_nothing() {
    let demote =
        async |site: &Site| assert_eq!(edit::set_role_as_operator(&site.app, ROOT, "user").await.unwrap(), Ok(()));
    let (site, reply) = change_around("root", demote).await;
    nothing_was_changed(&site, &reply, NOT_ALLOWED).await;
    assert_eq!(site.anon().log_in("ann", &password_of("ann")).await.status, 200);
}

#[async_test]
async fn an_administrator_whose_sessions_end_meanwhile_changes_nothing() {
    let revoke = async |site: &Site| assert_eq!(end::all_of(&site.app, ROOT).await.unwrap(), 1);
    let (site, reply) = change_around("root", revoke).await;
    nothing_was_changed(&site, &reply, SIGNED_OUT).await;
}

#[async_test]
async fn a_user_whose_session_ends_meanwhile_changes_nothing() {
    let revoke = async |site: &Site| assert_eq!(end::all_of(&site.app, ANN).await.unwrap(), 1);
    let (site, reply) = change_around("ann", revoke).await;
    nothing_was_changed(&site, &reply, SIGNED_OUT).await;
    assert_eq!(site.anon().log_in("ann", &password_of("ann")).await.status, 200);
}

#[async_test]
async fn a_user_who_is_disabled_meanwhile_changes_nothing() {
    let disable = async |site: &Site| {
        let outcome = disable::disable_as_operator(&site.app, ANN).await.unwrap();
        assert_eq!(outcome, Ok(1));
    };
    let (site, reply) = change_around("ann", disable).await;
    nothing_was_changed(&site, &reply, SIGNED_OUT).await;
}

#[async_test]
async fn a_user_who_is_deleted_meanwhile_is_not_found() {
    let delete = async |site: &Site| {
        assert_eq!(delete::as_operator(&site.app, ANN).await.unwrap(), Ok(()));
    };
    let (site, reply) = change_around("root", delete).await;
    reply.assert_json(404, json!({ "message": "User not found." }));
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "2");
}

#[async_test]
async fn a_change_without_a_concurrent_event_succeeds() {
    let (site, reply) = change_around("ann", async |_: &Site| ()).await;
    reply.assert_json(200, json!({ "message": "Password successfully changed." }));
    assert_eq!(site.anon().log_in("ann", "new").await.status, 200);
}
