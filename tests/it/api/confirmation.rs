//! A fresh login or the current password, for what cannot be undone: at most five minutes old, to the millisecond.

use doorward_test_macros::async_test;
use std::time::Duration;

use axum::http::Method;
use doorward::model::UnixMillis;
use serde_json::{Value, json};

use crate::support::{Client, Reply, Site, site::START};

const RECENT: Duration = Duration::from_secs(300);
const MILLISECOND: Duration = Duration::from_millis(1);
const RIGHT: &str = "the password of ann";

/// What takes a confirmation: each is tried by a user of its own, who has a second session.
#[derive(Clone, Copy)]
enum Deed {
    DeleteAccount,
    Rename,
    EndOthers,
    EndOne,
}

const DEEDS: [Deed; 4] = [Deed::DeleteAccount, Deed::Rename, Deed::EndOthers, Deed::EndOne];

/// A site with ann, who has two sessions; the first acts on the second.
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

async fn perform(deed: Deed, client: &mut Client, other: &str, current: Option<&str>) -> Reply {
    let mut body = json!({});
    if let Some(current) = current {
        body["current_password"] = Value::from(current);
    }
    match deed {
        Deed::DeleteAccount => client.send(Method::DELETE, "/api/v1/users/me", current.map(|_| body)).await,
        Deed::Rename => {
            body["name"] = Value::from("Eve");
            client.patch("/api/v1/users/me", body).await
        }
        Deed::EndOthers => client.send(Method::DELETE, "/api/v1/sessions", current.map(|_| body)).await,
        Deed::EndOne => client.send(Method::DELETE, &format!("/api/v1/sessions/{other}"), current.map(|_| body)).await,
    }
}

#[async_test]
async fn a_login_is_fresh_for_exactly_five_minutes() {
    for deed in DEEDS {
        let (site, mut ann, other) = site().await;
        site.advance(RECENT + MILLISECOND);
        let before = site.dump().await;
        let reply = perform(deed, &mut ann, &other, None).await;
        reply.assert_problem(403, "fresh_login_required");
        let expected = ["authz_fail", "refused", "fresh_login_required"].map(str::to_owned);
        assert_eq!(site.event_of(&reply).await, Some(expected));
        assert_eq!(site.dump().await, before);
        site.set_time(START.plus(RECENT));
        assert!(perform(deed, &mut ann, &other, None).await.status.is_success());
    }
}

#[async_test]
async fn a_clock_that_stepped_back_makes_no_login_fresh() {
    for deed in DEEDS {
        let (site, mut ann, other) = site().await;
        site.set_time(UnixMillis(START.0 - 1));
        perform(deed, &mut ann, &other, None).await.assert_problem(403, "fresh_login_required");
        assert!(perform(deed, &mut ann, &other, Some(RIGHT)).await.status.is_success());
    }
}

#[async_test]
async fn a_wrong_password_is_refused_however_fresh_the_login_is() {
    for deed in DEEDS {
        let (site, mut ann, other) = site().await;
        let before = site.dump().await;
        for (at, wrong) in [(Duration::ZERO, "wrong"), (Duration::ZERO, ""), (RECENT * 2, "the password of bob")] {
            site.set_time(START.plus(at));
            let reply = perform(deed, &mut ann, &other, Some(wrong)).await;
            reply.assert_problem(403, "wrong_current_password");
            // Counted where a failed login is.
            let [event, outcome, _] = site.event_of(&reply).await.unwrap();
            assert_eq!((event.as_str(), outcome.as_str()), ("authn_login_fail", "refused"));
        }
        assert_eq!(site.dump().await, before);
        // The right one does, however old the login is; it makes no login fresh.
        site.set_time(START.plus(RECENT * 3));
        assert!(perform(deed, &mut ann, &other, Some(RIGHT)).await.status.is_success());
    }
}

#[async_test]
async fn a_confirmation_of_the_wrong_form_confirms_nothing() {
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
        // A body without a type is no body that may be left out.
        let reply = ann.send_raw(Method::DELETE, path, None, "{\"current_password\":\"wrong\"}").await;
        reply.assert_problem(415, "unsupported_media_type");
        let reply = ann.send_raw(Method::DELETE, path, Some("application/json"), "").await;
        reply.assert_problem(400, "malformed_body");
    }
    assert_eq!(site.dump().await, before);
}

// Attributes are the user's to change at any time; a password that comes along is looked at all the same.
#[async_test]
async fn what_can_be_undone_takes_no_fresh_login() {
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
