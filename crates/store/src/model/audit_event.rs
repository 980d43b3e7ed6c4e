//! An event of the audit trail: before it is written, as read back, and as JSON.
//!
//! A recorded event keeps its words as text, because a later version may have written them. Invariant: one function
//! formats the JSON for all commands. The API has a struct of its own, and a test compares the two.

use serde_json::{Map, Value, json};

use super::{Actor, Event, Outcome, Party, Reason, Source, Uid, UnixMillis};

/// A recorded event.
#[derive(Debug, Clone)]
pub struct AuditEvent {
    pub uid: Uid,
    pub occurred_at: UnixMillis,
    /// A word of [`Event`], possibly of a later version.
    pub event: String,
    pub outcome: String,
    pub reason: Option<String>,
    /// `user`, `anonymous`, `operator` or `system`.
    pub actor_kind: String,
    pub actor: Option<Party>,
    pub subject: Option<Party>,
    pub address: Option<String>,
    pub client: Option<String>,
    pub request_id: Option<String>,
    pub details: Map<String, Value>,
}

/// An event to be recorded.
#[derive(Debug, Clone)]
pub struct NewAuditEvent {
    pub uid: Uid,
    pub occurred_at: UnixMillis,
    pub event: Event,
    pub reason: Option<Reason>,
    pub outcome: Outcome,
    pub actor: Actor,
    pub subject: Option<Party>,
    pub source: Source,
    pub details: Map<String, Value>,
}

impl AuditEvent {
    /// Returns the event as it is displayed.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let uid = |party: &Option<Party>| party.as_ref().map(|party| party.uid.to_string());
        let name = |party: &Option<Party>| party.as_ref().map(|party| party.name.clone());
        json!({
            "id": self.uid.to_string(),
            "occurred_at": self.occurred_at.to_string(),
            "event": self.event,
            "outcome": self.outcome,
            "reason": self.reason,
            "actor": { "kind": self.actor_kind, "id": uid(&self.actor), "name": name(&self.actor) },
            "subject": self.subject.as_ref().map(|party| json!({ "id": party.uid.to_string(), "name": party.name })),
            "address": self.address,
            "client": self.client,
            "request_id": self.request_id,
            "details": self.details,
        })
    }
}
