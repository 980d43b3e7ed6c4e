//! The audit trail: every change and every refusal leaves one event with the id of its request.
//!
//! `audit_trail.txt` has the table of requests and their events.

use doorward_test_macros::async_test;
use std::collections::BTreeMap;

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{MANAGER, Site, items};

const STEPS: &str = include_str!("audit_trail.txt");

/// The actor, the subject, the event, the outcome and the reason.
fn summary(event: &Value) -> [&str; 5] {
    let actor = event["actor"]["name"].as_str().or(event["actor"]["kind"].as_str());
    let others =
        ["/subject/name", "/event", "/outcome", "/reason"].map(|path| event.pointer(path).and_then(Value::as_str));
    let [subject, word, outcome, reason] = others.map(|text| text.unwrap_or("-"));
    [actor.unwrap(), subject, word, outcome, reason]
}

#[async_test]
async fn every_change_and_every_refusal_leaves_one_event() {
    let site = Site::new().await;
    let mut clients = BTreeMap::from([("anon", site.anon())]);
    clients.insert("root", site.admin("root").await);
    clients.insert("ann", site.user("ann").await);
    clients.insert("manager", site.holder("manager", MANAGER).await);
    site.create("bob", "user").await;
    let mut reader = site.holder("reader", "audit:read").await;
    let (bob, root) = (site.uid_of("bob").await, site.uid_of("root").await);
    for step in STEPS.lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<&str> = step.split('|').map(str::trim).collect();
        let [who, method, path, body, status, expected @ ..] = cells.as_slice() else { panic!("{step}") };
        let mut client = clients[who].with_header("user-agent", "a test");
        let path = format!("/api/v1{}", path.replace("{bob}", &bob).replace("{root}", &root));
        let body = (*body != "-").then(|| serde_json::from_str(body).unwrap());
        let reply = client.send(Method::from_bytes(method.as_bytes()).unwrap(), &path, body).await;
        assert_eq!(reply.status.as_str(), *status, "{step}: {}", reply.text());
        let events = items(&reader.get(&format!("/api/v1/audit-events?request_id={}", reply.request_id())).await);
        if expected[0].is_empty() {
            assert!(events.is_empty(), "{step}: {events:?}");
            continue;
        }
        assert_eq!(events.len(), 1, "{step}: {events:?}");
        assert_eq!(summary(&events[0]), expected, "{step}");
        assert_eq!((&events[0]["client"], &events[0]["request_id"]), (&json!("a test"), &json!(reply.request_id())));
        // No password, no unknown name as typed, and no token.
        let text = events[0].to_string();
        for secret in ["violin", "the password of", "secret", "dws_"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

// The trail keeps the former names of renamed and deleted users.
#[async_test]
async fn the_trail_keeps_the_names_of_deleted_users() {
    let site = Site::new().await;
    let mut root = site.admin("root").await;
    let mut ann = site.user("ann").await;
    let id = site.uid_of("ann").await;
    ann.patch("/api/v1/users/me", json!({ "name": "eve" })).await.assert_status(200);
    root.delete(&format!("/api/v1/users/{id}")).await.assert_status(204);
    let events = items(&root.get(&format!("/api/v1/audit-events?subject={id}")).await);
    let mut names: Vec<_> = events.iter().map(|event| (&event["event"], &event["subject"]["name"])).collect();
    names.sort_by_key(|(event, _)| event.as_str());
    let expected =
        [("authn_login_success", "ann"), ("user_created", "ann"), ("user_deleted", "eve"), ("user_updated", "ann")];
    assert_eq!(names, expected.map(|(event, name)| (json!(event), json!(name))).each_ref().map(|(a, b)| (a, b)));
}
