//! `PUT …/password` for the own and other accounts, and required changes of the password. E9 of threats.md.

use doorward_test_macros::async_test;
use serde_json::{Value, json};

use crate::support::{Client, MANAGER, Site, site::password_of};

const OWN: &str = "/api/v1/users/me/password";
const ME: &str = "/api/v1/users/me";
const CURRENT: &str = "/api/v1/sessions/current";
const NEW: &str = "a violin in the greenhouse";

fn change(name: &str, new: &str) -> Value {
    json!({ "current_password": password_of(name), "new_password": new })
}

async fn assert_signed_out(client: &mut Client) {
    client.get(CURRENT).await.assert_problem(401, "not_signed_in");
}

#[async_test]
async fn a_change_ends_all_other_sessions_and_renews_this_ones_token() {
    let site = Site::new().await;
    let node = site.another_node(&[]).await;
    for way in ["cookie", "bearer"] {
        let mut other = site.user(way).await;
        let mut program = site.bearer(way).await;
        let mut this = if way == "cookie" { site.log_in(way).await } else { site.bearer(way).await };
        let mut old = this.clone();
        let id = this.get(CURRENT).await.assert_status(200)["id"].clone();
        site.advance(std::time::Duration::from_secs(400));
        let reply = this.put(OWN, change(way, NEW)).await;
        let session = reply.assert_status(200);
        // The password was verified, so the session is recently authenticated. It is still the same session.
        assert_eq!((&session["id"], &session["authenticated_at"]), (&id, &session["last_used_at"]));
        assert_eq!(session.get("token").is_some(), way == "bearer");
        assert_eq!(reply.set_cookie().is_some(), way == "cookie");
        if way == "bearer" {
            this = this.with_token(session["token"].as_str().unwrap());
        }
        this.get(CURRENT).await.assert_status(200);
        for client in [&mut other, &mut program, &mut old] {
            assert_signed_out(client).await;
            assert_signed_out(&mut client.through(&node.router)).await;
        }
        assert_eq!(site.sessions_of(way).await.len(), 1);
        this.through(&node.router).delete("/api/v1/sessions").await.assert_status(204);
        site.begin(way, &password_of(way), "body").await.assert_problem(401, "wrong_credentials");
        site.begin(way, NEW, "body").await.assert_status(201);
    }
}

// E9: the session ends right after the change. The answer must still report the change, or the user would go on with the
// old password.
#[async_test]
async fn a_change_is_reported_even_if_its_session_ends_right_after() {
    let site = Site::new().await;
    site.create("ann", "user").await;
    let mut ann = site.bearer("ann").await;
    let body = if site.database.is_sqlite() { "BEGIN DELETE FROM dw_sessions; END" } else { "DELETE FROM dw_sessions" };
    let trigger = format!("CREATE TRIGGER ends AFTER INSERT ON dw_audit_events FOR EACH ROW {body}");
    site.database.execute(&trigger).await;
    let session = ann.put(OWN, change("ann", NEW)).await.assert_status(200);
    site.database.execute("DROP TRIGGER ends").await;
    assert_signed_out(&mut ann).await;
    assert_signed_out(&mut ann.with_token(session["token"].as_str().unwrap())).await;
    site.bearer_with("ann", NEW).await.get(CURRENT).await.assert_status(200);
}

// ASVS 6.2.3: even right after the login.
#[async_test]
async fn a_change_always_needs_the_current_password() {
    let site = Site::new().await;
    let mut ann = site.user("ann").await;
    site.create("bob", "user").await;
    let before = site.dump().await;
    ann.put(OWN, json!({ "new_password": NEW })).await.assert_invalid("/current_password", "missing");
    ann.put(OWN, json!({ "current_password": null, "new_password": NEW }))
        .await
        .assert_invalid("/current_password", "wrong_type");
    for wrong in ["", "the password of bob", "THE PASSWORD OF ANN", "the password of ann ", &"x".repeat(5000)] {
        let body = json!({ "current_password": wrong, "new_password": NEW });
        let reply = ann.put(OWN, body).await;
        reply.assert_problem(403, "wrong_current_password");
        let [event, outcome, _] = site.event_of(&reply).await.unwrap();
        assert_eq!((event.as_str(), outcome.as_str()), ("authn_password_change_fail", "refused"));
    }
    ann.put(OWN, change("ann", "short")).await.assert_invalid("/new_password", "too_short");
    ann.put(OWN, change("ann", "Ann Ann Ann Ann Ann")).await.assert_invalid("/new_password", "is_name");
    ann.put(OWN, change("ann", "passwordpassword")).await.assert_invalid("/new_password", "is_common");
    assert_eq!(site.dump().await, before);
    ann.get(CURRENT).await.assert_status(200);
}

#[async_test]
async fn a_password_set_by_a_manager_must_be_changed_after_login() {
    let site = Site::new().await;
    let mut manager = site.holder("manager", MANAGER).await;
    let (mut ann, mut program) = (site.user("ann").await, site.bearer("ann").await);
    let path = format!("/api/v1/users/{}/password", site.uid_of("ann").await);
    manager.put(&path, json!({ "new_password": "short" })).await.assert_invalid("/new_password", "too_short");
    manager
        .put(&path, json!({ "new_password": NEW, "current_password": "x" }))
        .await
        .assert_invalid("/current_password", "unknown");
    ann.get(CURRENT).await.assert_status(200);
    let user = manager.put(&path, json!({ "new_password": NEW })).await.assert_status(200);
    assert_eq!(user["must_change_password"], true);
    for client in [&mut ann, &mut program] {
        assert_signed_out(client).await;
    }
    site.begin("ann", &password_of("ann"), "body").await.assert_problem(401, "wrong_credentials");
    let session = site.begin("ann", NEW, "body").await.assert_status(201);
    assert_eq!(session["user"]["must_change_password"], true);
    let body = json!({ "new_password": NEW, "must_change_password": false });
    assert_eq!(manager.put(&path, body).await.assert_status(200)["must_change_password"], false);
    let mut ann = site.bearer_with("ann", NEW).await;
    ann.get(ME).await.assert_status(200);
}

#[async_test]
async fn until_the_password_is_changed_other_requests_are_refused() {
    let site = Site::new().await;
    site.admin("root").await;
    site.role("full", "audit:read roles:write sessions:read sessions:revoke users:read users:write invoices:read")
        .await;
    site.create_pending("ann", "full").await;
    let mut ann = site.bearer("ann").await;
    let number = site.id_of("ann").await;
    // Allowed are the current session, permission checks (all denied), and the log-out.
    let session = ann.get(CURRENT).await.assert_status(200);
    assert_eq!(session["user"]["must_change_password"], true);
    for permission in ["invoices:read", "users:write", "x:y"] {
        let decision = ann.post("/api/v1/authorize", json!({ "permission": permission })).await.assert_status(200);
        assert_eq!(
            (decision["allowed"].as_bool(), decision["reason"].as_str()),
            (Some(false), Some("password_change_required"))
        );
    }
    let reply = ann.get(ME).await;
    reply.assert_problem(403, "password_change_required");
    let expected = ["authz_fail", "refused", "password_change_required"].map(str::to_owned);
    assert_eq!(site.event_of(&reply).await, Some(expected));
    for path in ["/api/v1/users", "/api/v1/sessions", "/api/v1/roles", "/api/v1/audit-events"] {
        ann.get(path).await.assert_problem(403, "password_change_required");
    }
    let new_user = json!({ "name": "x", "password": NEW, "role": "user" });
    ann.post("/api/v1/users", new_user).await.assert_problem(403, "password_change_required");
    ann.delete(ME).await.assert_problem(403, "password_change_required");
    ann.delete("/api/v1/sessions").await.assert_problem(403, "password_change_required");
    // Through the old routes too.
    let mut browser = site.log_in("ann").await;
    let refused = json!({ "message": "You don't have permission to perform this action." });
    browser.get("/user/1").await.assert_json(401, refused.clone());
    browser.delete("/user/1").await.assert_json(401, refused.clone());
    browser.put("/user/update-password/1", json!({ "password": NEW })).await.assert_json(401, refused);
    // The same password again is not a change.
    for same in [password_of("ann")] {
        ann.put(OWN, change("ann", &same)).await.assert_invalid("/new_password", "is_current");
        let path = format!("/user/update-password/{number}");
        browser.put(&path, json!({ "password": same })).await.assert_refused(400, "message");
    }
    ann.get(ME).await.assert_problem(403, "password_change_required");
    let token = ann.put(OWN, change("ann", NEW)).await.assert_status(200)["token"].as_str().unwrap().to_owned();
    let mut ann = ann.with_token(&token);
    assert_eq!(ann.get(ME).await.assert_status(200)["must_change_password"], false);
    ann.get("/api/v1/users").await.assert_status(200);
}

#[async_test]
async fn the_contracts_route_satisfies_a_required_change_too() {
    let site = Site::new().await;
    let number = site.create_pending("caf\u{e9}", "user").await;
    let mut browser = site.anon();
    browser
        .log_in("caf\u{e9}", &password_of("caf\u{e9}"))
        .await
        .assert_json(200, json!({ "message": "Login successful" }));
    let path = format!("/user/update-password/{number}");
    // NFD of the same password.
    for same in [password_of("caf\u{e9}"), password_of("cafe\u{301}")] {
        browser.put(&path, json!({ "password": same })).await.assert_refused(400, "message");
    }
    assert_eq!(browser.get(&format!("/user/{number}")).await.status, 401);
    browser
        .put(&path, json!({ "password": "p" }))
        .await
        .assert_json(200, json!({ "message": "Password successfully changed." }));
    assert_eq!(browser.get(&format!("/user/{number}")).await.status, 200);
    // Without a required change, the same password may be set again.
    browser
        .put(&path, json!({ "password": "p" }))
        .await
        .assert_json(200, json!({ "message": "Password successfully changed." }));
}
