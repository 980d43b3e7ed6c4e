//! Writes events to the audit trail, in the transactions that they record, and removes old events.
//!
//! Invariant: an operation that changes accounts, roles, sessions or passwords calls [`record`] before it commits. A
//! change that was rolled back leaves no event. A refusal has its own event ([`record_refusal`]).

use std::sync::atomic::{AtomicU16, Ordering};

use serde_json::{Map, Value};

use crate::{
    Result,
    app::App,
    model::{Actor, Event, NewAuditEvent, Outcome, Party, Reason, Source, Uid},
    store::{Tx, audit_events},
};

/// The number of events that one transaction removes.
const BATCH: u32 = 1000;

/// Counts the events of this process, so events of one millisecond keep their order.
static EVENTS: AtomicU16 = AtomicU16::new(0);

/// The actor and the source of an event.
#[derive(Debug, Clone)]
pub struct AuditContext {
    pub actor: Actor,
    pub source: Source,
}

/// The part of an event that the operation decides.
#[derive(Debug, Clone)]
pub(super) struct AuditEntry {
    event: Event,
    outcome: Outcome,
    reason: Option<Reason>,
    subject: Option<Party>,
    details: Map<String, Value>,
}

impl AuditContext {
    /// Returns the context of an unauthenticated client.
    #[must_use]
    pub fn anonymous(source: Source) -> Self {
        Self { actor: Actor::Anonymous, source }
    }

    /// Returns the context of Doorward itself.
    #[must_use]
    pub fn system() -> Self {
        Self { actor: Actor::System, source: Source::default() }
    }

    /// Returns the same source with this user as the actor.
    #[must_use]
    pub(super) fn known_as(&self, party: Party) -> Self {
        Self { actor: Actor::User(party), source: self.source.clone() }
    }
}

impl AuditEntry {
    /// Describes a change that was made.
    pub(super) fn done(event: Event) -> Self {
        Self { event, outcome: Outcome::Success, reason: None, subject: None, details: Map::new() }
    }

    /// Describes a change that this rule refused.
    pub(super) fn refused(event: Event, reason: Reason) -> Self {
        Self { outcome: Outcome::Refused, reason: Some(reason), ..Self::done(event) }
    }

    /// Sets the user concerned.
    pub(super) fn on(mut self, subject: Party) -> Self {
        self.subject = Some(subject);
        self
    }

    /// Sets the reason.
    pub(super) fn because(mut self, reason: Reason) -> Self {
        self.reason = Some(reason);
        self
    }

    /// Returns how many sessions the change ended.
    fn sessions_ended(&self) -> u64 {
        let is_one = self.event == Event::SessionEnd && self.outcome == Outcome::Success;
        self.details.get("sessions_ended").and_then(Value::as_u64).unwrap_or(u64::from(is_one))
    }

    /// Adds a detail that is no secret.
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }
}

/// Writes an event in the transaction that it records.
pub(super) async fn record(app: &App, tx: &mut Tx, by: &AuditContext, entry: AuditEntry) -> Result<()> {
    app.metrics.count_event(entry.event, entry.outcome, entry.reason, entry.sessions_ended());
    let occurred_at = app.clock.now();
    let number = EVENTS.fetch_add(1, Ordering::Relaxed);
    let new = NewAuditEvent {
        uid: Uid::numbered(occurred_at, number, &app.rng)?,
        occurred_at,
        event: entry.event,
        reason: entry.reason,
        outcome: entry.outcome,
        actor: by.actor.clone(),
        subject: entry.subject,
        source: by.source.clone(),
        details: entry.details,
    };
    audit_events::insert(tx, &new).await
}

/// Writes a refusal, which changes nothing else.
pub(super) async fn record_refusal(app: &App, by: &AuditContext, entry: AuditEntry) -> Result<()> {
    app.db
        .write(async |mut tx: Tx| {
            record(app, &mut tx, by, entry.clone()).await?;
            tx.commit(()).await
        })
        .await
}

/// Removes the events that are older than `audit.retention`, in small transactions, and records the removal. Returns
/// the number of removed events. Several nodes may do this at the same time.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn prune(app: &App) -> Result<u64> {
    let Some(retention) = app.config.audit_retention else { return Ok(0) };
    let limit = app.clock.now().minus(retention);
    let mut removed = 0;
    loop {
        let last = {
            let mut conn = app.db.read().await?;
            audit_events::last_of_oldest(&mut conn, limit, BATCH).await?
        };
        let Some(last) = last else { return Ok(removed) };
        let deleted = app
            .db
            .write(async |mut tx: Tx| {
                let deleted = audit_events::delete_up_to(&mut tx, last).await?;
                if deleted > 0 {
                    let entry = AuditEntry::done(Event::TrailPruned).because(Reason::Retention).with("events", deleted);
                    record(app, &mut tx, &AuditContext::system(), entry).await?;
                }
                tx.commit(deleted).await
            })
            .await?;
        removed += deleted;
        // This also holds if other nodes prune at the same time, or if the clock is set so far that the new records are
        // old.
        if deleted < u64::from(BATCH) {
            return Ok(removed);
        }
    }
}
