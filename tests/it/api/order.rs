//! The order of checks: of several reasons for a refusal, the answer gives one that the caller may know.

use doorward::ops::accounts::change_password::{self, NewPassword};
use doorward_test_macros::async_test;
use serde_json::json;

use crate::support::{Site, site::password_of};

const OWN: &str = "/api/v1/users/me/password";

/// The number of audit events with this reason.
async fn count_of(site: &Site, reason: &str) -> String {
    site.database.value(&format!("SELECT COUNT(*) FROM dw_audit_events WHERE reason = '{reason}'")).await
}

// The answer shows that a name is taken only if the sign-up is valid otherwise.
#[async_test]
async fn at_sign_up_a_weak_password_is_reported_before_a_taken_name() {
    let site = Site::builder().set("compat.password_policy", "enforce").start().await;
    let mut root = site.admin("root").await;
    for name in ["root", "nobody"] {
        for client in [&mut root, &mut site.anon()] {
            let reply = client.post("/api/v1/users", json!({ "name": name, "password": "short" })).await;
            reply.assert_invalid("/password", "too_short");
        }
        let old = json!({ "username": name, "password": "short" });
        let replies = [site.anon().post("/signup", old.clone()).await, site.anon().post("/user", old).await];
        replies[0].assert_json(400, json!({ "error": "Password must be at least 15 characters long" }));
        replies[1].assert_json(400, json!({ "message": "Password must be at least 15 characters long" }));
    }
}

// Otherwise a weak new password would allow guessing the current one without changing it.
#[async_test]
async fn a_weak_new_password_is_reported_before_the_current_one_is_checked() {
    let site = Site::builder().set("compat.password_policy", "enforce").start().await;
    // The operator may set a weak password.
    let id = site.create("a", "user").await;
    let weak = password_of("a").chars().take(10).collect::<String>();
    let set = change_password::as_operator(
        &site.app,
        doorward::model::UserId(id),
        NewPassword::of_operator(doorward_password::Password::new(weak.clone())),
    );
    set.await.unwrap().unwrap();
    site.database.set_change_required_at("a", Some(1)).await;
    let mut browser = site.anon();
    assert_eq!(browser.log_in("a", &weak).await.status, 200);
    let mut program = site.bearer_with("a", &weak).await;
    for new in [weak.as_str(), "another 01"] {
        let body = json!({ "current_password": weak, "new_password": new });
        program.put(OWN, body).await.assert_invalid("/new_password", "too_short");
        let refused = browser.put(&format!("/user/update-password/{id}"), json!({ "password": new })).await;
        refused.assert_json(400, json!({ "message": "Password must be at least 15 characters long" }));
    }
    assert_eq!(count_of(&site, "password_unchanged").await, "0");
}

#[async_test]
async fn an_unchanged_password_is_recorded() {
    let site = Site::new().await;
    let id = site.create_pending("ann", "user").await;
    let (mut browser, mut program) = (site.log_in("ann").await, site.bearer("ann").await);
    let same = password_of("ann");
    let by_the_api = program.put(OWN, json!({ "current_password": same, "new_password": same })).await;
    by_the_api.assert_invalid("/new_password", "is_current");
    let by_the_old = browser.put(&format!("/user/update-password/{id}"), json!({ "password": same })).await;
    by_the_old.assert_refused(400, "message");
    for reply in [by_the_api, by_the_old] {
        let expected = ["authn_password_change_fail", "refused", "password_unchanged"].map(str::to_owned);
        assert_eq!(site.event_of(&reply).await, Some(expected));
    }
    assert_eq!(count_of(&site, "password_unchanged").await, "2");
}
