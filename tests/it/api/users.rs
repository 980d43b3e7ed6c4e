//! Other users' accounts: creating, reading, changing, disabling and deleting them, and setting their passwords.

use doorward_test_macros::async_test;
use serde_json::json;

use crate::support::{MANAGER, Site, site::password_of};

const USERS: &str = "/api/v1/users";
const PASSWORD: &str = "a violin in the greenhouse";

#[async_test]
async fn an_administrator_can_create_accounts_with_all_members() {
    let site = Site::new().await;
    let mut root = site.admin("root").await;
    site.role("support", "sessions:read").await;
    let body = json!({
        "name": "ann", "password": PASSWORD, "role": "support", "must_change_password": true,
        "attributes": { "a": 1 }, "admin_attributes": { "b": 2 },
    });
    let reply = root.post(USERS, body).await;
    let user = reply.assert_status(201);
    assert_eq!(user["role"], "support");
    assert_eq!(user["must_change_password"], true);
    assert_eq!((&user["attributes"], &user["admin_attributes"]), (&json!({ "a": 1 }), &json!({ "b": 2 })));
    let shown = root.get(reply.headers["location"].to_str().unwrap()).await;
    assert_eq!((shown.assert_status(200), shown.etag()), (user, reply.etag()));
    let nobodys = json!({ "name": "bob", "password": PASSWORD, "role": "nobodys" });
    root.post(USERS, nobodys).await.assert_invalid("/role", "unknown_role");
    for (role, code) in [(json!("Admin"), "malformed"), (json!(""), "malformed"), (json!(1), "wrong_type")] {
        let body = json!({ "name": "bob", "password": PASSWORD, "role": role });
        root.post(USERS, body).await.assert_invalid("/role", code);
    }
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "2");
}

#[async_test]
async fn a_manager_changes_accounts_and_omitted_members_stay() {
    let site = Site::new().await;
    let mut manager = site.holder("manager", MANAGER).await;
    site.create("ann", "user").await;
    let path = format!("{USERS}/{}", site.uid_of("ann").await);
    let user = manager.patch(&path, json!({ "name": "Eve", "attributes": { "a": 1 } })).await.assert_status(200);
    assert_eq!((user["name"].as_str(), user["role"].as_str()), (Some("Eve"), Some("user")));
    let user = manager.patch(&path, json!({ "must_change_password": true })).await.assert_status(200);
    assert_eq!((user["name"].as_str(), &user["attributes"]), (Some("Eve"), &json!({ "a": 1 })));
    assert_eq!(user["must_change_password"], true);
    let user = manager.patch(&path, json!({ "must_change_password": false })).await.assert_status(200);
    assert_eq!(user["must_change_password"], false);
    manager.patch(&path, json!({ "name": "manager" })).await.assert_problem(409, "name_taken");
    for member in ["id", "state", "password", "created_at", "current_password", "version", "disabled_at"] {
        manager.patch(&path, json!({ member: "x" })).await.assert_invalid(&format!("/{member}"), "unknown");
    }
    // RFC 7396: null removes a member, and these cannot be removed.
    for member in ["name", "must_change_password"] {
        manager.patch(&path, json!({ member: null })).await.assert_invalid(&format!("/{member}"), "wrong_type");
    }
}

#[async_test]
async fn a_disabled_account_is_closed_until_it_is_enabled() {
    let site = Site::new().await;
    let mut manager = site.holder("manager", MANAGER).await;
    let (mut ann, mut phone) = (site.user("ann").await, site.bearer("ann").await);
    let path = format!("{USERS}/{}", site.uid_of("ann").await);
    let (disable, enable) = (format!("{path}/disable"), format!("{path}/enable"));
    site.advance(std::time::Duration::from_secs(1));
    let user = manager.post(&disable, json!({})).await.assert_status(200);
    assert_eq!(
        (user["state"].as_str(), user["disabled_at"].as_str()),
        (Some("disabled"), Some("2026-11-22T12:00:01Z"))
    );
    for client in [&mut ann, &mut phone] {
        client.get("/api/v1/users/me").await.assert_problem(401, "not_signed_in");
    }
    site.begin("ann", &password_of("ann"), "cookie").await.assert_problem(401, "wrong_credentials");
    // A second time changes nothing, not even `disabled_at`.
    site.advance(std::time::Duration::from_secs(1));
    let tag = manager.get(&path).await.etag().to_owned();
    let again = manager.post(&disable, json!({})).await;
    assert_eq!(
        (again.assert_status(200)["disabled_at"].as_str(), again.etag()),
        (Some("2026-11-22T12:00:01Z"), tag.as_str())
    );
    let user = manager.post(&enable, json!({})).await.assert_status(200);
    assert_eq!((user["state"].as_str(), user["disabled_at"].is_null()), (Some("enabled"), true));
    // The ended session stays ended.
    ann.get("/api/v1/users/me").await.assert_problem(401, "not_signed_in");
    site.begin("ann", &password_of("ann"), "cookie").await.assert_status(201);
    let tag = manager.get(&path).await.etag().to_owned();
    assert_eq!(manager.post(&enable, json!({})).await.etag(), tag);
}

#[async_test]
async fn a_deleted_account_is_not_found() {
    let site = Site::new().await;
    let mut manager = site.holder("manager", MANAGER).await;
    let mut ann = site.user("ann").await;
    let path = format!("{USERS}/{}", site.uid_of("ann").await);
    let reply = manager.delete(&path).await;
    assert_eq!((reply.status.as_u16(), reply.body.len()), (204, 0));
    assert!(reply.headers.get("content-type").is_none());
    ann.get("/api/v1/users/me").await.assert_problem(401, "not_signed_in");
    manager.get(&path).await.assert_problem(404, "not_found");
    manager.delete(&path).await.assert_problem(404, "not_found");
    manager.patch(&path, json!({ "name": "x" })).await.assert_problem(404, "not_found");
    manager.post(&format!("{path}/disable"), json!({})).await.assert_problem(404, "not_found");
    manager
        .put(&format!("{path}/password"), json!({ "new_password": PASSWORD }))
        .await
        .assert_problem(404, "not_found");
    manager.get(&format!("{path}/sessions")).await.assert_problem(404, "not_found");
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_sessions").await, "1");
}

// The routes for other accounts need no reauthentication, so they refuse the caller's own account.
#[async_test]
async fn an_administrators_own_account_still_needs_reauthentication() {
    let site = Site::new().await;
    let (_, mut root) = (site.admin("other").await, site.admin("root").await);
    let path = format!("{USERS}/{}", site.uid_of("root").await);
    site.advance(std::time::Duration::from_secs(301));
    let before = site.dump().await;
    root.delete(&path).await.assert_problem(409, "own_account");
    root.patch(&path, json!({ "name": "eve" })).await.assert_problem(409, "own_account");
    let body = json!({ "new_password": PASSWORD, "must_change_password": false });
    root.put(&format!("{path}/password"), body).await.assert_problem(409, "own_account");
    assert_eq!(site.dump().await, before);
    // A change that needs no reauthentication is allowed here too.
    root.patch(&path, json!({ "attributes": { "a": 1 } })).await.assert_status(200);
    // Another administrator may make all these changes.
    let mut other = site.bearer("other").await;
    other.patch(&path, json!({ "name": "eve" })).await.assert_status(200);
    other.put(&format!("{path}/password"), json!({ "new_password": PASSWORD })).await.assert_status(200);
    other.delete(&path).await.assert_status(204);
}

// Any other text is not found.
#[async_test]
async fn only_an_identifier_in_its_usual_form_finds_an_account() {
    let site = Site::new().await;
    let mut root = site.admin("root").await;
    site.create("ann", "user").await;
    let id = site.uid_of("ann").await;
    let bare = id.replace('-', "");
    let odd = [
        bare.as_str(),
        "1",
        "2",
        "ann",
        "me%20",
        "Me",
        &format!("{{{id}}}"),
        &format!("urn:uuid:{id}"),
        &format!("{id}%00"),
        &format!("%20{id}"),
        &format!("{id}0"),
        "9223372036854775808",
        "-1",
        "0x10",
        "1%27%20OR%20%271%27%3D%271",
        "%ff",
        "..",
        "00000000-0000-0000-0000-000000000000",
    ];
    for id in odd {
        root.get(&format!("{USERS}/{id}")).await.assert_problem(404, "not_found");
        root.delete(&format!("{USERS}/{id}")).await.assert_problem(404, "not_found");
    }
    root.get(&format!("{USERS}/{}", id.to_uppercase())).await.assert_status(200);
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "2");
}

// A key from adoption or from an older folding stays, even if the current folding of the name differs.
#[async_test]
async fn an_edit_without_a_name_leaves_the_key_of_the_name() {
    let site = Site::new().await;
    let mut root = site.admin("root").await;
    let mut ann = site.user("ann").await;
    site.role("customer", "shop:open").await;
    site.database.set_name_key("ann", "old").await;
    let path = format!("/api/v1/users/{}", site.uid_of("ann").await);
    for body in [
        json!({ "attributes": { "a": 1 } }),
        json!({ "role": "customer" }),
        json!({ "role": "user", "must_change_password": true, "admin_attributes": { "a": 1 } }),
        json!({ "must_change_password": false }),
    ] {
        root.patch(&path, body).await.assert_status(200);
    }
    ann.patch("/api/v1/users/me", json!({ "attributes": { "b": 1 } })).await.assert_status(200);
    let key = "SELECT HEX(name_key) FROM dw_users WHERE name = 'ann'";
    assert_eq!(site.database.value(key).await, "6F6C64");
    root.patch(&path, json!({ "name": "ann" })).await.assert_status(200);
    assert_eq!(site.database.value(key).await, "616E6E");
}
