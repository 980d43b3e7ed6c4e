//! `POST /api/v1/sessions` and `/sessions/current`, by cookie and by bearer token. Sections A and E of threats.md.

use doorward_test_macros::async_test;
use std::time::Duration;

use serde_json::json;

use crate::support::{Client, Reply, Site, site::password_of};

const SESSIONS: &str = "/api/v1/sessions";
const CURRENT: &str = "/api/v1/sessions/current";
const ME: &str = "/api/v1/users/me";
const HOUR: u64 = 3600;

async fn assert_signed_out(client: &mut Client) {
    client.get(CURRENT).await.assert_problem(401, "not_signed_in");
}

/// Logs in with the cookie or the header that `client` has.
async fn log_in(client: &mut Client, name: &str, token: &str) -> Reply {
    let reply = client.post(SESSIONS, json!({ "name": name, "password": password_of(name), "token": token })).await;
    reply.assert_status(201);
    reply
}

#[async_test]
async fn a_login_begins_a_session_and_shows_its_user() {
    let site = Site::new().await;
    site.role("reader", "invoices:read users:read").await;
    site.create("Ann", "reader").await;
    let mut client = site.anon();
    let reply = client.post(SESSIONS, json!({ "name": " aNN", "password": password_of("Ann") })).await;
    let session = reply.assert_status(201);
    let expected = json!({
        "id": site.sessions_of("Ann").await[0],
        "user": {
            "id": site.uid_of("Ann").await, "name": "Ann", "role": "reader",
            "permissions": ["invoices:read", "users:read"], "must_change_password": false,
        },
        "created_at": "2026-11-22T12:00:00Z", "authenticated_at": "2026-11-22T12:00:00Z",
        "last_used_at": "2026-11-22T12:00:00Z",
        // The idle timeout of an administrative session is an hour.
        "expires_at": "2026-11-22T13:00:00Z",
    });
    assert_eq!(session, expected);
    assert_eq!(reply.headers["location"], CURRENT);
    assert_eq!(client.get(CURRENT).await.assert_status(200), expected);
    // E6: the attributes of the cookie.
    let cookie = reply.set_cookie().unwrap();
    let (pair, attributes) = cookie.split_once("; ").unwrap();
    assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Lax");
    assert!(pair.starts_with("session=dws_") && pair.len() == 55);
    let https = site.another_node(&[("server.public_url", "https://example.com")]).await;
    let secure = https.begin("Ann", &password_of("Ann"), "cookie").await.set_cookie().unwrap();
    assert!(secure.starts_with("__Host-session=dws_") && secure.ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"));
}

// E20: a token appears only in the answer to the login that requested it.
#[async_test]
async fn no_body_has_a_token_unless_it_was_requested() {
    let site = Site::new().await;
    site.create("ann", "admin").await;
    let asked = site.begin("ann", &password_of("ann"), "body").await;
    assert!(asked.set_cookie().is_none());
    let token = asked.assert_status(201)["token"].as_str().unwrap().to_owned();
    let mut bearer = site.anon().with_token(&token);
    let mut replies = vec![site.begin("ann", &password_of("ann"), "cookie").await];
    for path in [ME, CURRENT, SESSIONS, "/api/v1/users", "/api/v1/audit-events", "/api/v1/roles", "/openapi.json"] {
        replies.push(bearer.get(path).await);
    }
    replies.push(bearer.get(&format!("/api/v1/users/{}/sessions", site.uid_of("ann").await)).await);
    for reply in &replies {
        assert!(reply.status.is_success());
        let text = reply.text();
        assert!(!text.contains(&token), "{text}");
        // E22
        assert_eq!(reply.headers["cache-control"], "no-store");
    }
    for reply in &replies[..6] {
        assert!(!reply.text().contains("dws_"));
    }
    // E5: the database has no token.
    for table in ["dw_sessions", "dw_audit_events", "dw_users"] {
        let rows = site.database.rows(&format!("SELECT * FROM {table}")).await;
        assert!(!format!("{rows:?}").contains(&token[4..20]), "{table}");
    }
}

// E5
#[async_test]
async fn values_from_the_database_are_not_valid_tokens() {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let site = Site::new().await;
    site.user("ann").await;
    let hash = site.database.value("SELECT HEX(token_hash) FROM dw_sessions").await;
    let bytes: Vec<u8> = (0..32).map(|at| u8::from_str_radix(&hash[at * 2..at * 2 + 2], 16).unwrap()).collect();
    let id = site.sessions_of("ann").await[0].clone();
    for token in [hash.clone(), format!("dws_{}", URL_SAFE_NO_PAD.encode(bytes)), id, format!("dws_{}", &hash[..43])] {
        assert_signed_out(&mut site.anon().with_token(&token)).await;
        let mut browser = site.anon();
        browser.cookie = Some(format!("session={token}"));
        assert_signed_out(&mut browser).await;
    }
}

// A5: an unknown name, a wrong password and a disabled account get the same answer.
#[async_test]
async fn a_refused_login_does_not_show_the_reason() {
    let site = Site::new().await;
    for name in ["ann", "off", "pending"] {
        site.create(name, "user").await;
    }
    site.disable("off").await;
    let mut replies = Vec::new();
    for (name, password) in [
        ("nobody", "the password of ann"),
        ("ann", "the password of off"),
        ("off", "the password of off"),
        ("off", "another password"),
        ("ann", ""),
        ("ann", &"x".repeat(2000)),
        ("\u{200b}ann", "the password of ann"),
        ("", "the password of ann"),
    ] {
        let reply = site.begin(name, password, "cookie").await;
        let mut problem = reply.assert_problem(401, "wrong_credentials");
        problem.as_object_mut().unwrap().remove("request_id");
        let mut headers = reply.headers.clone();
        headers.remove("x-request-id");
        headers.remove("content-length");
        replies.push((problem.to_string(), headers));
    }
    assert!(replies.windows(2).all(|pair| pair[0] == pair[1]), "{replies:#?}");
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_sessions").await, "0");
}

// E1, E2: by cookie and by bearer token, as the same and as another user.
#[async_test]
async fn a_login_ends_the_session_of_its_request() {
    let site = Site::new().await;
    let mut other = site.user("bob").await;
    site.create("ann", "user").await;
    for name in ["ann", "bob"] {
        for second in ["cookie", "body"] {
            for mut old in [site.log_in("ann").await, site.bearer("ann").await] {
                let reply = log_in(&mut old.clone(), name, second).await;
                assert_signed_out(&mut old).await;
                assert_eq!(reply.set_cookie().is_some(), second == "cookie");
            }
        }
        // A failed login ends no session.
        let mut old = site.bearer("ann").await;
        old.post(SESSIONS, json!({ "name": name, "password": "wrong" })).await.assert_problem(401, "wrong_credentials");
        old.get(CURRENT).await.assert_status(200);
    }
    other.get(CURRENT).await.assert_status(200);
    // Session fixation: a token chosen by the client is never used.
    let chosen = format!("dws_{}", "A".repeat(43));
    let mut client = site.anon();
    client.cookie = Some(format!("session={chosen}"));
    log_in(&mut client, "ann", "cookie").await;
    assert!(!client.cookie.unwrap().contains(&chosen));
    assert_signed_out(&mut site.anon().with_token(&chosen)).await;
}

// E7
#[async_test]
async fn a_log_out_ends_only_this_session_at_once() {
    let site = Site::new().await;
    let node = site.another_node(&[]).await;
    let (mut phone, mut browser) = (site.user("ann").await, site.log_in("ann").await);
    let mut program = site.bearer("ann").await;
    let stolen = browser.clone();
    let reply = browser.delete(CURRENT).await;
    assert_eq!((reply.status.as_u16(), reply.body.len()), (204, 0));
    assert_eq!(reply.headers["clear-site-data"], "\"cache\"");
    assert_eq!(reply.set_cookie().unwrap(), "session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
    assert_signed_out(&mut stolen.through(&node.router)).await;
    program.delete(CURRENT).await.assert_status(204);
    program.delete(CURRENT).await.assert_problem(401, "not_signed_in");
    phone.get(CURRENT).await.assert_status(200);
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_sessions").await, "1");
}

#[async_test]
async fn an_invalid_bearer_token_is_refused_despite_a_valid_cookie() {
    let site = Site::new().await;
    let ann = site.user("ann").await;
    let token = ann.cookie.clone().unwrap().strip_prefix("session=").unwrap().to_owned();
    let dead = format!("dws_{}", "A".repeat(43));
    for header in [
        "Bearer junk",
        "Bearer",
        "Bearer ",
        "bearer junk",
        "BEARER\tjunk",
        &format!("Bearer {dead}"),
        &format!("Bearer {token}x"),
        &format!("Bearer {} x", token),
        &format!("Bearer {token},{token}"),
        &format!("Bearer \"{token}\""),
        &format!("Bearer {}", &token[4..]),
        &format!("Bearer {}", token.to_uppercase()),
    ] {
        let mut client = ann.with_header("authorization", header);
        assert!(client.cookie.is_some());
        for path in [CURRENT, ME, "/api/v1/users"] {
            client.get(path).await.assert_problem(401, "not_signed_in");
        }
        let body = json!({ "name": "x", "password": "a violin in the greenhouse" });
        client.post("/api/v1/users", body).await.assert_problem(401, "not_signed_in");
    }
    // Two headers, one of which is valid.
    for second in ["Bearer junk".to_owned(), format!("Bearer {token}")] {
        let mut client = site.anon().with_token(&token).with_header("authorization", &second);
        client.get(CURRENT).await.assert_problem(401, "not_signed_in");
    }
    // The scheme is case-insensitive (RFC 9110 §11.1).
    for scheme in ["Bearer", "bearer", "BEARER"] {
        site.anon().with_header("authorization", &format!("{scheme} {token}")).get(CURRENT).await.assert_status(200);
    }
    // Doorward ignores other schemes, because a proxy may use them.
    for other in ["Basic YW5uOnBhc3M=", "Bearerx", "Digest x", "Negotiate"] {
        ann.with_header("authorization", other).get(CURRENT).await.assert_status(200);
        let mut client = site.anon().with_header("authorization", other);
        client.get(CURRENT).await.assert_problem(401, "not_signed_in");
    }
    site.anon()
        .with_header("authorization", &format!("Basic {token}"))
        .get(CURRENT)
        .await
        .assert_problem(401, "not_signed_in");
    // The contracts accept only the cookie.
    assert_eq!(site.anon().with_token(&token).get("/user/1").await.status, 401);
}

// E12: the session ends at `expires_at`, to the millisecond.
#[async_test]
async fn a_session_ends_at_its_expires_at() {
    for (role, idle, absolute) in [("user", 24 * HOUR, 720 * HOUR), ("admin", HOUR, 12 * HOUR)] {
        let site = Site::new().await;
        site.create("ann", role).await;
        let (mut used, mut unused) = (site.bearer("ann").await, site.bearer("ann").await);
        let ends = |session: &serde_json::Value| session["expires_at"].as_str().unwrap().to_owned();
        let created = ends(&used.get(CURRENT).await.assert_status(200));
        assert_eq!(created, if role == "user" { "2026-11-23T12:00:00Z" } else { "2026-11-22T13:00:00Z" });
        site.advance(Duration::from_millis(idle * 1000 - 1));
        // This use is recorded. Its own answer may still show the former `expires_at`.
        used.get(CURRENT).await.assert_status(200);
        assert_ne!(ends(&used.get(CURRENT).await.assert_status(200)), created);
        site.advance(Duration::from_millis(1));
        assert_signed_out(&mut unused).await;
        let mut age = idle * 1000;
        while age + idle * 900 < absolute * 1000 {
            site.advance(Duration::from_millis(idle * 900));
            age += idle * 900;
            used.get(CURRENT).await.assert_status(200);
        }
        let last = ends(&used.get(CURRENT).await.assert_status(200));
        assert_eq!(last, if role == "user" { "2026-12-22T12:00:00Z" } else { "2026-11-23T00:00:00Z" });
        site.advance(Duration::from_millis(absolute * 1000 - age - 1));
        used.get(CURRENT).await.assert_status(200);
        site.advance(Duration::from_millis(1));
        assert_signed_out(&mut used).await;
        site.set_time(crate::support::site::START);
        assert_signed_out(&mut used).await;
    }
}

// E17, E19: another site cannot send a login either.
#[async_test]
async fn another_site_cannot_log_a_user_in_or_out() {
    let site = Site::new().await;
    let ann = site.user("ann").await;
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.test"),
        ("origin", "null"),
    ] {
        let mut client = ann.with_header(name, value);
        client.post(SESSIONS, json!({ "name": "ann", "password": "x" })).await.assert_problem(403, "cross_site");
        client.delete(CURRENT).await.assert_problem(403, "cross_site");
        client.delete(SESSIONS).await.assert_problem(403, "cross_site");
        client.get(CURRENT).await.assert_status(200);
    }
}
