//! Reauthentication: irreversible operations need the current password or a login at most five minutes old.

use doorward_test_macros::async_test;
use std::time::Duration;

use axum::http::Method;
use doorward::model::UnixMillis;
use serde_json::{Value, json};

use crate::support::{Client, Reply, Site, site::START};

const RECENT: Duration = Duration::from_secs(300);
const MILLISECOND: Duration = Duration::from_millis(1);
const RIGHT: &str = "the password of ann";

/// An operation that needs reauthentication.
#[derive(Clone, Copy)]
enum Operation {
    DeleteAccount,
    Rename,
    EndOthers,
    EndOne,
}

const OPERATIONS: [Operation; 4] =
    [Operation::DeleteAccount, Operation::Rename, Operation::EndOthers, Operation::EndOne];

/// A site, ann's first session, and the identifier of ann's second session.
async fn site() -> (Site, Client, String) {
    let site = Site::new().await;
    let ann = site.user("ann").await;
    site.bearer("ann").await;
    let other = site.sessions_of("ann").await.pop().unwrap();
    let mut clone = ann.clone();
    let own = clone.get("/api/v1/sessions/current").await.assert_status(200)["id"].as_str().unwrap().to_owned();
    let other = if other == own { site.sessions_of("ann").await.remove(0) } else { other };
    (site, ann, other)
}

async fn perform(operation: Operation, client: &mut Client, other: &str, current: Option<&str>) -> Reply {
    let mut body = json!({});
    if let Some(current) = current {
        body["current_password"] = Value::from(current);
    }
    match operation {
        Operation::DeleteAccount => client.send(Method::DELETE, "/api/v1/users/me", current.map(|_| body)).await,
        Operation::Rename => {
            body["name"] = Value::from("Eve");
            client.patch("/api/v1/users/me", body).await
        }
        Operation::EndOthers => client.send(Method::DELETE, "/api/v1/sessions", current.map(|_| body)).await,
        Operation::EndOne => {
            client.send(Method::DELETE, &format!("/api/v1/sessions/{other}"), current.map(|_| body)).await
        }
    }
}

#[async_test]
async fn a_login_is_recent_for_exactly_five_minutes() {
    for operation in OPERATIONS {
        let (site, mut ann, other) = site().await;
        site.advance(RECENT + MILLISECOND);
        let before = site.dump().await;
        let reply = perform(operation, &mut ann, &other, None).await;
        reply.assert_problem(403, "fresh_login_required");
        let expected = ["authz_fail", "refused", "fresh_login_required"].map(str::to_owned);
        assert_eq!(site.event_of(&reply).await, Some(expected));
        assert_eq!(site.dump().await, before);
        site.set_time(START.plus(RECENT));
        assert!(perform(operation, &mut ann, &other, None).await.status.is_success());
    }
}

#[async_test]
async fn a_clock_that_steps_back_makes_no_login_recent() {
    for operation in OPERATIONS {
        let (site, mut ann, other) = site().await;
        site.set_time(UnixMillis(START.0 - 1));
        perform(operation, &mut ann, &other, None).await.assert_problem(403, "fresh_login_required");
        assert!(perform(operation, &mut ann, &other, Some(RIGHT)).await.status.is_success());
    }
}

#[async_test]
async fn a_wrong_current_password_is_refused_even_after_a_recent_login() {
    for operation in OPERATIONS {
        let (site, mut ann, other) = site().await;
        let before = site.dump().await;
        for (at, wrong) in [(Duration::ZERO, "wrong"), (Duration::ZERO, ""), (RECENT * 2, "the password of bob")] {
            site.set_time(START.plus(at));
            let reply = perform(operation, &mut ann, &other, Some(wrong)).await;
            reply.assert_problem(403, "wrong_current_password");
            // It is recorded like a failed login.
            let [event, outcome, _] = site.event_of(&reply).await.unwrap();
            assert_eq!((event.as_str(), outcome.as_str()), ("authn_login_fail", "refused"));
        }
        assert_eq!(site.dump().await, before);
        // The right password is accepted at any age of the login.
        site.set_time(START.plus(RECENT * 3));
        assert!(perform(operation, &mut ann, &other, Some(RIGHT)).await.status.is_success());
    }
}

#[async_test]
async fn an_invalid_reauthentication_body_is_refused() {
    let (site, mut ann, other) = site().await;
    let before = site.dump().await;
    let one = format!("/api/v1/sessions/{other}");
    for path in ["/api/v1/users/me", "/api/v1/sessions", one.as_str()] {
        ann.delete_with(path, json!({ "current_password": null }))
            .await
            .assert_invalid("/current_password", "wrong_type");
        ann.delete_with(path, json!({ "current_password": 1 })).await.assert_invalid("/current_password", "wrong_type");
        ann.delete_with(path, json!({ "currentPassword": RIGHT })).await.assert_invalid("/currentPassword", "unknown");
        ann.delete_with(path, json!([])).await.assert_problem(400, "malformed_body");
        // The body is optional, but a body without a content type is refused.
        let reply = ann.send_raw(Method::DELETE, path, None, "{\"current_password\":\"wrong\"}").await;
        reply.assert_problem(415, "unsupported_media_type");
        let reply = ann.send_raw(Method::DELETE, path, Some("application/json"), " ").await;
        reply.assert_problem(400, "malformed_body");
    }
    assert_eq!(site.dump().await, before);
}

// Users may change their attributes at any time. A password in such a request must still be right.
#[async_test]
async fn reversible_operations_need_no_recent_login() {
    let (site, mut ann, _) = site().await;
    site.advance(RECENT * 2);
    ann.patch("/api/v1/users/me", json!({ "attributes": { "a": 1 } })).await.assert_status(200);
    ann.get("/api/v1/sessions").await.assert_status(200);
    let both = json!({ "attributes": { "a": 2 }, "name": "Eve" });
    ann.patch("/api/v1/users/me", both).await.assert_problem(403, "fresh_login_required");
    let wrong = json!({ "attributes": { "a": 2 }, "current_password": "wrong" });
    ann.patch("/api/v1/users/me", wrong).await.assert_problem(403, "wrong_current_password");
    assert_eq!(ann.get("/api/v1/users/me").await.assert_status(200)["attributes"], json!({ "a": 1 }));
    ann.delete("/api/v1/sessions/current").await.assert_status(204);
}
