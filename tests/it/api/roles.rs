//! `/api/v1/roles`: creating, listing, changing and deleting roles, and invalid roles.

use doorward_test_macros::async_test;
use serde_json::{Value, json};

use crate::support::{Site, items};

const ROLES: &str = "/api/v1/roles";

#[async_test]
async fn a_role_can_be_created_read_changed_and_deleted() {
    let site = Site::new().await;
    let mut root = site.admin("root").await;
    let body = json!({ "name": "support", "permissions": ["users:read", "invoices:read", "users:read"] });
    let reply = root.post(ROLES, body.clone()).await;
    let expected = json!({
        "name": "support", "permissions": ["invoices:read", "users:read"], "created_at": "2026-11-22T12:00:00Z",
    });
    assert_eq!((reply.assert_status(201), reply.etag()), (expected.clone(), "\"1\""));
    let path = reply.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(path, "/api/v1/roles/support");
    assert_eq!(root.get(&path).await.assert_status(200), expected);
    root.post(ROLES, body).await.assert_problem(409, "role_name_taken");
    let listed = items(&root.get(ROLES).await);
    let names: Vec<&str> = listed.iter().map(|role| role["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["admin", "support", "user"]);
    let changed = root.patch(&path, json!({ "permissions": [] })).await;
    assert_eq!((changed.assert_status(200)["permissions"].clone(), changed.etag()), (json!([]), "\"2\""));
    root.delete(&path).await.assert_status(204);
    root.get(&path).await.assert_problem(404, "not_found");
    root.patch(&path, json!({ "permissions": [] })).await.assert_problem(404, "not_found");
    root.delete(&path).await.assert_problem(404, "not_found");
}

#[async_test]
async fn assigned_and_built_in_roles_cannot_be_deleted() {
    let site = Site::new().await;
    let mut root = site.admin("root").await;
    site.role("support", "users:read").await;
    site.create("ann", "support").await;
    site.disable("ann").await;
    let before = site.dump().await;
    root.delete("/api/v1/roles/support").await.assert_problem(409, "role_in_use");
    for name in ["admin", "user"] {
        root.delete(&format!("{ROLES}/{name}")).await.assert_problem(409, "role_is_built_in");
    }
    assert_eq!(site.dump().await, before);
    // A permission that no user holds could never be granted again, so `admin` keeps all of Doorward's permissions.
    let all = ["audit:read", "roles:write", "sessions:read", "sessions:revoke", "users:read", "users:write"];
    for left_out in all {
        let fewer: Vec<_> = all.into_iter().filter(|word| *word != left_out).collect();
        let reply = root.patch(&format!("{ROLES}/admin"), json!({ "permissions": fewer })).await;
        reply.assert_problem(409, if left_out == "roles:write" { "last_administrator" } else { "role_is_built_in" });
    }
    let held = site.database.value("SELECT permissions FROM dw_roles WHERE id = 1").await;
    assert_eq!(held, all.join(" "));
    let more: Vec<_> = all.into_iter().chain(["shop:open"]).collect();
    root.patch(&format!("{ROLES}/admin"), json!({ "permissions": more })).await.assert_status(200);
    root.patch(&format!("{ROLES}/admin"), json!({ "permissions": all })).await.assert_status(200);
    let path = format!("/api/v1/users/{}", site.uid_of("ann").await);
    root.patch(&path, json!({ "role": "user" })).await.assert_status(200);
    root.delete("/api/v1/roles/support").await.assert_status(204);
    // A new role with the name of a deleted one is assigned to no user.
    root.post(ROLES, json!({ "name": "support", "permissions": ["audit:read"] })).await.assert_status(201);
    assert_eq!(root.get(&path).await.assert_status(200)["role"], "user");
}

#[async_test]
async fn names_and_permissions_must_have_the_required_form() {
    let site = Site::new().await;
    let mut root = site.admin("root").await;
    let before = site.dump().await;
    let long = "x".repeat(65);
    for name in
        ["", "Admin", "1a", "a b", "a:b", "ad\u{200b}min", "\u{430}dmin", "a'--", long.as_str(), "admin ", "a\n"]
    {
        let body = json!({ "name": name, "permissions": [] });
        root.post(ROLES, body).await.assert_invalid("/name", "malformed");
    }
    for word in ["", "users", "users:", ":read", "users:read:all", "Users:read", "users read", "users:*", "*", "a:b\n"]
    {
        let body = json!({ "name": "x", "permissions": ["users:read", word] });
        root.post(ROLES, body).await.assert_invalid("/permissions/1", "malformed");
        root.patch("/api/v1/roles/user", json!({ "permissions": [word] }))
            .await
            .assert_invalid("/permissions/0", "malformed");
        root.post("/api/v1/authorize", json!({ "permission": word })).await.assert_invalid("/permission", "malformed");
    }
    for wrong in [json!("users:read"), json!({}), json!(1), Value::Null] {
        let body = json!({ "name": "x", "permissions": wrong });
        root.post(ROLES, body).await.assert_invalid("/permissions", "wrong_type");
    }
    root.post(ROLES, json!({ "name": "x", "permissions": [1] })).await.assert_invalid("/permissions/0", "wrong_type");
    root.post(ROLES, json!({ "name": "x" })).await.assert_invalid("/permissions", "missing");
    root.patch("/api/v1/roles/user", json!({})).await.assert_invalid("/permissions", "missing");
    root.patch("/api/v1/roles/user", json!({ "name": "x", "permissions": [] }))
        .await
        .assert_invalid("/name", "unknown");
    let words = |count: usize| (0..count).map(|number| format!("a{number}:{}", "b".repeat(62))).collect::<Vec<_>>();
    let many: Vec<String> = words(61).into_iter().map(|word| word[..64].to_owned()).collect();
    let body = json!({ "name": "x", "permissions": many });
    root.post(ROLES, body).await.assert_invalid("/permissions", "too_long");
    assert_eq!(site.dump().await, before);
    // The longest name and the longest list are accepted.
    let body = json!({ "name": &long[..64], "permissions": many[..60] });
    assert_eq!(root.post(ROLES, body).await.assert_status(201)["permissions"].as_array().unwrap().len(), 60);
    root.get(&format!("{ROLES}/{}", &long[..64])).await.assert_status(200);
}

#[async_test]
async fn an_impossible_role_name_is_not_found() {
    let site = Site::new().await;
    let mut root = site.admin("root").await;
    for name in ["nobodys", "Admin", "ADMIN", "admin%20", "admin%00", "1", "%ff", "a'b", "\u{ff41}dmin"] {
        let path = format!("{ROLES}/{}", name.replace('\u{ff41}', "%EF%BD%81"));
        root.get(&path).await.assert_problem(404, "not_found");
        root.delete(&path).await.assert_problem(404, "not_found");
    }
}

// A role may gain and lose permissions while users have it.
#[async_test]
async fn a_changed_role_applies_to_the_next_request_of_its_holders() {
    let site = Site::new().await;
    let mut root = site.admin("root").await;
    let mut ann = site.holder("support", "sessions:read").await;
    ann.get("/api/v1/users").await.assert_problem(403, "permission_missing");
    root.patch("/api/v1/roles/support", json!({ "permissions": ["users:read"] })).await.assert_status(200);
    ann.get("/api/v1/users").await.assert_status(200);
    // The idle timeout changes too: administrative permissions shorten it.
    let expires = |session: Value| session["expires_at"].as_str().unwrap().to_owned();
    assert_eq!(expires(ann.get("/api/v1/sessions/current").await.assert_status(200)), "2026-11-22T13:00:00Z");
    root.patch("/api/v1/roles/support", json!({ "permissions": ["invoices:read"] })).await.assert_status(200);
    assert_eq!(expires(ann.get("/api/v1/sessions/current").await.assert_status(200)), "2026-11-23T12:00:00Z");
}
