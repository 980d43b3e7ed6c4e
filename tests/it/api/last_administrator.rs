//! F5 of threats.md: an enabled user can always manage roles. Concurrent requests are in `threats::races`.

use axum::http::Method;
use doorward_test_macros::async_test;
use serde_json::{Value, json};

use crate::support::Site;

const USERS: &str = "/api/v1/users";
const ADMINISTRATORS: &str = "SELECT COUNT(*) FROM dw_users u JOIN dw_roles r ON r.id = u.role_id
     WHERE u.disabled_at IS NULL AND r.permissions LIKE '%roles:write%'";

/// A request that could remove an administrator: the method, the path for an identifier, and the body.
type Way = (Method, fn(&str) -> String, Option<Value>);

fn ways() -> Vec<Way> {
    let one = |id: &str| format!("{USERS}/{id}");
    vec![
        (Method::PATCH, one, Some(json!({ "role": "user" }))),
        (Method::PATCH, one, Some(json!({ "role": "keeper" }))),
        (Method::DELETE, |_| format!("{USERS}/me"), None),
        (Method::PATCH, |_| "/api/v1/roles/admin".to_owned(), Some(json!({ "permissions": ["users:write"] }))),
        (Method::PATCH, |_| "/api/v1/roles/admin".to_owned(), Some(json!({ "permissions": [] }))),
    ]
}

#[async_test]
async fn the_last_administrator_cannot_be_removed() {
    let site = Site::new().await;
    let mut root = site.admin("root").await;
    site.role("keeper", "users:write users:read").await;
    site.admin("disabled").await;
    site.disable("disabled").await;
    let id = site.uid_of("root").await;
    let before = site.dump().await;
    for (method, path, body) in ways() {
        let reply = root.send(method.clone(), &path(&id), body).await;
        reply.assert_problem(409, "last_administrator");
        assert_eq!(site.dump().await, before, "{method} {}", path(&id));
        let [_, outcome, reason] = site.event_of(&reply).await.unwrap();
        assert_eq!((outcome.as_str(), reason.as_str()), ("refused", "last_administrator"));
    }
    // It succeeds when a second user has another role that can manage roles.
    site.role("second", "audit:read roles:write sessions:read sessions:revoke users:read users:write").await;
    site.create("other", "second").await;
    root.patch(&format!("{USERS}/{id}"), json!({ "role": "keeper" })).await.assert_status(200);
    assert_eq!(site.database.value(ADMINISTRATORS).await, "1");
    let mut other = site.bearer("other").await;
    other.delete(&format!("{USERS}/me")).await.assert_problem(409, "last_administrator");
}
