//! An audit event and its change are one transaction: if the trail cannot be written, nothing is changed.

use super::operations::{self, Case, Fixture};
use crate::support::Database;
use doorward_test_macros::async_test;

const TABLES: [&str; 5] = [
    "SELECT id, name, role_id, disabled_at, version, attributes FROM dw_users ORDER BY id",
    "SELECT user_id, secret, version, last_used_at FROM dw_credentials ORDER BY user_id",
    "SELECT HEX(uid), HEX(token_hash), user_id, authenticated_at FROM dw_sessions ORDER BY uid",
    "SELECT name, permissions, version FROM dw_roles ORDER BY id",
    "SELECT HEX(key_hash) FROM dw_idempotency_keys ORDER BY key_hash",
];

async fn everything(database: &Database) -> Vec<Vec<Vec<String>>> {
    let mut rows = Vec::new();
    for sql in TABLES {
        rows.push(database.rows(sql).await);
    }
    rows
}

#[async_test]
async fn a_change_that_cannot_be_recorded_is_not_made() {
    let site = operations::site().await;
    for (number, Case { name, perform, .. }) in (1..).zip(operations::all()) {
        let fixture = Fixture::new(&site, number).await;
        if name == "a session past its limit" {
            // The case itself expires the session, so the dump must already have the expired times.
            site.database.expire_sessions(fixture.id(&fixture.ann).0).await;
        }
        let before = everything(&site.database).await;
        site.database.execute("ALTER TABLE dw_audit_events RENAME TO dw_audit_events_away").await;
        let outcome = perform(&fixture).await;
        site.database.execute("ALTER TABLE dw_audit_events_away RENAME TO dw_audit_events").await;
        assert!(outcome.is_err(), "{name} was done: {outcome:?}");
        assert_eq!(everything(&site.database).await, before, "{name}");
    }
}
