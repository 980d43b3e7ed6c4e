//! That the trail tells the true reason, and under the word of what was tried; and what it leaves out.

use doorward_test_macros::async_test;
use std::time::Duration;

use axum::http::Method;
use serde_json::json;

use super::added;
use crate::support::{MANAGER, Site, site::password_of};

/// Through either door for logins, with the cookie of a session that lives, and of one that has reached its limit.
#[async_test]
async fn a_login_that_takes_a_sessions_place_says_how_that_one_ended() {
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

// It costs the sender nothing, and a row would cost a transaction.
#[async_test]
async fn a_login_with_a_password_that_nobody_can_have_writes_no_row() {
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
    // One that somebody could have does.
    site.begin("ann", &"x".repeat(1024), "body").await.assert_problem(401, "wrong_credentials");
    assert_ne!(site.database.value(rows).await, before);
}

#[async_test]
async fn a_refused_enabling_is_a_refused_update() {
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
