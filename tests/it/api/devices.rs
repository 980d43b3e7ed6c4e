//! Lists of sessions: the caller's own devices, other users' devices, and ending them. E15 of threats.md.

use doorward_test_macros::async_test;
use std::{collections::BTreeSet, time::Duration};

use axum::{body::Body, http::Request};
use doorward::http::Peer;
use serde_json::{Value, json};

use crate::support::{Client, MANAGER, Site, items};

const SESSIONS: &str = "/api/v1/sessions";
const CURRENT: &str = "/api/v1/sessions/current";

fn ids(items: &[Value]) -> BTreeSet<String> {
    items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

async fn id_of(client: &mut Client) -> String {
    client.get(CURRENT).await.assert_status(200)["id"].as_str().unwrap().to_owned()
}

#[async_test]
async fn the_list_shows_where_the_user_is_logged_in() {
    let site = Site::new().await;
    site.create("ann", "user").await;
    site.create("bob", "user").await;
    let body = json!({ "name": "ann", "password": "the password of ann", "token": "body" }).to_string();
    let request = Request::post(SESSIONS)
        .header("content-type", "application/json")
        .header("user-agent", "curl/8 <b>'\"")
        .extension(Peer("[::ffff:203.0.113.7]:4000".parse().unwrap()));
    let reply = site.anon().send_request(request.body(Body::from(body)).unwrap()).await;
    let mut phone = site.anon().with_token(reply.assert_status(201)["token"].as_str().unwrap());
    site.advance(Duration::from_secs(90));
    let mut browser = site.log_in("ann").await;
    site.bearer("bob").await;
    phone.get(CURRENT).await.assert_status(200);
    let expected = json!([
        {
            "id": id_of(&mut phone).await, "current": false, "created_at": "2026-11-22T12:00:00Z",
            "last_used_at": "2026-11-22T12:01:30Z", "expires_at": "2026-11-23T12:01:30Z",
            "address": "203.0.113.7", "client": "curl/8 <b>'\"",
        },
        {
            "id": id_of(&mut browser).await, "current": true, "created_at": "2026-11-22T12:01:30Z",
            "last_used_at": "2026-11-22T12:01:30Z", "expires_at": "2026-11-23T12:01:30Z",
            "address": null, "client": null,
        },
    ]);
    let own = browser.get(SESSIONS).await.assert_status(200);
    assert_eq!(own, json!({ "items": expected, "next": null }));
    // In another user's list, no session is the current one.
    let mut manager = site.holder("manager", "sessions:read").await;
    let seen = items(&manager.get(&format!("/api/v1/users/{}/sessions", site.uid_of("ann").await)).await);
    assert_eq!(ids(&seen), ids(expected.as_array().unwrap()));
    assert!(seen.iter().all(|device| device["current"] == false));
}

#[async_test]
async fn a_session_that_has_expired_is_not_listed() {
    let site = Site::new().await;
    let mut ann = site.user("ann").await;
    site.bearer("ann").await;
    site.advance(Duration::from_secs(12 * 3600));
    ann.get(CURRENT).await.assert_status(200);
    site.advance(Duration::from_secs(12 * 3600));
    assert_eq!(ids(&items(&ann.get(SESSIONS).await)), [id_of(&mut ann).await].into());
}

#[async_test]
async fn pages_of_any_size_list_every_session_once() {
    let site = Site::new().await;
    let mut ann = site.user("ann").await;
    for _ in 0..6 {
        site.bearer("ann").await;
    }
    let path = format!("/api/v1/users/{}/sessions", site.uid_of("ann").await);
    let mut root = site.admin("root").await;
    for limit in [1, 2, 3, 7, 8, 100] {
        for (client, path) in [(&mut ann, SESSIONS), (&mut root, path.as_str())] {
            let (mut found, mut next) = (Vec::new(), String::new());
            loop {
                let page = client.get(&format!("{path}?limit={limit}{next}")).await.assert_status(200);
                found.extend(page["items"].as_array().unwrap().clone());
                assert!(page["items"].as_array().unwrap().len() <= limit);
                let Some(cursor) = page["next"].as_str() else { break };
                next = format!("&cursor={cursor}");
            }
            assert_eq!((found.len(), ids(&found).len()), (7, 7), "{limit}");
        }
    }
}

// E15
#[async_test]
async fn another_users_session_is_not_found_and_stays_valid() {
    let site = Site::new().await;
    let (mut ann, mut bob) = (site.user("ann").await, site.user("bob").await);
    let mut manager = site.holder("manager", MANAGER).await;
    let (own, other) = (id_of(&mut ann).await, id_of(&mut bob).await);
    let path = |user: &str, session: &str| format!("/api/v1/users/{user}/sessions/{session}");
    let (ann_id, bob_id) = (site.uid_of("ann").await, site.uid_of("bob").await);
    let before = site.dump().await;
    ann.delete(&format!("{SESSIONS}/{other}")).await.assert_problem(404, "not_found");
    // The parent is checked as well as the child.
    manager.delete(&path(&ann_id, &other)).await.assert_problem(404, "not_found");
    manager.delete(&path(&other, &other)).await.assert_problem(404, "not_found");
    manager.delete(&path(&bob_id, &bob_id)).await.assert_problem(404, "not_found");
    manager.delete(&path(&ann_id, "current")).await.assert_problem(404, "not_found");
    ann.delete(&path(&ann_id, &own)).await.assert_problem(403, "permission_missing");
    ann.get(&format!("/api/v1/users/{ann_id}/sessions")).await.assert_problem(403, "permission_missing");
    for odd in ["1", "%00", "x", "019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10", &own.replace('-', "")] {
        ann.delete(&format!("{SESSIONS}/{odd}")).await.assert_problem(404, "not_found");
    }
    assert_eq!(site.dump().await, before);
    manager.delete(&path(&bob_id, &other)).await.assert_status(204);
    bob.get(CURRENT).await.assert_problem(401, "not_signed_in");
    ann.get(CURRENT).await.assert_status(200);
}

#[async_test]
async fn one_or_all_other_sessions_end_on_every_node() {
    let site = Site::new().await;
    let node = site.another_node(&[]).await;
    let (mut bob, mut ann) = (site.user("bob").await, site.user("ann").await);
    let (mut phone, mut tablet, mut laptop) =
        (site.bearer("ann").await, site.bearer("ann").await, site.bearer("ann").await);
    let phone_id = id_of(&mut phone).await;
    ann.delete(&format!("{SESSIONS}/{phone_id}")).await.assert_status(204);
    phone.through(&node.router).get(CURRENT).await.assert_problem(401, "not_signed_in");
    ann.delete(&format!("{SESSIONS}/{phone_id}")).await.assert_problem(404, "not_found");
    tablet.get(CURRENT).await.assert_status(200);
    ann.delete(SESSIONS).await.assert_status(204);
    for client in [&tablet, &laptop] {
        client.through(&node.router).get(CURRENT).await.assert_problem(401, "not_signed_in");
    }
    for client in [&mut ann, &mut bob] {
        client.get(CURRENT).await.assert_status(200);
    }
    laptop = site.bearer("ann").await;
    let mut manager = site.holder("manager", "sessions:revoke").await;
    manager.delete(&format!("/api/v1/users/{}/sessions", site.uid_of("ann").await)).await.assert_status(204);
    for client in [&mut ann, &mut laptop] {
        client.get(CURRENT).await.assert_problem(401, "not_signed_in");
    }
    bob.get(CURRENT).await.assert_status(200);
    // The current session can be ended by its identifier too.
    let own = id_of(&mut bob).await;
    bob.delete(&format!("{SESSIONS}/{own}")).await.assert_status(204);
    bob.get(CURRENT).await.assert_problem(401, "not_signed_in");
}

// E7: ending the current session by its identifier is a log-out.
#[async_test]
async fn ending_the_current_session_removes_its_cookie() {
    let site = Site::new().await;
    let (mut ann, mut phone) = (site.user("ann").await, site.bearer("ann").await);
    let (own, other) = (id_of(&mut ann).await, id_of(&mut phone).await);
    let reply = ann.delete(&format!("{SESSIONS}/{other}")).await;
    reply.assert_status(204);
    assert!(reply.set_cookie().is_none() && !reply.headers.contains_key("clear-site-data"));
    let reply = ann.delete(&format!("{SESSIONS}/{own}")).await;
    reply.assert_status(204);
    assert_eq!(reply.set_cookie().unwrap(), "session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
    assert_eq!(reply.headers["clear-site-data"], "\"cache\"");
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_sessions").await, "0");
}
