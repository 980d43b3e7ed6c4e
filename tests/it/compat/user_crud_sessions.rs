//! Sessions and ids in `docs/contracts/user-crud.md`: log-out, password changes and deletions.
//!
//! Invariant: an ended session is invalid at the next request, on every node, and its row is deleted.

use axum::http::{Method, header};
use doorward_test_macros::async_test;
use serde_json::{Value, json};

use crate::support::{Site, site::password_of};

const SESSIONS: &str = "SELECT COUNT(*) FROM dw_sessions";

fn says(text: &str) -> Value {
    json!({ "message": text })
}

#[async_test]
async fn logging_out_ends_the_session_on_the_server() {
    let site = Site::user_crud().await;
    site.create("ann", "user").await;
    for method in [Method::GET, Method::POST] {
        let mut ann = site.log_in("ann").await;
        let mut kept = ann.clone();
        let reply = ann.send(method, "/logout", None).await;
        reply.assert_json(200, says("User logged out."));
        assert_eq!(reply.set_cookie().unwrap(), "session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
        kept.get("/user/1").await.assert_json(401, says("Unauthorized"));
        kept.get("/logout").await.assert_json(401, says("Unauthorized"));
    }
    assert_eq!(site.database.value(SESSIONS).await, "0");
}

#[async_test]
async fn logging_out_does_not_end_other_sessions() {
    let site = Site::user_crud().await;
    let (mut first, mut bob) = (site.user("ann").await, site.user("bob").await);
    let mut second = site.log_in("ann").await;
    first.get("/logout").await.assert_json(200, says("User logged out."));
    second.get("/user/1").await.assert_json(200, json!({ "username": "ann" }));
    bob.get("/user/1").await.assert_json(200, json!({ "username": "ann" }));
}

// E8: a prefetch or a link checker must not end a session.
#[async_test]
async fn a_head_request_does_not_log_out() {
    let site = Site::user_crud().await;
    let mut ann = site.user("ann").await;
    let reply = ann.send(Method::HEAD, "/logout", None).await;
    assert_eq!(reply.status, 405);
    let allow = reply.headers[header::ALLOW].to_str().unwrap();
    assert!(allow.contains("GET") && allow.contains("POST") && !allow.contains("HEAD"), "{allow}");
    for method in [Method::PUT, Method::DELETE, Method::OPTIONS] {
        ann.send(method, "/logout", None).await.assert_refused(405, "message");
    }
    ann.get("/user/1").await.assert_json(200, json!({ "username": "ann" }));
}

// ⚑ "A cross-site `GET /logout` (by `Sec-Fetch-Site`) is refused with 403."
#[async_test]
async fn another_site_cannot_log_a_user_out() {
    let site = Site::user_crud().await;
    let mut ann = site.user("ann").await;
    for from in ["cross-site", "same-site", "nonsense"] {
        for method in [Method::GET, Method::POST] {
            let reply = ann.with_header("sec-fetch-site", from).send(method, "/logout", None).await;
            reply.assert_refused(403, "message");
        }
    }
    // An older browser sends only `Origin`. A request without a session is refused too.
    ann.with_header("origin", "https://evil.example").get("/logout").await.assert_refused(403, "message");
    site.anon().with_header("sec-fetch-site", "cross-site").get("/logout").await.assert_refused(403, "message");
    ann.get("/user/1").await.assert_json(200, json!({ "username": "ann" }));
    for from in ["same-origin", "none"] {
        let mut ann = site.log_in("ann").await.with_header("sec-fetch-site", from);
        ann.get("/logout").await.assert_json(200, says("User logged out."));
    }
}

// ⚑ "A password change ends that user's other sessions […]; the session that made it lives on."
#[async_test]
async fn a_users_own_password_change_ends_their_other_sessions_only() {
    let site = Site::user_crud().await;
    let (mut ann, mut bob) = (site.user("ann").await, site.user("bob").await);
    let (mut other, mut another) = (site.log_in("ann").await, site.log_in("ann").await);
    let mut before = ann.clone();
    let reply = ann.put("/user/update-password/1", json!({ "password": "n" })).await;
    reply.assert_json(200, says("Password successfully changed."));
    // E9: the session continues with a new token, and the former token is invalid.
    assert!(reply.set_cookie().unwrap().starts_with("session=dws_"));
    for dead in [&mut before, &mut other, &mut another] {
        dead.get("/user/1").await.assert_json(401, says("Unauthorized"));
    }
    ann.get("/user/1").await.assert_json(200, json!({ "username": "ann" }));
    bob.get("/user/1").await.assert_json(200, json!({ "username": "ann" }));
    assert_eq!(site.database.value(SESSIONS).await, "2");
}

// ⚑ "(all of them when an admin made it)"; the admin's own sessions stay valid.
#[async_test]
async fn an_admins_change_of_anothers_password_ends_all_of_that_users_sessions() {
    let site = Site::user_crud().await;
    let (mut ann, mut root) = (site.user("ann").await, site.admin("root").await);
    let (mut other, mut second) = (site.log_in("ann").await, site.log_in("root").await);
    root.put("/user/update-password/1", json!({ "password": "n" }))
        .await
        .assert_json(200, says("Password successfully changed."));
    for dead in [&mut ann, &mut other] {
        dead.get("/user/1").await.assert_json(401, says("Unauthorized"));
    }
    for alive in [&mut root, &mut second] {
        alive.get("/user/1").await.assert_json(200, json!({ "username": "ann" }));
    }
    // An administrator's change of the own password ends the other sessions.
    root.put("/user/update-password/2", json!({ "password": "n" }))
        .await
        .assert_json(200, says("Password successfully changed."));
    second.get("/user/1").await.assert_json(401, says("Unauthorized"));
    root.get("/user/1").await.assert_json(200, json!({ "username": "ann" }));
}

#[async_test]
async fn a_refused_change_ends_no_session() {
    let site = Site::user_crud().await;
    let (mut ann, mut other) = (site.user("ann").await, site.log_in("ann").await);
    for body in [json!({}), json!({ "password": "x".repeat(1025) }), json!({ "password": [] })] {
        let reply = ann.put("/user/update-password/1", body).await;
        assert!(reply.status.is_client_error());
    }
    other.get("/user/1").await.assert_json(200, json!({ "username": "ann" }));
    site.anon().log_in("ann", &password_of("ann")).await.assert_json(200, says("Done!"));
}

// "A deleted user's sessions end at once"
#[async_test]
async fn a_deleted_users_sessions_end_on_every_node() {
    let site = Site::user_crud().await;
    let node = site.another_node(&[]).await;
    let (mut root, mut ann) = (site.admin("root").await, site.user("ann").await);
    let mut elsewhere = site.log_in("ann").await.through(&node.router);
    root.delete("/user/2").await.assert_json(200, says("User successfully deleted."));
    for dead in [&mut ann, &mut elsewhere] {
        dead.get("/user/1").await.assert_json(401, says("Unauthorized"));
        dead.get("/logout").await.assert_json(401, says("Unauthorized"));
        dead.put("/user/update-password/2", json!({ "password": "n" })).await.assert_json(401, says("Unauthorized"));
    }
    assert_eq!(site.database.value(SESSIONS).await, "1");
}

// "an id is never given out again": neither one from the middle nor the highest, even after a restart.
#[async_test]
async fn an_id_is_never_used_again() {
    let site = Site::user_crud().await;
    let mut root = site.admin("root").await;
    for name in ["ann", "bob", "cat"] {
        site.create(name, "user").await;
    }
    for id in [3, 4] {
        root.delete(&format!("/user/{id}")).await.assert_json(200, says("User successfully deleted."));
    }
    let restarted = site.another_node(&[("compat.login", "user-crud")]).await;
    for name in ["bob", "dan"] {
        let new = json!({ "username": name, "password": "p" });
        restarted.anon().post("/user", new).await.assert_json(200, says("User created."));
    }
    assert!(site.id_of("bob").await > 4);
    assert!(site.id_of("dan").await > site.id_of("bob").await);
    for id in [3, 4] {
        root.get(&format!("/user/{id}")).await.assert_json(404, says("User not found."));
    }
}
