//! The table `dw_audit_events`. An event is written in the transaction that it records, and is removed only by age.
//!
//! The key is a UUIDv7, so the order of the keys is that of time. Invariants: an event never changes. Each query
//! follows an index in that order and reads a limited number of rows, from any start. [`super::user_search`] explains
//! the hints.

use ipnet::IpNet;
use serde_json::{Map, Value};

use super::db::{Conn, Inserted, Row, Tx};
use crate::{
    Error, Result,
    model::{AuditEvent, NewAuditEvent, Party, Uid, UnixMillis, is_within},
};

/// A filter of events. Its first given member determines the index.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub request_id: Option<String>,
    pub subject: Option<Uid>,
    pub actor: Option<Uid>,
    pub event: Option<String>,
    pub outcome: Option<String>,
    /// The network of the client; one address is a network of its own.
    pub network: Option<IpNet>,
}

/// A range of the trail: the events after `after` and before `before`, both exclusive.
#[derive(Debug, Clone, Copy)]
pub struct Stretch {
    pub after: [u8; 16],
    pub before: [u8; 16],
    /// The maximum number of rows to read, including rows that the rest of the filter excludes.
    pub rows: u32,
}

/// The order of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    NewestFirst,
    OldestFirst,
}

/// Events of a range, and the position at which the next page starts.
pub struct AuditPage {
    pub events: Vec<AuditEvent>,
    /// The last row that was read, if more may follow.
    pub seen: Option<Uid>,
}

impl Filter {
    /// Returns whether the index alone applies the whole filter.
    #[must_use]
    pub fn is_all_in_the_index(&self) -> bool {
        let chosen = [self.request_id.is_some(), self.subject.is_some(), self.actor.is_some(), self.event.is_some()];
        self.outcome.is_none()
            && self.network.is_none()
            && chosen.into_iter().filter(|is_chosen| *is_chosen).count() <= 1
    }

    /// Returns whether an event matches the whole filter.
    #[must_use]
    pub fn admits(&self, event: &AuditEvent) -> bool {
        let is = |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
        let party = |wanted: Option<Uid>, found: &Option<Party>| {
            wanted.is_none_or(|wanted| found.as_ref().is_some_and(|party| party.uid == wanted))
        };
        is(&self.request_id, event.request_id.as_deref().unwrap_or_default())
            && is(&self.event, &event.event)
            && is(&self.outcome, &event.outcome)
            && party(self.actor, &event.actor)
            && party(self.subject, &event.subject)
            && self.network.is_none_or(|network| {
                let address = event.address.as_deref().and_then(|address| address.parse().ok());
                address.is_some_and(|address| is_within(&[network], address))
            })
    }
}

/// Records an event.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn insert(tx: &mut Tx, new: &NewAuditEvent) -> Result<()> {
    let address = new.source.address.map(|address| address.to_string());
    let request_id = new.source.request_id.map(|id| id.to_string());
    let details = (!new.details.is_empty()).then(|| Value::Object(new.details.clone()).to_string());
    let (actor, subject) = (new.actor.party(), new.subject.as_ref());
    let params = [
        new.uid.as_bytes().into(),
        new.occurred_at.into(),
        new.event.word().into(),
        new.outcome.word().into(),
        new.reason.map(|reason| reason.word()).into(),
        new.actor.kind().into(),
        actor.map(|party| party.uid.as_bytes()).into(),
        actor.map(|party| party.name.as_str()).into(),
        subject.map(|party| party.uid.as_bytes()).into(),
        subject.map(|party| party.name.as_str()).into(),
        address.as_deref().into(),
        new.source.client.as_deref().into(),
        request_id.as_deref().into(),
        details.as_deref().into(),
    ];
    let inserted = tx
        .insert(
            "INSERT INTO dw_audit_events
                 (uid, occurred_at, event, outcome, reason, actor_kind, actor_uid, actor_name, subject_uid,
                  subject_name, address, client, request_id, details)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            &params,
        )
        .await?;
    match inserted {
        Inserted::Row(_) => {
            tx.mark("UPDATE dw_audit_events SET uid = uid WHERE uid = ?", new.uid.as_bytes());
            Ok(())
        }
        Inserted::Duplicate => Err(Error::Corrupt("an audit event's uid that is already in use")),
        Inserted::Unfit => Err(Error::Corrupt("an audit event that does not fit its row")),
    }
}

/// Returns the events of a range that `filter` admits.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn page(conn: &mut Conn, filter: &Filter, stretch: Stretch, order: Order) -> Result<AuditPage> {
    // All stored words are ASCII, and MySQL does not compare other text with an ASCII column.
    if [&filter.request_id, &filter.event].into_iter().flatten().any(|word| !word.is_ascii()) {
        return Ok(AuditPage { events: Vec::new(), seen: None });
    }
    let (after, before) = (stretch.after.as_slice().into(), stretch.before.as_slice().into());
    let rows = i64::from(stretch.rows).into();
    let (actor, subject) = (filter.actor, filter.subject);
    let looked_at = match (&filter.request_id, subject, actor, &filter.event) {
        (Some(request_id), ..) => {
            let params = [request_id.as_str().into(), after, before, rows];
            conn.all(of_order(order, &BY_REQUEST), &params, event).await?
        }
        (None, Some(subject), ..) => {
            conn.all(of_order(order, &BY_SUBJECT), &[subject.as_bytes().into(), after, before, rows], event).await?
        }
        (None, None, Some(actor), _) => {
            conn.all(of_order(order, &BY_ACTOR), &[actor.as_bytes().into(), after, before, rows], event).await?
        }
        (None, None, None, Some(word)) => {
            conn.all(of_order(order, &BY_EVENT), &[word.as_str().into(), after, before, rows], event).await?
        }
        (None, None, None, None) => conn.all(of_order(order, &ALL), &[after, before, rows], event).await?,
    };
    let is_full = u32::try_from(looked_at.len()).is_ok_and(|rows| rows >= stretch.rows);
    let seen = looked_at.last().filter(|_| is_full).map(|event| event.uid);
    Ok(AuditPage { events: looked_at.into_iter().filter(|event| filter.admits(event)).collect(), seen })
}

/// A statement for each order: newest first, and oldest first.
type Statements = [&'static str; 2];

fn of_order(order: Order, statements: &Statements) -> &'static str {
    let [newest_first, oldest_first] = statements;
    match order {
        Order::NewestFirst => newest_first,
        Order::OldestFirst => oldest_first,
    }
}

macro_rules! statements {
    ($condition:literal, $index:literal) => {
        [statements!($condition, $index, "DESC"), statements!($condition, $index, "ASC")]
    };
    ($condition:literal, $index:literal, $direction:literal) => {
        concat!(
            "SELECT uid, occurred_at, event, outcome, reason, actor_kind, actor_uid, actor_name, subject_uid,
                    subject_name, address, client, request_id, details
             FROM dw_audit_events /*! FORCE INDEX (",
            $index,
            ") */ WHERE ",
            $condition,
            "uid > ? AND uid < ? ORDER BY uid ",
            $direction,
            " LIMIT ?"
        )
    };
}

const ALL: Statements = statements!("", "PRIMARY");
const BY_REQUEST: Statements = statements!("request_id = ? AND ", "dw_audit_events_request");
const BY_SUBJECT: Statements = statements!("subject_uid = ? AND ", "dw_audit_events_subject");
const BY_ACTOR: Statements = statements!("actor_uid = ? AND ", "dw_audit_events_actor");
const BY_EVENT: Statements = statements!("event = ? AND ", "dw_audit_events_event");

fn event(row: &Row<'_>) -> Result<AuditEvent> {
    let party = |uid, name| {
        let uid = row.bytes_or_null(uid, Uid::from_stored)?;
        Ok::<_, Error>(uid.zip(row.text_or_null(name)?).map(|(uid, name)| Party { uid, name }))
    };
    Ok(AuditEvent {
        uid: row.bytes(0, Uid::from_stored)?,
        occurred_at: row.instant(1)?,
        event: row.text(2)?,
        outcome: row.text(3)?,
        reason: row.text_or_null(4)?,
        actor_kind: row.text(5)?,
        actor: party(6, 7)?,
        subject: party(8, 9)?,
        address: row.text_or_null(10)?,
        client: row.text_or_null(11)?,
        request_id: row.text_or_null(12)?,
        details: match row.text_or_null(13)? {
            None => Map::new(),
            Some(text) => {
                serde_json::from_str(&text).map_err(|_| Error::Corrupt("details that are not a JSON object"))?
            }
        },
    })
}

/// Returns the last of the `limit` oldest events that are older than `instant`.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn last_of_oldest(conn: &mut Conn, instant: UnixMillis, limit: u32) -> Result<Option<Uid>> {
    let sql = "SELECT uid FROM dw_audit_events WHERE uid < ? ORDER BY uid LIMIT ?";
    let first = Uid::first_of(instant);
    let params = [first.as_slice().into(), i64::from(limit).into()];
    Ok(conn.all(sql, &params, |row| row.bytes(0, Uid::from_stored)).await?.pop())
}

/// Removes the events up to `last`, including it. Returns the number of removed events.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn delete_up_to(tx: &mut Tx, last: Uid) -> Result<u64> {
    tx.execute("DELETE FROM dw_audit_events WHERE uid <= ?", &[last.as_bytes().into()]).await
}
