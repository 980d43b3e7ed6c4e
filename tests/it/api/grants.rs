//! F4 of threats.md: a caller can neither grant a permission that it lacks nor act on a user who holds one.
//!
//! The manager holds everything but `roles:write` and `audit:read`. The keeper holds only `roles:write` and `users:read`.
//! The giver holds `roles:write`, `users:read` and `users:write`.

use doorward_test_macros::async_test;
use serde_json::{Value, json};

use crate::support::{Client, MANAGER, Reply, Site};

const USERS: &str = "/api/v1/users";
const ROLES: &str = "/api/v1/roles";
const PASSWORD: &str = "a violin in the greenhouse";
const GIVER: &str = "roles:write users:read users:write";

/// Asserts that the request was refused, that nothing changed, and that the trail has the reason.
async fn assert_refused(site: &Site, before: &[Vec<String>], reply: &Reply, code: &str) {
    reply.assert_problem(403, code);
    assert_eq!(site.dump().await, before, "{}", reply.text());
    let [_, outcome, reason] = site.event_of(reply).await.unwrap();
    assert_eq!((outcome.as_str(), reason.as_str()), ("refused", code));
}

fn account(role: &str) -> Value {
    json!({ "name": "new", "password": PASSWORD, "role": role })
}

#[async_test]
async fn a_manager_cannot_grant_any_role() {
    let site = Site::new().await;
    site.admin("root").await;
    let mut manager = site.holder("manager", MANAGER).await;
    let mut reader = site.holder("reader", "users:read").await;
    site.create("ann", "user").await;
    let (ann, own) = (site.uid_of("ann").await, site.uid_of("manager").await);
    let before = site.dump().await;
    for role in ["admin", "manager", "reader"] {
        assert_refused(&site, &before, &manager.post(USERS, account(role)).await, "permission_missing").await;
        for id in [&ann, &own] {
            let reply = manager.patch(&format!("{USERS}/{id}"), json!({ "role": role })).await;
            assert_refused(&site, &before, &reply, "permission_missing").await;
        }
    }
    // Not even the default role.
    let reply = manager.patch(&format!("{USERS}/{ann}"), json!({ "role": "user", "attributes": { "a": 1 } })).await;
    assert_refused(&site, &before, &reply, "permission_missing").await;
    let everything = json!({ "name": "mine", "permissions": ["users:read"] });
    assert_refused(&site, &before, &manager.post(ROLES, everything).await, "permission_missing").await;
    let reply = manager.patch(&format!("{ROLES}/manager"), json!({ "permissions": ["roles:write"] })).await;
    assert_refused(&site, &before, &reply, "permission_missing").await;
    assert_refused(&site, &before, &manager.delete(&format!("{ROLES}/reader")).await, "permission_missing").await;
    reader.patch(&format!("{USERS}/{ann}"), json!({ "name": "x" })).await.assert_problem(403, "permission_missing");
    manager.post(USERS, account("user")).await.assert_status(201);
}

/// Sends every operation on another account that a manager may use.
async fn every_operation_on(client: &mut Client, id: &str, session: &str) -> Vec<Reply> {
    let path = format!("{USERS}/{id}");
    vec![
        client.patch(&path, json!({ "name": "taken over" })).await,
        client.patch(&path, json!({ "must_change_password": true })).await,
        client.patch(&path, json!({ "attributes": { "a": 1 } })).await,
        client.patch(&path, json!({ "admin_attributes": { "a": 1 } })).await,
        client.patch(&path, json!({})).await,
        client.put(&format!("{path}/password"), json!({ "new_password": PASSWORD })).await,
        client.post(&format!("{path}/disable"), json!({})).await,
        client.post(&format!("{path}/enable"), json!({})).await,
        client.delete(&format!("{path}/sessions/{session}")).await,
        client.delete(&format!("{path}/sessions")).await,
        client.delete(&path).await,
    ]
}

#[async_test]
async fn a_manager_cannot_act_on_a_superiors_account() {
    let site = Site::new().await;
    site.admin("root").await;
    let mut manager = site.holder("manager", MANAGER).await;
    // One additional permission makes a superior, even if it is the application's.
    for (name, permissions) in [
        ("boss", "users:read users:write sessions:read sessions:revoke roles:write"),
        ("auditor", "audit:read"),
        ("clerk", "invoices:read"),
    ] {
        let mut superior = site.holder(name, permissions).await;
        let (id, session) = (site.uid_of(name).await, site.sessions_of(name).await[0].clone());
        let before = site.dump().await;
        for reply in every_operation_on(&mut manager, &id, &session).await {
            assert_refused(&site, &before, &reply, "authority_exceeded").await;
        }
        superior.get("/api/v1/sessions/current").await.assert_status(200);
        site.disable(name).await;
        let reply = manager.post(&format!("{USERS}/{id}/enable"), json!({})).await;
        reply.assert_problem(403, "authority_exceeded");
        // Reading is allowed.
        manager.get(&format!("{USERS}/{id}")).await.assert_status(200);
        manager.get(&format!("{USERS}/{id}/sessions")).await.assert_status(200);
    }
    // Users with the same or fewer permissions can be changed.
    for (name, permissions) in [("equal", MANAGER), ("below", "users:read")] {
        site.holder(name, permissions).await;
        let (id, session) = (site.uid_of(name).await, site.sessions_of(name).await[0].clone());
        let path = format!("{USERS}/{id}");
        manager.delete(&format!("{path}/sessions/{session}")).await.assert_status(204);
        manager.patch(&path, json!({ "name": format!("{name} renamed") })).await.assert_status(200);
        manager.delete(&path).await.assert_status(204);
    }
}

// The contract's two administrative routes.
#[async_test]
async fn the_contracts_routes_allow_no_more_than_the_api() {
    let site = Site::new().await;
    let root = site.create("root", "admin").await;
    site.holder("manager", MANAGER).await;
    let mut manager = site.log_in("manager").await;
    let ann = site.create("ann", "user").await;
    let before = site.dump().await;
    let refused = json!({ "message": "You don't have permission to perform this action." });
    let reply = manager.delete(&format!("/user/{root}")).await;
    reply.assert_json(401, refused.clone());
    assert_eq!(site.event_of(&reply).await.unwrap()[2], "authority_exceeded");
    manager
        .put(&format!("/user/update-password/{root}"), json!({ "password": PASSWORD }))
        .await
        .assert_json(401, refused);
    assert_eq!(site.dump().await, before);
    assert_eq!(manager.put(&format!("/user/update-password/{ann}"), json!({ "password": "p" })).await.status, 200);
    assert_eq!(manager.delete(&format!("/user/{ann}")).await.status, 200);
}

#[async_test]
async fn a_keeper_of_roles_cannot_add_permissions_that_they_lack() {
    let site = Site::new().await;
    site.admin("root").await;
    let mut keeper = site.holder("keeper", "roles:write users:read").await;
    site.role("clerk", "invoices:read").await;
    site.role("auditor", "audit:read").await;
    site.role("plain", "users:read").await;
    let before = site.dump().await;
    for permissions in
        [json!(["users:write"]), json!(["users:read", "audit:read"]), json!(["invoices:read"]), json!(["x:y"])]
    {
        let reply = keeper.post(ROLES, json!({ "name": "new", "permissions": permissions })).await;
        assert_refused(&site, &before, &reply, "authority_exceeded").await;
        for role in ["keeper", "plain", "user", "admin"] {
            let reply = keeper.patch(&format!("{ROLES}/{role}"), json!({ "permissions": permissions })).await;
            assert_refused(&site, &before, &reply, "authority_exceeded").await;
        }
    }
    // A role with more permissions cannot be reduced or deleted either.
    for role in ["clerk", "auditor", "admin"] {
        let reply = keeper.patch(&format!("{ROLES}/{role}"), json!({ "permissions": [] })).await;
        assert_refused(&site, &before, &reply, "authority_exceeded").await;
        assert_refused(&site, &before, &keeper.delete(&format!("{ROLES}/{role}")).await, "authority_exceeded").await;
    }
    // Without `users:write`, no account can get a role.
    let id = site.uid_of("root").await;
    let reply = keeper.patch(&format!("{USERS}/{id}"), json!({ "role": "user" })).await;
    assert_refused(&site, &before, &reply, "permission_missing").await;
    keeper.post(ROLES, json!({ "name": "new", "permissions": ["users:read", "roles:write"] })).await.assert_status(201);
    keeper.patch(&format!("{ROLES}/plain"), json!({ "permissions": [] })).await.assert_status(200);
    keeper.delete(&format!("{ROLES}/plain")).await.assert_status(204);
}

#[async_test]
async fn a_giver_grants_only_permissions_that_they_hold() {
    let site = Site::new().await;
    site.admin("root").await;
    let mut giver = site.holder("giver", GIVER).await;
    site.role("reader", "users:read").await;
    site.role("clerk", "invoices:read").await;
    site.create("ann", "user").await;
    let (ann, own) = (site.uid_of("ann").await, site.uid_of("giver").await);
    let before = site.dump().await;
    for role in ["admin", "clerk"] {
        assert_refused(&site, &before, &giver.post(USERS, account(role)).await, "authority_exceeded").await;
        for id in [&ann, &own] {
            let reply = giver.patch(&format!("{USERS}/{id}"), json!({ "role": role })).await;
            assert_refused(&site, &before, &reply, "authority_exceeded").await;
        }
    }
    giver.patch(&format!("{USERS}/{ann}"), json!({ "role": "reader" })).await.assert_status(200);
    giver.post(USERS, account("reader")).await.assert_status(201);
    // A full administrator can grant the application's permissions. Their holders can then grant them further.
    let mut root = site.bearer("root").await;
    root.patch(&format!("{USERS}/{ann}"), json!({ "role": "clerk" })).await.assert_status(200);
    root.post(ROLES, json!({ "name": "cook", "permissions": ["soup:stir"] })).await.assert_status(201);
    let permissions = json!({ "permissions": ["invoices:read", "roles:write", "users:read", "users:write"] });
    root.patch(&format!("{ROLES}/giver"), permissions).await.assert_status(200);
    giver.patch(&format!("{USERS}/{ann}"), json!({ "role": "user" })).await.assert_status(200);
    giver.patch(&format!("{USERS}/{ann}"), json!({ "role": "clerk" })).await.assert_status(200);
    giver.patch(&format!("{USERS}/{ann}"), json!({ "role": "cook" })).await.assert_problem(403, "authority_exceeded");
}

// The default role may hold permissions. Creating an account with it grants them.
#[async_test]
async fn creating_an_account_with_the_default_role_is_a_grant() {
    let site = Site::builder().set("signup.enabled", "false").start().await;
    site.admin("root")
        .await
        .patch(&format!("{ROLES}/user"), json!({ "permissions": ["invoices:read"] }))
        .await
        .assert_status(200);
    let mut manager = site.holder("manager", MANAGER).await;
    let mut clerk = site.holder("clerk", "invoices:read users:write").await;
    let before = site.dump().await;
    assert_refused(&site, &before, &manager.post(USERS, account("user")).await, "authority_exceeded").await;
    let body = json!({ "name": "new", "password": PASSWORD });
    assert_refused(&site, &before, &manager.post(USERS, body).await, "authority_exceeded").await;
    clerk.post(USERS, account("user")).await.assert_status(201);
}

// E11
#[async_test]
async fn a_revoked_permission_is_missing_at_the_next_request() {
    let site = Site::new().await;
    let node = site.another_node(&[]).await;
    let mut root = site.admin("root").await;
    let mut giver = site.holder("giver", GIVER).await;
    let mut elsewhere = giver.through(&node.router);
    let id = site.uid_of("giver").await;
    elsewhere.get(USERS).await.assert_status(200);
    root.patch(&format!("{USERS}/{id}"), json!({ "role": "user" })).await.assert_status(200);
    for client in [&mut giver, &mut elsewhere] {
        client.get(USERS).await.assert_problem(403, "permission_missing");
        client.get("/api/v1/users/me").await.assert_status(200);
    }
    root.patch(&format!("{USERS}/{id}"), json!({ "role": "giver" })).await.assert_status(200);
    let mut giver = site.log_in("giver").await;
    elsewhere = giver.through(&node.router);
    giver.get(USERS).await.assert_status(200);
    // Second, the user keeps the role, but the role loses permissions.
    root.patch(&format!("{ROLES}/giver"), json!({ "permissions": ["users:write"] })).await.assert_status(200);
    elsewhere.get(USERS).await.assert_problem(403, "permission_missing");
}
