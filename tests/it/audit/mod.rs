//! The audit trail: every operation leaves its event or changes nothing, and no event contains a secret.

mod atomic;
mod document;
mod inert;
mod last_administrator;
mod operations;
mod overtaken;
mod reasons;
mod recorded;
mod retention;
mod routes;
mod rules;
mod sync;

use serde_json::{Value, json};

use crate::support::Database;

/// A row of the trail, with names in place of identifiers.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub event: String,
    pub outcome: String,
    pub reason: String,
    pub actor_kind: String,
    pub actor: String,
    pub subject: String,
    pub address: String,
    pub client: String,
    pub request_id: String,
    pub occurred_at: i64,
    pub details: Value,
}

/// The whole trail, oldest first.
pub async fn trail(database: &Database) -> Vec<Event> {
    let sql = "SELECT event, outcome, reason, actor_kind, actor_name, subject_name, address, client, request_id,
                      occurred_at, details
               FROM dw_audit_events ORDER BY uid";
    let rows = database.rows(sql).await;
    rows.into_iter()
        .map(|row| {
            let [event, outcome, reason, actor_kind, actor, subject, address, client, request_id, at, details] =
                <[String; 11]>::try_from(row).unwrap();
            Event {
                event,
                outcome,
                reason,
                actor_kind,
                actor,
                subject,
                address,
                client,
                request_id,
                occurred_at: at.parse().unwrap(),
                details: if details == "NULL" { json!({}) } else { serde_json::from_str(&details).unwrap() },
            }
        })
        .collect()
}

/// The events that `work` adds.
pub async fn added<T>(database: &Database, work: impl Future<Output = T>) -> (T, Vec<Event>) {
    // By identifier, because events of one instant have no order.
    let before = uids(database).await;
    let outcome = work.await;
    let after = uids(database).await;
    let all = trail(database).await;
    let events = after.iter().zip(all).filter(|(uid, _)| !before.contains(uid)).map(|(_, event)| event).collect();
    (outcome, events)
}

async fn uids(database: &Database) -> Vec<Vec<String>> {
    database.rows("SELECT HEX(uid) FROM dw_audit_events ORDER BY uid").await
}
