//! Section E of threats.md, first part: the start of a session, its cookie, and its final end.
//!
//! Invariant: only Doorward creates a token, only its client knows it, and it belongs to one user's session.

use doorward_test_macros::async_test;
use std::collections::HashSet;

use axum::http::{Method, header};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::{
    model::{PlainToken, Rng, TokenHash},
    ops::auth::{log_out, sign_in_check},
};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::support::{Client, Site, site::password_of};

/// A client that presents `cookie`.
fn with_cookie(site: &Site, cookie: &str) -> Client {
    let mut client = site.anon();
    client.cookie = Some(cookie.to_owned());
    client
}

// E1
#[async_test]
async fn a_token_chosen_by_the_client_is_never_accepted() {
    let site = Site::new().await;
    site.create("ann", "user").await;
    let planted = format!("session=dws_{}", URL_SAFE_NO_PAD.encode([7; 32]));
    let mut victim = with_cookie(&site, &planted);
    assert_eq!(victim.log_in("ann", &password_of("ann")).await.status, 200);
    assert_ne!(victim.cookie.as_deref(), Some(planted.as_str()));
    assert_eq!(with_cookie(&site, &planted).get("/user/1").await.status, 401);
    assert_eq!(victim.get("/user/1").await.status, 200);
}

// E2: for the same user and for another.
#[async_test]
async fn a_login_in_a_live_session_ends_that_session() {
    let site = Site::new().await;
    let mut client = site.user("ann").await;
    site.create("bob", "user").await;
    for (name, id) in [("ann", 1), ("bob", 2), ("ann", 1)] {
        let old = client.cookie.clone().unwrap();
        assert_eq!(client.log_in(name, &password_of(name)).await.status, 200);
        assert_ne!(client.cookie.as_ref(), Some(&old));
        assert_eq!(with_cookie(&site, &old).get("/user/1").await.status, 401);
        assert_eq!(site.database.value("SELECT user_id FROM dw_sessions").await, id.to_string());
    }
}

// E2: only a login that succeeds.
#[async_test]
async fn a_failed_login_leaves_the_session_alone() {
    let site = Site::new().await;
    let mut ann = site.user("ann").await;
    let before = ann.cookie.clone();
    for (name, password) in [("ann", "wrong"), ("nobody", "wrong"), ("ann", "")] {
        assert!(ann.log_in(name, password).await.set_cookie().is_none());
    }
    assert_eq!(ann.cookie, before);
    ann.get("/user/1").await.assert_json(200, json!({ "username": "ann" }));
}

// E5, A9
#[async_test]
async fn a_dump_of_the_database_opens_no_session() {
    let site = Site::new().await;
    let mut ann = site.user("ann").await;
    let token = ann.cookie.clone().unwrap().replace("session=", "");
    let stored = site.database.value("SELECT HEX(token_hash) FROM dw_sessions").await;
    let hash = Sha256::digest(token.as_bytes());
    let hex: String = hash.iter().map(|byte| format!("{byte:02X}")).collect();
    assert_eq!(stored, hex);
    let uid = site.database.value("SELECT HEX(uid) FROM dw_sessions").await;
    let forms = [hex.clone(), hex.to_lowercase(), URL_SAFE_NO_PAD.encode(hash), uid];
    for form in forms {
        for cookie in [format!("session={form}"), format!("session=dws_{form}"), format!("session=dws_{form:.43}")] {
            assert_eq!(with_cookie(&site, &cookie).get("/user/1").await.status, 401, "{cookie}");
        }
    }
    assert_eq!(ann.get("/user/1").await.status, 200);
}

// E5
#[test]
fn tokens_are_256_bits_and_never_the_same() {
    let rng = Rng::system();
    let mut seen = HashSet::new();
    for _ in 0..100_000 {
        let token = PlainToken::new(&rng).unwrap();
        let bits = URL_SAFE_NO_PAD.decode(token.reveal().strip_prefix("dws_").unwrap()).unwrap();
        let bits: [u8; 32] = bits.try_into().unwrap();
        assert!(seen.insert(bits));
    }
    // Every bit is drawn: each is set in about half of the tokens.
    for bit in 0..256_usize {
        let set = seen.iter().filter(|bits| bits[bit / 8] >> (bit % 8) & 1 == 1).count();
        assert!((45_000..55_000).contains(&set), "bit {bit} is set {set} times");
    }
}

// E6
#[async_test]
async fn the_session_cookie_has_exactly_the_required_attributes() {
    let secure = "; Path=/; HttpOnly; SameSite=Lax; Secure";
    let plain = "; Path=/; HttpOnly; SameSite=Lax";
    let kinds = [
        ("", "session", plain),
        ("http://accounts.example.com", "session", plain),
        ("https://accounts.example.com", "__Host-session", secure),
        ("HTTPS://accounts.example.com:8443/", "__Host-session", secure),
    ];
    for (url, name, attributes) in kinds {
        for login in ["signup-login", "user-crud"] {
            let site = Site::builder().set("server.public_url", url).set("compat.login", login).start().await;
            site.create("ann", "user").await;
            let mut ann = site.anon();
            let reply = ann.log_in("ann", &password_of("ann")).await;
            let value = reply.set_cookie().unwrap();
            let token = value.strip_prefix(&format!("{name}=")).unwrap().strip_suffix(attributes).unwrap();
            assert!(token.starts_with("dws_") && !token.contains(';'), "{value}");
            // The other cookie is that of the known device; see `devices`.
            assert_eq!(reply.headers.get_all(header::SET_COOKIE).iter().count(), 2);
            assert_eq!(
                reply.headers.contains_key(header::STRICT_TRANSPORT_SECURITY),
                url.starts_with("https") || url.starts_with("HTTPS")
            );
            let reply = ann.get("/logout").await;
            assert_eq!(reply.set_cookie().unwrap(), format!("{name}={attributes}; Max-Age=0"));
        }
    }
}

// E6: without the prefix, a neighbouring subdomain or plain http could have set it.
#[async_test]
async fn over_https_only_the_prefixed_cookie_counts() {
    let site = Site::builder().set("server.public_url", "https://accounts.example.com").start().await;
    let mut ann = site.user("ann").await;
    let token = ann.cookie.clone().unwrap();
    let bare = token.strip_prefix("__Host-").unwrap();
    for other in [bare.to_owned(), format!("__host-{bare}"), format!("__Secure-{bare}"), format!("x__Host-{bare}")] {
        assert_eq!(with_cookie(&site, &other).get("/user/1").await.status, 401, "{other}");
    }
    for among in [format!("a=b; {token}"), format!("{bare}x; {token}; c"), format!("{token};x=y")] {
        assert_eq!(with_cookie(&site, &among).get("/user/1").await.status, 200, "{among}");
    }
    assert_eq!(ann.get("/user/1").await.status, 200);
}

// E7
#[async_test]
async fn after_logging_out_the_cookie_is_worthless_everywhere() {
    let site = Site::new().await;
    let node = site.another_node(&[]).await;
    for method in [Method::GET, Method::POST] {
        let mut ann = match site.database.value("SELECT COUNT(*) FROM dw_users").await.as_str() {
            "0" => site.user("ann").await,
            _ => site.log_in("ann").await,
        };
        let cookie = ann.cookie.clone().unwrap();
        let reply = ann.send(method, "/logout", None).await;
        reply.assert_json(200, json!({ "message": "User logged out." }));
        assert_eq!(reply.headers["clear-site-data"], "\"cache\"");
        for router in [&site.router, &node.router] {
            let mut replayed = with_cookie(&site, &cookie).through(router);
            replayed.get("/user/1").await.assert_json(401, json!({ "message": "Unauthorized" }));
            replayed.delete("/user/1").await.assert_json(401, json!({ "message": "Unauthorized" }));
        }
        assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_sessions").await, "0");
    }
}

// E9: on another node than the one where the sessions began.
#[async_test]
async fn a_password_change_ends_every_other_session_on_every_node() {
    let site = Site::new().await;
    let node = site.another_node(&[]).await;
    let ann = site.user("ann").await;
    let mut others = Vec::new();
    for _ in 0..5 {
        others.push(site.log_in("ann").await);
    }
    let mut changer = ann.through(&node.router);
    let reply = changer.put("/user/update-password/1", json!({ "password": "new" })).await;
    reply.assert_json(200, json!({ "message": "Password successfully changed." }));
    for other in &mut others {
        assert_eq!(other.get("/user/1").await.status, 401);
        assert_eq!(other.through(&node.router).get("/user/1").await.status, 401);
        assert_eq!(other.put("/user/update-password/1", json!({ "password": "stolen" })).await.status, 401);
    }
    assert_eq!(changer.through(&site.router).get("/user/1").await.status, 200);
    assert_eq!(site.anon().log_in("ann", "new").await.status, 200);
    assert_eq!(site.anon().log_in("ann", &password_of("ann")).await.status, 401);
}

// E22
#[async_test]
async fn no_answer_may_be_stored() {
    let site = Site::new().await;
    let mut root = site.admin("root").await;
    site.create("ann", "user").await;
    let mut replies = vec![
        site.anon().log_in("root", &password_of("root")).await,
        site.anon().log_in("root", "wrong").await,
        site.anon().post("/signup", json!({ "username": "bob", "password": "p" })).await,
        site.anon().post("/user", json!({})).await,
        site.anon().get("/user/1").await,
        root.get("/user/1").await,
        root.get("/user/999").await,
        root.put("/user/update-password/2", json!({ "password": "p" })).await,
        root.delete("/user/2").await,
        root.send(Method::PATCH, "/user/1", None).await,
        root.with_header("sec-fetch-site", "cross-site").delete("/user/3").await,
        root.get("/nowhere").await,
        root.get("/livez").await,
    ];
    replies.push(root.get("/logout").await);
    for reply in replies {
        assert_eq!(reply.headers[header::CACHE_CONTROL], "no-store", "{}", reply.text());
        assert_eq!(reply.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert!(reply.headers.contains_key("x-request-id"));
        // E21: no other origin is allowed.
        assert!(!reply.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    }
}

// E7, E9: a log-out ends the session even if its token is replaced meanwhile.
#[async_test]
async fn a_log_out_ends_a_session_that_got_a_new_token_meanwhile() {
    let site = Site::new().await;
    site.create("ann", "user").await;
    let mut ann = site.bearer("ann").await;
    let token = ann.headers[0].1.strip_prefix("Bearer ").unwrap();
    let token = TokenHash::of_presented(token.as_bytes()).unwrap();
    let under_way = sign_in_check::check(&site.app, &token, Default::default()).await.unwrap().unwrap();
    let body = json!({ "current_password": password_of("ann"), "new_password": "a violin in the greenhouse" });
    let renewed = ann.put("/api/v1/users/me/password", body).await.assert_status(200);
    log_out::log_out(&site.app, &under_way).await.unwrap();
    let mut ann = ann.with_token(renewed["token"].as_str().unwrap());
    ann.get("/api/v1/sessions/current").await.assert_problem(401, "not_signed_in");
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_sessions").await, "0");
}
