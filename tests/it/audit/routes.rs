//! Events of HTTP requests: the request id, the address and the client. Also the requests that leave no event.

use doorward_test_macros::async_test;
use std::{net::SocketAddr, time::Duration};

use axum::{
    body::Body,
    http::{Method, Request},
};
use doorward::http::Peer;
use serde_json::{Value, json};

use super::{Event, added, operations, trail};
use crate::support::{Client, Reply, Site, site::password_of};

/// Sends a request over a connection from `address`.
async fn send(client: &mut Client, address: &str, method: Method, path: &str, body: Option<Value>) -> Reply {
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    let mut request = request.body(body).unwrap();
    request.extensions_mut().insert(Peer(address.parse::<SocketAddr>().unwrap()));
    client.send_request(request).await
}

fn credentials(name: &str, password: &str) -> Option<Value> {
    Some(json!({ "username": name, "password": password }))
}

#[async_test]
async fn an_event_has_the_id_address_and_client_of_its_request() {
    let site = Site::new().await;
    site.create("boss", "admin").await;
    site.create("ann", "user").await;
    let mut ann = site.anon().with_header("user-agent", "Agent/1 \u{202e}evil");
    let mut at = 0;
    for (address, shown) in [
        ("203.0.113.7:40000", "203.0.113.7"),
        ("[2001:db8::7]:40000", "2001:db8::7"),
        ("[::ffff:203.0.113.9]:1", "203.0.113.9"),
    ] {
        for (method, path, body, event, reason, subject) in [
            (Method::POST, "/login", credentials("ann", "wrong"), "authn_login_fail", "wrong_password", "ann"),
            (Method::POST, "/login", credentials("ANN", &password_of("ann")), "authn_login_success", "NULL", "ann"),
            (Method::DELETE, "/user/1", None, "authz_fail", "permission_missing", "NULL"),
            (Method::GET, "/logout", None, "session_expired", "logout", "ann"),
        ] {
            site.advance(Duration::from_millis(1234));
            let (reply, events) = added(&site.database, send(&mut ann, address, method, path, body)).await;
            let [event_found] = &events[..] else { panic!("{path}: {events:?}") };
            let Event { request_id, client, .. } = event_found;
            assert_eq!(request_id, reply.headers["x-request-id"].to_str().unwrap(), "{path}");
            assert_eq!(client, "Agent/1 \u{fffd}evil");
            assert_eq!((&*event_found.address, event_found.occurred_at), (shown, site.app.clock.now().0));
            let Event { event: word, reason: why, subject: whom, .. } = event_found;
            assert_eq!((word.as_str(), why.as_str(), whom.as_str()), (event, reason, subject));
            at += 1;
        }
    }
    assert_eq!(at, 12);
}

// G15
#[async_test]
async fn a_client_is_truncated_to_two_hundred_characters_and_cannot_break_a_line() {
    let site = Site::new().await;
    let client_of = async |agent: &[u8]| {
        let request = Request::post("/login").header("content-type", "application/json").header("user-agent", agent);
        let request = request.body(Body::from(credentials("x", "y").unwrap().to_string())).unwrap();
        let (_, events) = added(&site.database, site.anon().send_request(request)).await;
        events[0].client.clone()
    };
    assert_eq!(client_of("é".repeat(300).as_bytes()).await, "é".repeat(200));
    assert_eq!(client_of("a\tb\u{85}c\u{2028}d\u{200b}e".as_bytes()).await, "a\u{fffd}b\u{fffd}c\u{fffd}d\u{fffd}e");
    assert_eq!(client_of(b"a\xffb").await, "a\u{fffd}b");
    assert_eq!(client_of(b"  ").await, "NULL");
}

/// D15: thousands of invalid cookies write no row.
#[async_test]
async fn requests_without_a_live_session_write_nothing() {
    let site = Site::new().await;
    site.create("ann", "user").await;
    let before = (trail(&site.database).await.len(), site.database.value("SELECT COUNT(*) FROM dw_sessions").await);
    for number in 0..2000 {
        let mut client = site.anon();
        client.cookie = Some(match number % 3 {
            0 => format!("session=dws_{number:A>43}"),
            1 => format!("session=junk{number}"),
            _ => "session=".to_owned(),
        });
        let path = if number % 2 == 0 { "/user/1" } else { "/logout" };
        assert_eq!(client.get(path).await.status, 401);
    }
    // Invalid requests, cross-site requests and sign-ups with a taken name write nothing either.
    let mut anon = site.anon();
    assert_eq!(anon.post("/login", json!({})).await.status, 400);
    assert_eq!(anon.post("/login", json!({ "username": "x".repeat(101), "password": "x" })).await.status, 400);
    assert_eq!(anon.post("/signup", json!({ "username": "ann", "password": "x" })).await.status, 409);
    let mut elsewhere = site.anon().with_header("sec-fetch-site", "cross-site");
    assert_eq!(elsewhere.post("/signup", json!({ "username": "bob", "password": "x" })).await.status, 403);
    let after = (trail(&site.database).await.len(), site.database.value("SELECT COUNT(*) FROM dw_sessions").await);
    assert_eq!(after, before);
}

/// A typed name may be a password in the wrong field.
#[async_test]
async fn an_unknown_name_is_not_recorded() {
    let site = Site::new().await;
    let mut anon = site.anon();
    assert_eq!(anon.log_in("canary-typed-as-name", "canary-password").await.status, 401);
    let all = site.database.rows("SELECT * FROM dw_audit_events").await;
    assert_eq!(all.len(), 1);
    assert!(!format!("{all:?}").contains("canary"), "{all:?}");
}

/// F4: `users:write` does not allow changing users with more permissions.
#[async_test]
async fn a_manager_cannot_change_an_administrator_through_the_contracts_routes() {
    let site = operations::site().await;
    site.create("boss", "admin").await;
    let mut boss = site.log_in("boss").await;
    site.create("mia", "manager").await;
    let mut mia = site.log_in("mia").await;
    let ann = site.create("ann", "user").await;
    let id = site.id_of("boss").await;
    let accounts = "SELECT u.id, u.role_id, c.secret, c.version, u.version
         FROM dw_users u JOIN dw_credentials c ON c.user_id = u.id ORDER BY u.id";
    let before = site.database.rows(accounts).await;
    let path = format!("/user/update-password/{id}");
    let (reply, events) = added(&site.database, mia.put(&path, json!({ "password": "mine now, all mine" }))).await;
    assert_eq!(reply.status, 401, "{}", reply.text());
    assert_eq!(events.len(), 1);
    let [event] = &events[..] else { panic!() };
    let said = (event.event.as_str(), event.reason.as_str(), event.actor.as_str(), event.subject.as_str());
    assert_eq!(said, ("authn_password_change_fail", "authority_exceeded", "mia", "boss"));
    let (reply, events) = added(&site.database, mia.delete(&format!("/user/{id}"))).await;
    assert_eq!(reply.status, 401);
    let [event] = &events[..] else { panic!() };
    let said = (event.event.as_str(), event.reason.as_str(), event.actor.as_str(), event.subject.as_str());
    assert_eq!(said, ("user_deleted", "authority_exceeded", "mia", "boss"));
    assert_eq!(site.database.rows(accounts).await, before);
    assert_eq!(boss.get("/user/1").await.status, 200, "the session must stay valid");
    // A manager may change users without more permissions.
    let path = format!("/user/update-password/{ann}");
    assert_eq!(mia.put(&path, json!({ "password": "a new one" })).await.status, 200);
    assert_eq!(mia.delete(&format!("/user/{ann}")).await.status, 200);
}

/// B15: no column of any event contains a secret.
#[async_test]
async fn no_event_contains_a_secret() {
    let site = Site::user_crud().await;
    let mut secrets = vec!["canary".to_owned()];
    site.create("boss", "admin").await;
    let mut boss = site.log_in("boss").await;
    for round in 0..5 {
        let mut user = site.anon();
        let (name, password) = (format!("user{round}"), format!("canary-password-{round}"));
        assert_eq!(user.post("/user", json!({ "username": name, "password": password })).await.status, 200);
        assert_eq!(user.log_in(&name, "canary-mistyped").await.status, 400);
        assert_eq!(user.log_in("canary-name", &password).await.status, 400);
        assert_eq!(user.log_in(&name, &password).await.status, 200);
        let id = site.id_of(&name).await;
        secrets.push(user.cookie.clone().unwrap().replace("session=", ""));
        let path = format!("/user/update-password/{id}");
        assert_eq!(user.put(&path, json!({ "password": "canary-changed" })).await.status, 200);
        assert_eq!(user.put("/user/update-password/1", json!({ "password": "canary-x" })).await.status, 401);
        assert_eq!(boss.put(&path, json!({ "password": "canary-set" })).await.status, 200);
        assert_eq!(user.log_in(&name, "canary-set").await.status, 200);
        assert_eq!(user.get("/logout").await.status, 200);
        secrets.extend(site.database.password_hashes().await);
        secrets.extend(site.database.rows("SELECT HEX(token_hash) FROM dw_sessions").await.into_iter().flatten());
    }
    let columns = "HEX(uid), event, reason, actor_name, HEX(actor_uid), subject_name, client, request_id, details";
    let all = site.database.rows(&format!("SELECT {columns} FROM dw_audit_events")).await;
    assert!(all.len() > 40, "{}", all.len());
    let all = format!("{all:?}").to_lowercase();
    for secret in secrets {
        assert!(!all.contains(&secret.to_lowercase()), "{secret} is in the trail");
    }
}

/// A transaction that was rolled back leaves no event.
#[async_test]
async fn a_change_that_was_rolled_back_is_not_recorded() {
    let site = Site::new().await;
    site.create("ann", "user").await;
    let (reply, events) = added(&site.database, async {
        let (mut one, mut other) = (site.anon(), site.anon());
        let body = json!({ "username": "bob", "password": "x" });
        tokio::join!(one.post("/signup", body.clone()), other.post("/signup", body))
    })
    .await;
    let mut statuses = [reply.0.status.as_u16(), reply.1.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0].event, "user_created");
}
