//! Throttling with the sync: failures of legacy users are counted, and internal errors are not.

use doorward_test_macros::async_test;
use std::time::Duration;

use serde_json::json;

use super::{LegacyTable, assert_logged_in, assert_login_refused};
use crate::support::Site;

async fn failures(site: &Site) -> Vec<Vec<String>> {
    site.database.rows("SELECT failures, user_id FROM dw_login_failures ORDER BY user_id").await
}

/// A login whose look-up fails is not an attempt.
#[async_test]
async fn a_login_that_fails_internally_is_not_counted() {
    let legacy = LegacyTable::users().await;
    legacy.add(7, "ann", "first").await;
    let site = legacy.synced().start().await;
    assert_logged_in(&site.anon().log_in("ann", "first").await);
    legacy.database.execute("ALTER TABLE users RENAME TO users_away").await;
    for name in ["ann", "nobody"] {
        for _ in 0..10 {
            let reply = site.anon().log_in(name, "wrong").await;
            assert!(reply.status.is_server_error(), "{}", reply.text());
        }
    }
    assert!(failures(&site).await.is_empty());
    legacy.database.execute("ALTER TABLE users_away RENAME TO users").await;
    assert_logged_in(&site.anon().log_in("ann", "first").await);
}

/// A legacy user counts as an unknown name until the first login, and as a user from then on.
#[async_test]
async fn failures_of_a_legacy_user_are_counted_before_and_after_adoption() {
    let legacy = LegacyTable::users().await;
    legacy.add(7, "ann", "first").await;
    let site = legacy.synced().start().await;
    for _ in 0..5 {
        assert_login_refused(&site.anon().log_in("ann", "wrong").await);
    }
    assert_eq!(failures(&site).await, [["5", "NULL"]]);
    assert_eq!(site.anon().log_in("ann", "first").await.assert_throttled(), 1);
    site.advance(Duration::from_secs(1));
    assert_logged_in(&site.anon().log_in("ann", "first").await);
    assert!(failures(&site).await.is_empty(), "the right password must clear the failures");
    assert_login_refused(&site.anon().log_in("ann", "wrong").await);
    assert_eq!(failures(&site).await, [["1", "7"]]);
    // A user deleted in the legacy table is still counted as a user.
    legacy.remove(7).await;
    for _ in 0..4 {
        assert_login_refused(&site.anon().log_in("ann", "first").await);
    }
    assert_eq!(failures(&site).await, [["5", "7"]]);
    assert_eq!(site.anon().log_in("ann", "first").await.assert_throttled(), 1);
}

/// A required change is not satisfied by the current password, whether Doorward or the legacy table has it.
#[async_test]
async fn the_current_password_does_not_satisfy_a_required_change() {
    let (first, second) = ("tall ships in the harbour", "a violin in the greenhouse");
    let legacy = LegacyTable::users().await;
    legacy.add(7, "ann", first).await;
    let site = legacy.synced().start().await;
    let mut ann = site.bearer_with("ann", first).await;
    legacy.change(7, second).await;
    site.database.set_change_required_at("ann", Some(5)).await;
    for same in [first, second] {
        let body = json!({ "current_password": second, "new_password": same });
        ann.put("/api/v1/users/me/password", body).await.assert_invalid("/new_password", "is_current");
    }
}
