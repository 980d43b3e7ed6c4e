//! `POST /api/v1/authorize`: whether the caller's role holds a permission, and the reason.

use doorward_test_macros::async_test;
use serde_json::{Value, json};

use crate::support::Site;

const AUTHORIZE: &str = "/api/v1/authorize";

#[async_test]
async fn the_decision_follows_the_roles_current_permissions() {
    let site = Site::new().await;
    let mut root = site.admin("root").await;
    let mut clerk = site.holder("clerk", "invoices:read").await;
    let decision = |permission: &str, allowed: bool| {
        let reason = if allowed { "permission_held" } else { "permission_missing" };
        json!({ "allowed": allowed, "reason": reason, "role": "clerk", "permission": permission })
    };
    for (permission, allowed) in
        [("invoices:read", true), ("invoices:write", false), ("invoices:rea", false), ("users:read", false)]
    {
        let reply = clerk.post(AUTHORIZE, json!({ "permission": permission, "resource": "invoices/42" })).await;
        assert_eq!(reply.assert_status(200), decision(permission, allowed));
        // A denial is recorded with its permission and resource. A granted permission is not recorded.
        let event = site.event_of(&reply).await;
        let expected = ["authz_fail", "refused", "permission_missing"].map(str::to_owned);
        assert_eq!(event, (!allowed).then_some(expected));
        if !allowed {
            let sql = format!("SELECT details FROM dw_audit_events WHERE request_id = '{}'", reply.request_id());
            let details: Value = serde_json::from_str(&site.database.value(&sql).await).unwrap();
            assert_eq!(details, json!({ "permission": permission, "resource": "invoices/42" }));
        }
    }
    root.patch("/api/v1/roles/clerk", json!({ "permissions": ["invoices:write"] })).await.assert_status(200);
    let reply = clerk.post(AUTHORIZE, json!({ "permission": "invoices:read" })).await;
    assert_eq!(reply.assert_status(200), decision("invoices:read", false));
    // Doorward's administrators do not hold the application's permissions.
    let reply = root.post(AUTHORIZE, json!({ "permission": "invoices:read" })).await;
    assert_eq!(reply.assert_status(200)["allowed"], false);
    site.anon().post(AUTHORIZE, json!({ "permission": "invoices:read" })).await.assert_problem(401, "not_signed_in");
}

#[async_test]
async fn an_invalid_authorization_request_is_refused() {
    let site = Site::new().await;
    let mut ann = site.user("ann").await;
    ann.post(AUTHORIZE, json!({})).await.assert_invalid("/permission", "missing");
    ann.post(AUTHORIZE, json!({ "permission": ["a:b"] })).await.assert_invalid("/permission", "wrong_type");
    let resource = |length: usize| json!({ "permission": "a:b", "resource": "\u{1f980}".repeat(length) });
    ann.post(AUTHORIZE, resource(201)).await.assert_invalid("/resource", "too_long");
    ann.post(AUTHORIZE, resource(200)).await.assert_status(200);
    ann.post(AUTHORIZE, json!({ "permission": "a:b", "role": "admin" })).await.assert_invalid("/role", "unknown");
}
