//! The statements that one request costs, so that a handler which reads again what an operation returned is noticed.

use std::time::Duration;

use doorward::store::STATEMENT_TARGET;
use doorward_test_macros::async_test;
use serde_json::json;

use crate::support::{Reply, Site, count_events, site::password_of};

/// Counts the statements of a request. `BEGIN` and `COMMIT` do not count.
async fn count(request: impl Future<Output = Reply>) -> (usize, Reply) {
    count_events(|metadata| metadata.target() == STATEMENT_TARGET, request).await
}

#[async_test]
async fn a_login_costs_seven_statements_and_one_more_a_minute() {
    let site = Site::new().await;
    site.create("ann", "user").await;
    // The credential and the failures are read, and the failure is counted. Then the login of the user, the session and
    // its audit event are written, and the failure is removed. The use of the password is written once in a minute.
    let (statements, reply) = count(site.anon().log_in("ann", &password_of("ann"))).await;
    assert_eq!((statements, reply.status.as_u16()), (8, 200));
    let (statements, reply) = count(site.begin("ann", &password_of("ann"), "body")).await;
    assert_eq!((statements, reply.status.as_u16()), (7, 201));
    site.advance(Duration::from_secs(60));
    let (statements, reply) = count(site.begin("ann", &password_of("ann"), "body")).await;
    assert_eq!((statements, reply.status.as_u16()), (8, 201));
}

#[async_test]
async fn an_edit_reads_the_account_once() {
    let site = Site::new().await;
    site.create("ann", "user").await;
    let mut boss = site.admin("boss").await;
    let path = format!("/api/v1/users/{}", site.uid_of("ann").await);
    // The session is checked; then the account is read, the authority judged, the edit written and recorded.
    let (statements, reply) = count(boss.patch(&path, json!({ "attributes": { "locale": "en" } }))).await;
    assert_eq!((statements, reply.status.as_u16()), (5, 200));
    let account = reply.json();
    assert_eq!(account["attributes"], json!({ "locale": "en" }));
    assert_eq!(account, boss.get(&path).await.json());
}

#[async_test]
async fn an_answer_shows_what_the_database_has() {
    let site = Site::new().await;
    site.create("ann", "user").await;
    let mut boss = site.admin("boss").await;
    let path = format!("/api/v1/users/{}", site.uid_of("ann").await);
    let body = json!({ "name": "anna", "role": "admin", "must_change_password": true, "admin_attributes": { "a": 1 } });
    for reply in [
        boss.patch(&path, body).await,
        boss.post(&format!("{path}/disable"), json!({})).await,
        boss.post(&format!("{path}/enable"), json!({})).await,
        boss.put(&format!("{path}/password"), json!({ "new_password": "a violin in the greenhouse" })).await,
    ] {
        assert_eq!(reply.status, 200, "{}", reply.text());
    }
    let changed = boss.patch(&path, json!({ "must_change_password": false })).await;
    let now = boss.get(&path).await;
    assert_eq!((changed.headers.get("etag"), changed.json()), (now.headers.get("etag"), now.json()));
}
