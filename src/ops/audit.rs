//! Writes events into the audit trail, in the transaction of what they record, and takes them out when they are old.
//!
//! Invariant: an operation that changes who may do what, or refuses it, calls [`record`] before it commits; what was
//! rolled back left no event, but for a refusal, which is an event of its own ([`record_refusal`]).

use std::sync::atomic::{AtomicU16, Ordering};

use serde_json::{Map, Value};

use crate::{
    Result,
    app::App,
    model::{Actor, Event, NewAuditEvent, Outcome, Party, Reason, Source, Uid},
    store::{Tx, audit_events},
};

/// Events that are removed in one transaction.
const BATCH: u32 = 1000;

/// Counts this process's events, so that those of one millisecond stay in their order.
static EVENTS: AtomicU16 = AtomicU16::new(0);

/// Who acts, and from where.
#[derive(Debug, Clone)]
pub struct AuditContext {
    pub actor: Actor,
    pub source: Source,
}

/// What an operation has to say of itself.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    event: Event,
    outcome: Outcome,
    reason: Option<Reason>,
    subject: Option<Party>,
    details: Map<String, Value>,
}

impl AuditContext {
    /// Whoever sent this request, unknown as yet.
    #[must_use]
    pub fn anonymous(source: Source) -> Self {
        Self { actor: Actor::Anonymous, source }
    }

    /// Whoever runs the command line.
    #[must_use]
    pub fn operator() -> Self {
        Self { actor: Actor::Operator, source: Source::default() }
    }

    /// Doorward by itself.
    #[must_use]
    pub fn system() -> Self {
        Self { actor: Actor::System, source: Source::default() }
    }

    /// The same source, by now known to be this user.
    #[must_use]
    pub(super) fn known_as(&self, party: Party) -> Self {
        Self { actor: Actor::User(party), source: self.source.clone() }
    }
}

impl Entry {
    /// Something that was done.
    pub(super) fn done(event: Event) -> Self {
        Self { event, outcome: Outcome::Success, reason: None, subject: None, details: Map::new() }
    }

    /// Something that was refused, by this rule.
    pub(super) fn refused(event: Event, reason: Reason) -> Self {
        Self { outcome: Outcome::Refused, reason: Some(reason), ..Self::done(event) }
    }

    /// To whom.
    pub(super) fn on(mut self, subject: Party) -> Self {
        self.subject = Some(subject);
        self
    }

    /// Why.
    pub(super) fn because(mut self, reason: Reason) -> Self {
        self.reason = Some(reason);
        self
    }

    /// A detail that is no secret.
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }
}

/// Writes an event down in the transaction of what it records.
pub(super) async fn record(app: &App, tx: &mut Tx, by: &AuditContext, entry: Entry) -> Result<()> {
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

/// Writes a refusal down, which changed nothing else.
pub(super) async fn record_refusal(app: &App, by: &AuditContext, entry: Entry) -> Result<()> {
    app.db
        .write(async |mut tx: Tx| {
            record(app, &mut tx, by, entry.clone()).await?;
            tx.commit(()).await
        })
        .await
}

/// Removes the events that are older than `audit.retention`, in small transactions, writes down that it did, and tells
/// how many there were. Any number of nodes may do this at once.
///
/// # Errors
/// The database's.
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
                    let entry = Entry::done(Event::TrailPruned).because(Reason::Retention).with("events", deleted);
                    record(app, &mut tx, &AuditContext::system(), entry).await?;
                }
                tx.commit(deleted).await
            })
            .await?;
        removed += deleted;
        // Also when others prune at once, and when the clock steps back so far that what is written here is old already.
        if deleted < u64::from(BATCH) {
            return Ok(removed);
        }
    }
}
