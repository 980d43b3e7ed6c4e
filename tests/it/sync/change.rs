//! Changes of passwords while the old application still runs: the later one wins, and what is refused here is not in
//! force there.

use doorward_test_macros::async_test;
use std::time::Duration;

use serde_json::json;

use super::{There, fits};

#[async_test]
async fn a_change_is_written_back_and_works_there() {
    for there in [There::users().await, There::user().await, There::user_in_the_same_database().await] {
        there.add(7, "ann", "first").await;
        let site = there.linked().set("adopt.write_back", "true").start().await;
        let mut admin = site.admin("root").await;
        let mut ann = site.anon();
        assert_eq!(ann.log_in("ann", "first").await.status, 200);

        let change = json!({ "password": "second" });
        assert_eq!(ann.put("/user/update-password/7", change).await.status, 200);
        assert!(fits(&there.row("ann").await.1, "second"));
        assert_eq!(site.anon().log_in("ann", "first").await.status, 401);
        assert_eq!(site.anon().log_in("ann", "second").await.status, 200);
        // What was written is not taken for a change of there, which would end this session.
        ann.get("/user/7").await.assert_json(200, json!({ "username": "ann" }));

        let change = json!({ "password": "third" });
        assert_eq!(admin.put("/user/update-password/7", change).await.status, 200);
        assert!(fits(&there.row("ann").await.1, "third"));
        assert_eq!(site.anon().log_in("ann", "third").await.status, 200);

        there.change(7, "fourth").await;
        assert_eq!(site.anon().log_in("ann", "third").await.status, 401);
        assert_eq!(site.anon().log_in("ann", "fourth").await.status, 200);
    }
}

#[async_test]
async fn the_later_change_wins_without_write_back() {
    let there = There::users().await;
    there.add(7, "ann", "first").await;
    let site = there.linked().start().await;
    let mut ann = site.anon();
    assert_eq!(ann.log_in("ann", "first").await.status, 200);

    // There, and then here by somebody who is still in.
    there.change(7, "second, there").await;
    assert_eq!(ann.put("/user/update-password/7", json!({ "password": "third, here" })).await.status, 200);
    assert_eq!(site.anon().log_in("ann", "second, there").await.status, 401);
    assert_eq!(site.anon().log_in("ann", "third, here").await.status, 200);

    // There again.
    there.change(7, "fourth, there").await;
    assert_eq!(site.anon().log_in("ann", "third, here").await.status, 401);
    assert_eq!(site.anon().log_in("ann", "fourth, there").await.status, 200);
}

#[async_test]
async fn a_change_made_before_the_link_is_known_to_it() {
    let there = There::users().await;
    there.add(7, "ann", "first").await;
    let linked = there.linked().start().await;
    assert_eq!(linked.anon().log_in("ann", "first").await.status, 200);
    let site = linked.another_node(&[]).await;
    let mut ann = site.anon();
    assert_eq!(ann.log_in("ann", "first").await.status, 200);
    assert_eq!(ann.put("/user/update-password/7", json!({ "password": "second" })).await.status, 200);
    there.remove(7).await;
    assert_eq!(linked.anon().log_in("ann", "second").await.status, 200);
}

#[async_test]
async fn what_is_refused_here_is_not_written_there() {
    let there = There::users().await;
    there.add(7, "ann", "first").await;
    let before = there.rows().await;
    let site = there.linked().set("adopt.write_back", "true").set("compat.password_policy", "enforce").start().await;
    let mut ann = site.anon();
    assert_eq!(ann.log_in("ann", "first").await.status, 200);
    let long_enough = json!({ "password": "quite a long password" });

    assert_eq!(ann.put("/user/update-password/7", json!({ "password": "short" })).await.status, 400);
    let mut bob = site.user("bob").await;
    assert_eq!(bob.put("/user/update-password/7", long_enough.clone()).await.status, 401);
    site.advance(Duration::from_secs(31 * 86_400));
    assert_eq!(ann.put("/user/update-password/7", long_enough).await.status, 401);
    assert_eq!(there.rows().await[0], before[0]);
}

/// A session that ends while its change of password is being hashed: the change is not in force on either side.
#[async_test]
async fn a_session_that_ended_meanwhile_changes_nothing_on_either_side() {
    let there = There::users().await;
    there.add(7, "ann", "first").await;
    let site = there.linked().set("adopt.write_back", "true").start().await;
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
    assert!(matches!(outcome, doorward::ops::accounts::change_password::ChangePassword::AuthorityLost), "{outcome:?}");
    assert!(fits(&there.row("ann").await.1, "first"));
    assert_eq!(site.anon().log_in("ann", "first").await.status, 200);
    assert_eq!(site.anon().log_in("ann", "a thief's").await.status, 401);
}

/// Whoever logs in by the old password while it is being changed is out, or was in before and is out with all the others.
#[async_test]
async fn a_login_beside_a_change_that_is_written_back_does_not_outlive_it() {
    for there in [There::users().await, There::user_in_the_same_database().await] {
        there.add(7, "ann", "password 0").await;
        let site = there.linked().set("adopt.write_back", "true").set("throttle.enabled", "false").start().await;
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
            assert!(fits(&there.row("ann").await.1, &new));
        }
    }
}

/// Who is shut out there cannot come back by a change of password here, whose session nobody has ended yet.
#[async_test]
async fn whoever_was_locked_or_deleted_there_changes_no_password() {
    for write_back in ["false", "true"] {
        let there = There::users().await;
        there.add(7, "ann", "first").await;
        there.add(8, "bob", "first").await;
        let site = there.linked().set("adopt.write_back", write_back).start().await;
        let (mut ann, mut bob) = (site.anon(), site.anon());
        assert_eq!(ann.log_in("ann", "first").await.status, 200);
        assert_eq!(bob.log_in("bob", "first").await.status, 200);
        there.set(7, "!").await;
        there.remove(8).await;
        let change = json!({ "password": "mine again" });
        for (client, id, name) in [(&mut ann, 7, "ann"), (&mut bob, 8, "bob")] {
            let path = format!("/user/update-password/{id}");
            client.put(&path, change.clone()).await.assert_json(401, json!({ "message": "Unauthorized" }));
            assert_eq!(client.get(&format!("/user/{id}")).await.status, 401);
            for password in ["first", "mine again"] {
                assert_eq!(site.anon().log_in(name, password).await.status, 401);
            }
        }
        assert_eq!(there.rows().await.len(), 1);
        assert_eq!(there.row("ann").await.1, "!");
        // An administrator may give a password to who is gone; who is locked there stays so until it is opened there.
        let mut admin = site.admin("root").await;
        for id in [7, 8] {
            assert_eq!(admin.put(&format!("/user/update-password/{id}"), change.clone()).await.status, 200);
        }
        assert_eq!(site.anon().log_in("bob", "mine again").await.status, 200);
        assert_eq!(site.anon().log_in("ann", "mine again").await.status, 401);
        assert_eq!(there.row("ann").await.1, "!");
    }
}
