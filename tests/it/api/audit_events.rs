//! `GET /api/v1/audit-events`: the permission, the filters, the bounds and the pages.
//!
//! The events themselves are tested in `audit_trail`.

use doorward_test_macros::async_test;
use std::time::Duration;

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{Client, MANAGER, Site, site::password_of};

const EVENTS: &str = "/api/v1/audit-events";

/// All pages of a query.
async fn all(client: &mut Client, query: &str, limit: usize) -> Vec<Value> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("{EVENTS}?limit={limit}{query}{cursor}")).await.assert_status(200);
        let events = page["items"].as_array().unwrap();
        assert!(events.len() <= limit);
        found.extend(events.iter().cloned());
        let Some(next) = page["next"].as_str() else { return found };
        cursor = format!("&cursor={next}");
    }
}

// A reader of the trail can read nothing else, and no other permission allows reading the trail.
#[async_test]
async fn only_the_permission_audit_read_allows_reading_the_trail() {
    let site = Site::new().await;
    let everything_else = "users:read users:write sessions:read sessions:revoke roles:write audit:write audits:read";
    for (name, permissions) in [("all", everything_else), ("manager", MANAGER), ("none", "")] {
        site.holder(name, permissions).await.get(EVENTS).await.assert_problem(403, "permission_missing");
    }
    site.anon().get(EVENTS).await.assert_problem(401, "not_signed_in");
    let mut reader = site.holder("reader", "audit:read").await;
    reader.get(EVENTS).await.assert_status(200);
    for path in ["/api/v1/users", "/api/v1/roles"] {
        reader.get(path).await.assert_problem(403, "permission_missing");
    }
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        reader.send(method, EVENTS, None).await.assert_problem(405, "method_not_allowed");
    }
}

/// A trail of nine seconds, with failures and successes of several users, and a client that can read it.
async fn trail() -> (Site, Client) {
    let site = Site::unthrottled().await;
    let reader = site.holder("reader", "audit:read").await;
    let mut root = site.admin("root").await;
    for name in ["ann", "bob"] {
        site.create(name, "user").await;
    }
    for round in 0..6 {
        site.advance(Duration::from_millis(1500));
        for name in ["ann", "bob"] {
            let mut client = site.bearer(name).await;
            client.get("/api/v1/users").await;
            site.begin(name, "wrong", "body").await;
            client.patch("/api/v1/users/me", json!({ "attributes": { "round": round } })).await;
            root.patch(&format!("/api/v1/users/{}", site.uid_of(name).await), json!({ "attributes": {} })).await;
            root.patch(&format!("/api/v1/users/{}", site.uid_of(name).await), json!({ "attributes": { "b": 1 } }))
                .await;
            root.delete(&format!("/api/v1/users/{}/sessions", site.uid_of(name).await)).await;
        }
    }
    (site, reader)
}

#[async_test]
async fn filters_and_their_combinations_select_the_matching_events() {
    let (site, mut reader) = trail().await;
    let everything = all(&mut reader, "", 100).await;
    assert!(everything.len() > 60);
    let sorted = |pair: &[Value]| pair[0]["id"].as_str() > pair[1]["id"].as_str();
    assert!(everything.windows(2).all(sorted), "newest first");
    let (ann, root) = (site.uid_of("ann").await, site.uid_of("root").await);
    let request = everything[5]["request_id"].as_str().unwrap().to_owned();
    let fields: [(&str, &[Option<&str>]); 5] = [
        ("event", &[None, Some("user_updated"), Some("authn_login_fail"), Some("user_deleted")]),
        ("outcome", &[None, Some("success"), Some("refused")]),
        ("actor", &[None, Some(&ann), Some(&root)]),
        ("subject", &[None, Some(&ann)]),
        ("request_id", &[None, Some(&request)]),
    ];
    let found = |event: &Value, field: &str| match field {
        "actor" | "subject" => event[field]["id"].clone(),
        _ => event[field].clone(),
    };
    let combinations: usize = fields.iter().map(|(_, values)| values.len()).product();
    for number in 0..combinations {
        let (mut rest, mut query, mut chosen) = (number, String::new(), Vec::new());
        for (field, values) in fields {
            let value = values[rest % values.len()];
            rest /= values.len();
            if let Some(value) = value {
                query.push_str(&format!("&{field}={value}"));
                chosen.push((field, value));
            }
        }
        let fits = |event: &&Value| chosen.iter().all(|(field, value)| found(event, field) == *value);
        let expected: Vec<&Value> = everything.iter().filter(fits).collect();
        let page = all(&mut reader, &query, if number % 2 == 0 { 7 } else { 100 }).await;
        assert_eq!(page.iter().collect::<Vec<_>>(), expected, "{query}");
    }
}

#[async_test]
async fn times_bound_the_trail_to_the_millisecond() {
    let (_site, mut reader) = trail().await;
    let everything = all(&mut reader, "", 100).await;
    // Rounds are 1.5 s apart, so the second of an event is not enough. Its identifier contains the millisecond.
    let millis =
        |event: &Value| i64::from_str_radix(&event["id"].as_str().unwrap().replace('-', "")[..12], 16).unwrap();
    let start = crate::support::site::START.0;
    for (text, at) in [
        ("2026-11-22T12:00:00Z", 0),
        ("2026-11-22T12:00:01.499Z", 1499),
        ("2026-11-22T12:00:01.5Z", 1500),
        ("2026-11-22T12:00:01.501Z", 1501),
        ("2026-11-22T13:00:03%2B01:00", 3000),
        ("2026-11-22t12:00:06.000z", 6000),
        ("2026-11-22T12:01:00Z", 60_000),
        ("1969-12-31T23:59:59Z", -start - 1000),
        ("9999-12-30T00:00:00Z", 251_000_000_000_000),
        ("0001-01-01T00:00:00Z", -start - 62_135_596_800_000),
    ] {
        let since: Vec<&Value> = everything.iter().filter(|event| millis(event) >= start + at).collect();
        let until: Vec<&Value> = everything.iter().filter(|event| millis(event) < start + at).collect();
        let found = all(&mut reader, &format!("&since={text}"), 9).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), since, "since {text}");
        let found = all(&mut reader, &format!("&until={text}"), 9).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), until, "until {text}");
        assert!(all(&mut reader, &format!("&since={text}&until={text}"), 9).await.is_empty());
    }
    let both = all(&mut reader, "&since=2026-11-22T12:00:03Z&until=2026-11-22T12:00:04.5Z", 100).await;
    assert!(!both.is_empty() && both.iter().all(|event| millis(event) == start + 3000));
    for wrong in [
        "",
        "yesterday",
        "2026-11-22",
        "2026-11-22T12:00:00",
        "1795348800",
        "2026-13-01T00:00:00Z",
        "2026-11-22T12:00:00.Z",
    ] {
        for parameter in ["since", "until"] {
            let reply = reader.get(&format!("{EVENTS}?{parameter}={wrong}")).await;
            reply.assert_invalid(&format!("?{parameter}"), "malformed");
        }
    }
}

#[async_test]
async fn pages_continue_correctly_while_events_are_added() {
    let (site, mut reader) = trail().await;
    let everything = all(&mut reader, "", 100).await;
    for limit in [1, 13, 50] {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = reader.get(&format!("{EVENTS}?limit={limit}{cursor}")).await.assert_status(200);
            found.extend(page["items"].as_array().unwrap().clone());
            site.advance(Duration::from_millis(1));
            site.begin("ann", "wrong", "body").await.assert_problem(401, "wrong_credentials");
            let Some(next) = page["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        let from = found.iter().position(|event| event == &everything[0]).unwrap();
        assert_eq!(&found[from..], everything, "{limit}");
    }
    site.begin("ann", &password_of("ann"), "body").await.assert_status(201);
}
