//! Password changes while the legacy application still runs: the later change wins, and a refused change is not written
//! to the legacy table.

use doorward_test_macros::async_test;
use std::time::Duration;

use serde_json::json;

use super::{LegacyTable, verifies};

#[async_test]
async fn a_password_change_is_written_back_to_the_legacy_table() {
    for legacy in
        [LegacyTable::users().await, LegacyTable::user().await, LegacyTable::user_in_the_same_database().await]
    {
        legacy.add(7, "ann", "first").await;
        let site = legacy.synced().set("adopt.write_back", "true").start().await;
        let mut admin = site.admin("root").await;
        let mut ann = site.anon();
        assert_eq!(ann.log_in("ann", "first").await.status, 200);

        let change = json!({ "password": "second" });
        assert_eq!(ann.put("/user/update-password/7", change).await.status, 200);
        assert!(verifies(&legacy.row("ann").await.1, "second"));
        assert_eq!(site.anon().log_in("ann", "first").await.status, 401);
        assert_eq!(site.anon().log_in("ann", "second").await.status, 200);
        // Doorward's own write must not look like a legacy change, which would end this session.
        ann.get("/user/7").await.assert_json(200, json!({ "username": "ann" }));

        let change = json!({ "password": "third" });
        assert_eq!(admin.put("/user/update-password/7", change).await.status, 200);
        assert!(verifies(&legacy.row("ann").await.1, "third"));
        assert_eq!(site.anon().log_in("ann", "third").await.status, 200);

        legacy.change(7, "fourth").await;
        assert_eq!(site.anon().log_in("ann", "third").await.status, 401);
        assert_eq!(site.anon().log_in("ann", "fourth").await.status, 200);
    }
}

#[async_test]
async fn the_later_change_wins_without_write_back() {
    let legacy = LegacyTable::users().await;
    legacy.add(7, "ann", "first").await;
    let site = legacy.synced().start().await;
    let mut ann = site.anon();
    assert_eq!(ann.log_in("ann", "first").await.status, 200);

    // First a legacy change, then a change in Doorward by a session from before.
    legacy.change(7, "second, there").await;
    assert_eq!(ann.put("/user/update-password/7", json!({ "password": "third, here" })).await.status, 200);
    assert_eq!(site.anon().log_in("ann", "second, there").await.status, 401);
    assert_eq!(site.anon().log_in("ann", "third, here").await.status, 200);

    // Then another legacy change.
    legacy.change(7, "fourth, there").await;
    assert_eq!(site.anon().log_in("ann", "third, here").await.status, 401);
    assert_eq!(site.anon().log_in("ann", "fourth, there").await.status, 200);
}

#[async_test]
async fn a_password_change_made_without_sync_is_kept_by_it() {
    let legacy = LegacyTable::users().await;
    legacy.add(7, "ann", "first").await;
    let synced = legacy.synced().start().await;
    assert_eq!(synced.anon().log_in("ann", "first").await.status, 200);
    let site = synced.another_node(&[]).await;
    let mut ann = site.anon();
    assert_eq!(ann.log_in("ann", "first").await.status, 200);
    assert_eq!(ann.put("/user/update-password/7", json!({ "password": "second" })).await.status, 200);
    legacy.remove(7).await;
    assert_eq!(synced.anon().log_in("ann", "second").await.status, 200);
}

#[async_test]
async fn a_refused_change_is_not_written_back() {
    let legacy = LegacyTable::users().await;
    legacy.add(7, "ann", "first").await;
    let before = legacy.rows().await;
    let site = legacy.synced().set("adopt.write_back", "true").set("compat.password_policy", "enforce").start().await;
    let mut ann = site.anon();
    assert_eq!(ann.log_in("ann", "first").await.status, 200);
    let long_enough = json!({ "password": "quite a long password" });

    assert_eq!(ann.put("/user/update-password/7", json!({ "password": "short" })).await.status, 400);
    let mut bob = site.user("bob").await;
    assert_eq!(bob.put("/user/update-password/7", long_enough.clone()).await.status, 401);
    site.advance(Duration::from_secs(31 * 86_400));
    assert_eq!(ann.put("/user/update-password/7", long_enough).await.status, 401);
    assert_eq!(legacy.rows().await[0], before[0]);
}

/// The session ends before its password change commits: neither side has the new password.
#[async_test]
async fn a_session_that_ended_meanwhile_changes_neither_table() {
    let legacy = LegacyTable::users().await;
    legacy.add(7, "ann", "first").await;
    let site = legacy.synced().set("adopt.write_back", "true").start().await;
    let mut ann = site.anon();
    assert_eq!(ann.log_in("ann", "first").await.status, 200);
    let authority = {
        use doorward::{model::TokenHash, ops::auth::sign_in_check};
        let cookie = ann.cookie.clone().unwrap();
        let token = TokenHash::of_presented(cookie.split_once('=').unwrap().1.as_bytes()).unwrap();
        sign_in_check::check(&site.app, &token, Default::default()).await.unwrap().unwrap()
    };
    ann.post("/logout", json!({})).await;
    let password = doorward_password::Password::new("a thief's".to_owned());
    let policy = doorward::model::PasswordPolicy::Accept;
    let outcome = doorward::ops::accounts::change_password::own(&site.app, &authority, password, policy).await.unwrap();
    assert!(
        matches!(outcome, Err(doorward::ops::accounts::change_password::ChangePasswordRefused::SessionEnded)),
        "{outcome:?}"
    );
    assert!(verifies(&legacy.row("ann").await.1, "first"));
    assert_eq!(site.anon().log_in("ann", "first").await.status, 200);
    assert_eq!(site.anon().log_in("ann", "a thief's").await.status, 401);
}

/// A login with the old password during the change fails, or its session ends with all the others.
#[async_test]
async fn a_login_during_a_written_back_change_does_not_outlive_it() {
    for legacy in [LegacyTable::users().await, LegacyTable::user_in_the_same_database().await] {
        legacy.add(7, "ann", "password 0").await;
        let site = legacy.synced().set("adopt.write_back", "true").set("throttle.enabled", "false").start().await;
        let mut ann = site.anon();
        assert_eq!(ann.log_in("ann", "password 0").await.status, 200);
        for round in 0..20 {
            let (old, new) = (format!("password {round}"), format!("password {}", round + 1));
            let racing: Vec<_> = (0..4)
                .map(|_| {
                    let (mut client, old) = (site.anon(), old.clone());
                    tokio::spawn(async move {
                        let status = client.log_in("ann", &old).await.status.as_u16();
                        (client, status)
                    })
                })
                .collect();
            let change = json!({ "password": new });
            assert_eq!(ann.put("/user/update-password/7", change).await.status, 200);
            for one in racing {
                let (mut client, status) = one.await.unwrap();
                assert!(matches!(status, 200 | 401), "{status}");
                assert_eq!(client.get("/user/7").await.status, 401);
            }
            ann.get("/user/7").await.assert_json(200, json!({ "username": "ann" }));
            assert!(verifies(&legacy.row("ann").await.1, &new));
        }
    }
}

/// A user locked or deleted in the legacy table cannot set a password through a session that still exists.
#[async_test]
async fn a_user_locked_or_deleted_in_the_legacy_table_cannot_change_the_password() {
    for write_back in ["false", "true"] {
        let legacy = LegacyTable::users().await;
        legacy.add(7, "ann", "first").await;
        legacy.add(8, "bob", "first").await;
        let site = legacy.synced().set("adopt.write_back", write_back).start().await;
        let (mut ann, mut bob) = (site.anon(), site.anon());
        assert_eq!(ann.log_in("ann", "first").await.status, 200);
        assert_eq!(bob.log_in("bob", "first").await.status, 200);
        legacy.set(7, "!").await;
        legacy.remove(8).await;
        let change = json!({ "password": "mine again" });
        for (client, id, name) in [(&mut ann, 7, "ann"), (&mut bob, 8, "bob")] {
            let path = format!("/user/update-password/{id}");
            client.put(&path, change.clone()).await.assert_json(401, json!({ "message": "Unauthorized" }));
            assert_eq!(client.get(&format!("/user/{id}")).await.status, 401);
            for password in ["first", "mine again"] {
                assert_eq!(site.anon().log_in(name, password).await.status, 401);
            }
        }
        assert_eq!(legacy.rows().await.len(), 1);
        assert_eq!(legacy.row("ann").await.1, "!");
        // An administrator may set a password for the deleted user. The locked user stays locked in the legacy table.
        let mut admin = site.admin("root").await;
        for id in [7, 8] {
            assert_eq!(admin.put(&format!("/user/update-password/{id}"), change.clone()).await.status, 200);
        }
        assert_eq!(site.anon().log_in("bob", "mine again").await.status, 200);
        assert_eq!(site.anon().log_in("ann", "mine again").await.status, 401);
        assert_eq!(legacy.row("ann").await.1, "!");
    }
}
