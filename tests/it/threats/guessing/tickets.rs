//! D8: each counted attempt ends. A forgotten ticket would leave a failure after a right password.

use doorward_test_macros::async_test;
use serde_json::json;

use super::rows;
use crate::support::{Site, site::password_of};

const NEW: &str = "a violin in the greenhouse";
const NEWER: &str = "a cello in the boathouse";

#[async_test]
async fn a_right_password_leaves_no_failure_by_any_way() {
    let site = Site::new().await;
    let body = json!({ "name": "ann", "password": password_of("ann") });
    let mut repeating = site.anon().with_header("idempotency-key", "the-same-key-as-before");
    for _ in 0..2 {
        repeating.post("/api/v1/users", body.clone()).await.assert_status(201);
        assert_eq!(rows(&site).await, "0", "a repeated sign-up");
    }
    site.begin("ann", &password_of("ann"), "body").await.assert_status(201);
    assert_eq!(rows(&site).await, "0", "a login by the API");
    let mut ann = site.log_in("ann").await;
    assert_eq!(rows(&site).await, "0", "a login by the contract");

    let rename = json!({ "name": "anna", "current_password": password_of("ann") });
    ann.patch("/api/v1/users/me", rename).await.assert_status(200);
    assert_eq!(rows(&site).await, "0", "a reauthentication");

    site.database.set_change_required_at("anna", Some(1)).await;
    let change = json!({ "current_password": password_of("ann"), "new_password": NEW });
    ann.put("/api/v1/users/me/password", change).await.assert_status(200);
    assert_eq!(rows(&site).await, "0", "a required change by the API");
    site.database.set_change_required_at("anna", Some(1)).await;
    assert_eq!(ann.put("/user/update-password/1", json!({ "password": NEWER })).await.status, 200);
    assert_eq!(rows(&site).await, "0", "a required change by the contract");
}

#[async_test]
async fn a_wrong_password_leaves_one_failure_by_any_way() {
    let site = Site::new().await;
    site.create("ann", "user").await;
    let mut ann = site.log_in("ann").await;
    assert_eq!(site.anon().log_in("ann", "wrong").await.status, 401);
    let rename = json!({ "name": "anna", "current_password": "wrong" });
    ann.patch("/api/v1/users/me", rename).await.assert_problem(403, "wrong_current_password");
    // The stranger's failure and the known device's.
    assert_eq!(rows(&site).await, "2");
}
