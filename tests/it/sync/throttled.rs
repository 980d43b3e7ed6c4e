//! Throttling beside the old application: whose failures count for whom, and that a failure of ours is nobody's.

use doorward_test_macros::async_test;
use std::time::Duration;

use serde_json::json;

use super::{There, is_in, is_out};
use crate::support::Site;

async fn failures(site: &Site) -> Vec<Vec<String>> {
    site.database.rows("SELECT failures, user_id FROM dw_login_failures ORDER BY user_id").await
}

/// What could not be looked up was not tried.
#[async_test]
async fn what_fails_is_not_counted() {
    let there = There::users().await;
    there.add(7, "ann", "first").await;
    let site = there.linked().start().await;
    is_in(&site.anon().log_in("ann", "first").await);
    there.database.execute("ALTER TABLE users RENAME TO users_away").await;
    for name in ["ann", "nobody"] {
        for _ in 0..10 {
            let reply = site.anon().log_in(name, "wrong").await;
            assert!(reply.status.is_server_error(), "{}", reply.text());
        }
    }
    assert!(failures(&site).await.is_empty());
    there.database.execute("ALTER TABLE users_away RENAME TO users").await;
    is_in(&site.anon().log_in("ann", "first").await);
}

/// Somebody who is there alone counts as a name that nobody has, and as a user from the first login on.
#[async_test]
async fn a_user_of_there_has_a_budget_before_and_after_the_adoption() {
    let there = There::users().await;
    there.add(7, "ann", "first").await;
    let site = there.linked().start().await;
    for _ in 0..5 {
        is_out(&site.anon().log_in("ann", "wrong").await);
    }
    assert_eq!(failures(&site).await, [["5", "NULL"]]);
    assert_eq!(site.anon().log_in("ann", "first").await.assert_throttled(), 1);
    site.advance(Duration::from_secs(1));
    is_in(&site.anon().log_in("ann", "first").await);
    assert!(failures(&site).await.is_empty(), "the right password has made it whole");
    is_out(&site.anon().log_in("ann", "wrong").await);
    assert_eq!(failures(&site).await, [["1", "7"]]);
    // Locked or deleted there: known here all the same, and counted as before.
    there.remove(7).await;
    for _ in 0..4 {
        is_out(&site.anon().log_in("ann", "first").await);
    }
    assert_eq!(failures(&site).await, [["5", "7"]]);
    assert_eq!(site.anon().log_in("ann", "first").await.assert_throttled(), 1);
}

/// Whoever must choose another password has not done so with the one that they have just given, wherever that is kept.
#[async_test]
async fn the_password_that_was_given_is_not_the_new_one() {
    let (first, second) = ("tall ships in the harbour", "a violin in the greenhouse");
    let there = There::users().await;
    there.add(7, "ann", first).await;
    let site = there.linked().start().await;
    let mut ann = site.bearer_with("ann", first).await;
    there.change(7, second).await;
    site.database.execute("UPDATE dw_users SET password_change_required_at = 5").await;
    for same in [first, second] {
        let body = json!({ "current_password": second, "new_password": same });
        ann.put("/api/v1/users/me/password", body).await.assert_invalid("/new_password", "is_current");
    }
}
