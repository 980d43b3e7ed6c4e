//! The trail has the true reason under the event of the attempted operation. Some refusals are left out.

use doorward_test_macros::async_test;
use std::time::Duration;

use axum::http::Method;
use serde_json::json;

use super::added;
use crate::support::{MANAGER, Site, site::password_of};

/// On both routes for logins, with the cookie of a valid and of an expired session.
#[async_test]
async fn a_login_that_replaces_a_session_records_its_end() {
    let site = Site::new().await;
    site.create("ann", "user").await;
    for (age, reason) in [(Duration::from_secs(60), "replaced"), (Duration::from_secs(25 * 3600), "expired")] {
        for is_api in [true, false] {
            let mut client = site.log_in("ann").await;
            site.advance(age);
            let body = json!({ "name": "ann", "password": password_of("ann") });
            let (reply, events) = added(&site.database, async {
                if is_api {
                    client.post("/api/v1/sessions", body).await
                } else {
                    client.log_in("ann", &password_of("ann")).await
                }
            })
            .await;
            assert!(reply.status.is_success(), "{}", reply.text());
            let ends: Vec<_> = events.iter().filter(|event| event.event == "session_expired").collect();
            let [end] = ends[..] else { panic!("{events:?}") };
            assert_eq!((end.reason.as_str(), end.subject.as_str()), (reason, "ann"));
            assert_eq!(end.actor_kind, if reason == "expired" { "system" } else { "user" });
        }
    }
}

// Such a request is cheap to send, and a row would cost a transaction.
#[async_test]
async fn a_login_with_an_impossible_password_writes_no_row() {
    let site = Site::new().await;
    site.create("ann", "user").await;
    let rows = "SELECT COUNT(*) FROM dw_audit_events";
    let before = site.database.value(rows).await;
    for name in ["ann", "nobody"] {
        let impossible = "x".repeat(1025);
        assert_eq!(site.anon().log_in(name, &impossible).await.status, 401);
        site.begin(name, &impossible, "body").await.assert_problem(401, "wrong_credentials");
        site.begin(name, "", "body").await.assert_problem(401, "wrong_credentials");
    }
    assert_eq!(site.database.value(rows).await, before);
    // A possible password writes a row.
    site.begin("ann", &"x".repeat(1024), "body").await.assert_problem(401, "wrong_credentials");
    assert_ne!(site.database.value(rows).await, before);
}

#[async_test]
async fn refused_enabling_is_recorded_as_a_refused_update() {
    let site = Site::new().await;
    let mut manager = site.holder("manager", MANAGER).await;
    site.create("root", "admin").await;
    site.create("boss", "admin").await;
    site.disable("boss").await;
    let path = format!("/api/v1/users/{}", site.uid_of("boss").await);
    for (turn, event) in [("enable", "user_updated"), ("disable", "user_archived")] {
        let reply = manager.send(Method::POST, &format!("{path}/{turn}"), None).await;
        reply.assert_problem(403, "authority_exceeded");
        let expected = [event, "refused", "authority_exceeded"].map(str::to_owned);
        assert_eq!(site.event_of(&reply).await, Some(expected));
    }
}
