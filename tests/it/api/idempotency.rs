//! `Idempotency-Key`: a create that is sent twice makes one resource, and the key is bound to that request.
//!
//! Concurrent requests are in `threats::races`.

use doorward_test_macros::async_test;
use std::{collections::BTreeSet, time::Duration};

use doorward::ops::idempotency;
use serde_json::{Value, json};

use crate::support::{Client, Reply, Site};

const USERS: &str = "/api/v1/users";
const ROLES: &str = "/api/v1/roles";
const PASSWORD: &str = "a violin in the greenhouse";
const DAY: Duration = Duration::from_secs(24 * 3600);

fn user(name: &str) -> Value {
    json!({ "name": name, "password": PASSWORD })
}

async fn post(client: &Client, key: &str, path: &str, body: Value) -> Reply {
    client.with_header("idempotency-key", key).post(path, body).await
}

async fn count(site: &Site, table: &str) -> usize {
    site.database.value(&format!("SELECT COUNT(*) FROM {table}")).await.parse().unwrap()
}

#[async_test]
async fn a_repeated_create_makes_one_resource() {
    let site = Site::new().await;
    let root = site.admin("root").await;
    for (client, key) in [(site.anon(), "a"), (root.clone(), "b")] {
        let first = post(&client, key, USERS, user(key)).await;
        let before = site.dump().await;
        let again = post(&client, key, USERS, user(key)).await;
        assert_eq!(first.assert_status(201), again.assert_status(201));
        assert_eq!((first.etag(), &first.headers["location"]), (again.etag(), &again.headers["location"]));
        assert_eq!(site.dump().await, before);
        // With another password it is another request: the answer shows nothing of the account, and nothing is changed.
        let mut other = user(key);
        other["password"] = Value::from("another violin in the greenhouse");
        post(&client, key, USERS, other).await.assert_problem(422, "idempotency_key_reused");
        site.bearer_with(key, PASSWORD).await;
        // The answer is the account in its current state.
        assert_eq!(post(&client, key, USERS, user(key)).await.assert_status(201)["id"], first.json()["id"]);
    }
    let body = json!({ "name": "support", "permissions": ["users:read", "audit:read"] });
    let first = post(&root, "a", ROLES, body).await;
    let same = json!({ "permissions": ["audit:read", "users:read"], "name": "support" });
    let again = post(&root, "a", ROLES, same).await;
    assert_eq!((first.assert_status(201), first.etag()), (again.assert_status(201), again.etag()));
    assert_eq!((count(&site, "dw_users").await, count(&site, "dw_roles").await), (3, 3));
    let keys = site.database.rows("SELECT * FROM dw_idempotency_keys").await;
    assert_eq!(keys.len(), 3);
}

// A5: the password and the key of a disabled account do not show its state.
#[async_test]
async fn a_key_does_not_show_that_an_account_is_disabled() {
    let site = Site::new().await;
    let root = site.admin("root").await;
    post(&site.anon(), "a", USERS, user("ann")).await.assert_status(201);
    site.disable("ann").await;
    for _ in 0..4 {
        assert_eq!(site.anon().log_in("ann", "wrong").await.status, 401);
    }
    let failures = "SELECT failures FROM dw_login_failures";
    let before = site.database.value(failures).await;
    let refused = post(&site.anon(), "a", USERS, user("ann")).await;
    refused.assert_problem(422, "idempotency_key_reused");
    assert_ne!(site.database.value(failures).await, before, "the attempt must be counted");
    let last =
        "SELECT event, reason, subject_name FROM dw_audit_events WHERE reason IS NOT NULL ORDER BY uid DESC LIMIT 1";
    assert_eq!(site.database.rows(last).await, [["authn_login_fail", "account_disabled", "ann"]]);
    // An administrator may see the state.
    post(&root, "b", USERS, user("bob")).await.assert_status(201);
    site.disable("bob").await;
    assert_eq!(post(&root, "b", USERS, user("bob")).await.assert_status(201)["state"], "disabled");
}

#[async_test]
async fn a_key_with_another_request_is_refused() {
    let site = Site::new().await;
    let root = site.admin("root").await;
    post(&root, "a", USERS, user("ann")).await.assert_status(201);
    post(&root, "a", ROLES, json!({ "name": "support", "permissions": [] })).await.assert_status(201);
    // The order of members does not matter, at any depth.
    let mut body = user("eve");
    body["attributes"] = json!({ "a": { "x": 1, "y": [{ "p": 1, "q": 2 }] }, "b": 2 });
    let made = post(&root, "b", USERS, body).await.assert_status(201);
    let attributes = json!({ "b": 2, "a": { "y": [{ "q": 2, "p": 1 }], "x": 1 } });
    let other_order = json!({ "attributes": attributes, "password": PASSWORD, "name": "eve" });
    assert_eq!(post(&root, "b", USERS, other_order).await.assert_status(201)["id"], made["id"]);
    let before = site.dump().await;
    let mut others = vec![user("bob"), user("Ann"), user("ann ")];
    for (member, value) in [
        ("role", json!("support")),
        ("must_change_password", json!(true)),
        ("attributes", json!({ "a": 1 })),
        ("admin_attributes", json!({ "a": 1 })),
    ] {
        let mut body = user("ann");
        body[member] = value;
        others.push(body);
    }
    for body in others {
        post(&root, "a", USERS, body).await.assert_problem(422, "idempotency_key_reused");
    }
    for body in
        [json!({ "name": "other", "permissions": [] }), json!({ "name": "support", "permissions": ["users:read"] })]
    {
        post(&root, "a", ROLES, body).await.assert_problem(422, "idempotency_key_reused");
    }
    // An invalid body is reported first.
    post(&root, "a", USERS, json!({ "name": "ann" })).await.assert_invalid("/password", "missing");
    assert_eq!(site.dump().await, before);
}

#[async_test]
async fn a_key_belongs_to_its_client() {
    let site = Site::new().await;
    let (root, other, anon) = (site.admin("root").await, site.admin("other").await, site.anon());
    let mut ids = BTreeSet::new();
    for (client, name) in [(&root, "one"), (&other, "two"), (&anon, "three")] {
        ids.insert(post(client, "same", USERS, user(name)).await.assert_status(201)["id"].to_string());
        // A resource that another client created with the same key is not shown.
        for taken in ["one", "two", "three"].into_iter().filter(|taken| *taken != name) {
            let reply = post(client, "same", USERS, user(taken)).await;
            reply.assert_problem(422, "idempotency_key_reused");
        }
    }
    assert_eq!(ids.len(), 3);
    // A signed-in user without permissions also has separate keys.
    let ann = site.user("ann").await;
    let made = post(&ann, "same", USERS, user("four")).await.assert_status(201);
    assert_eq!(post(&ann, "same", USERS, user("four")).await.assert_status(201)["id"], made["id"]);
    for client in [&anon, &root] {
        post(client, "same", USERS, user("four")).await.assert_problem(422, "idempotency_key_reused");
    }
    post(&ann, "same", USERS, user("three")).await.assert_problem(422, "idempotency_key_reused");
    // A key does not show an account that it did not create.
    post(&other, "new", USERS, user("one")).await.assert_problem(409, "name_taken");
    // The same user in another session has the same keys.
    let again = site.bearer("root").await;
    assert!(ids.contains(&post(&again, "same", USERS, user("one")).await.assert_status(201)["id"].to_string()));
}

#[async_test]
async fn a_deleted_resource_is_not_created_again() {
    let site = Site::new().await;
    let mut root = site.admin("root").await;
    let made = post(&root, "a", USERS, user("ann")).await;
    root.delete(made.headers["location"].to_str().unwrap()).await.assert_status(204);
    let role = json!({ "name": "support", "permissions": [] });
    post(&root, "a", ROLES, role.clone()).await.assert_status(201);
    root.delete("/api/v1/roles/support").await.assert_status(204);
    post(&root, "a", USERS, user("ann")).await.assert_problem(409, "idempotency_key_gone");
    post(&root, "a", ROLES, role.clone()).await.assert_problem(409, "idempotency_key_gone");
    // Not even if another role has that name.
    root.post(ROLES, role.clone()).await.assert_status(201);
    post(&root, "a", ROLES, role).await.assert_problem(409, "idempotency_key_gone");
    // Not even if another user has that name.
    site.create("ann", "user").await;
    post(&root, "a", USERS, user("ann")).await.assert_problem(409, "idempotency_key_gone");
    assert_eq!(count(&site, "dw_users").await, 2);
}

#[async_test]
async fn a_key_expires_after_a_day() {
    let site = Site::new().await;
    let anon = site.anon();
    let first = post(&anon, "a", USERS, user("ann")).await.assert_status(201);
    site.advance(DAY);
    assert_eq!(post(&anon, "a", USERS, user("ann")).await.assert_status(201)["id"], first["id"]);
    assert_eq!(idempotency::forget(&site.app).await.unwrap(), 0);
    site.advance(Duration::from_millis(1));
    // An expired key does not count, even before it is swept.
    post(&anon, "a", USERS, user("ann")).await.assert_problem(409, "name_taken");
    let second = post(&anon, "a", USERS, user("bob")).await.assert_status(201);
    assert_ne!(second["id"], first["id"]);
    assert_eq!(post(&anon, "a", USERS, user("bob")).await.assert_status(201)["id"], second["id"]);
    assert_eq!(idempotency::forget(&site.app).await.unwrap(), 0);
    site.advance(DAY + Duration::from_millis(1));
    assert_eq!(idempotency::forget(&site.app).await.unwrap(), 1);
    assert_eq!(count(&site, "dw_idempotency_keys").await, 0);
}

#[async_test]
async fn a_refused_create_leaves_its_key_unused() {
    let site = Site::new().await;
    let mut root = site.admin("root").await;
    site.create("taken", "user").await;
    let keeper = site.holder("keeper", "roles:write users:write users:read").await;
    post(&root, "a", USERS, user("taken")).await.assert_problem(409, "name_taken");
    post(&root, "a", USERS, json!({ "name": "ann", "password": "short" }))
        .await
        .assert_invalid("/password", "too_short");
    let nobodys = json!({ "name": "ann", "password": PASSWORD, "role": "nobodys" });
    post(&root, "a", USERS, nobodys).await.assert_invalid("/role", "unknown_role");
    post(&root, "a", ROLES, json!({ "name": "admin", "permissions": [] })).await.assert_problem(409, "role_name_taken");
    let admin = json!({ "name": "ann", "password": PASSWORD, "role": "admin" });
    post(&keeper, "a", USERS, admin).await.assert_problem(403, "authority_exceeded");
    let role = json!({ "name": "new", "permissions": ["audit:read"] });
    post(&keeper, "a", ROLES, role).await.assert_problem(403, "authority_exceeded");
    assert_eq!(count(&site, "dw_idempotency_keys").await, 0);
    post(&root, "a", USERS, user("ann")).await.assert_status(201);
    post(&keeper, "a", USERS, user("bob")).await.assert_status(201);
    // Once the name is free, a new key can create it.
    let path = format!("{USERS}/{}", site.uid_of("taken").await);
    root.delete(&path).await.assert_status(204);
    post(&root, "b", USERS, user("taken")).await.assert_status(201);
}

#[async_test]
async fn an_invalid_key_is_refused_and_never_ignored() {
    let site = Site::new().await;
    let root = site.admin("root").await;
    let before = site.dump().await;
    for key in ["", " ", "a b", "\u{e9}", "a\tb", &"x".repeat(256)] {
        post(&root, key, USERS, user("ann")).await.assert_invalid("Idempotency-Key", "malformed");
        post(&root, key, ROLES, json!({ "name": "x", "permissions": [] }))
            .await
            .assert_invalid("Idempotency-Key", "malformed");
    }
    let twice = root.with_header("idempotency-key", "a").with_header("idempotency-key", "a");
    twice.clone().post(USERS, user("ann")).await.assert_invalid("Idempotency-Key", "repeated");
    assert_eq!(site.dump().await, before);
    for key in [
        "x".repeat(255),
        "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"".to_owned(),
        "'; DROP TABLE dw_users;--".replace(' ', ""),
    ] {
        post(&root, &key, USERS, user(&format!("user {}", key.len()))).await.assert_status(201);
    }
}
