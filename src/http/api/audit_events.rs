//! `GET /api/v1/audit-events`: the audit log, newest first.

use axum::extract::{Request, State};

use serde::Serializer;
use serde_json::{Map, Value};

use super::{
    choice::choice,
    cursor::{self, List},
    input::Input,
    member_types::LimitedText,
    operation::{Access, Operation, Success, Tag, TypedOperation},
    parameter_types::{Cursor, EventWord, PageSize, invalid_cursor},
    problem::Problem,
    query::query,
    reply::{Reply, page},
    request_body::NoBody,
    response_body::{ResponseMember, response_body},
    schema::ValueType,
};
use crate::{
    http::{auth::Authorized, method::RouteMethod, route::Route, state::AppState},
    model::{AuditEvent, Party, Permission, Uid, UnixMillis},
    ops::AuditRead,
    store::audit_events::{self, AuditPage, Filter, Order, Stretch},
};

choice! {
    /// The outcome of an event.
    pub enum EventOutcome {
        Success = "success",
        Refused = "refused",
    }
}

query! {
    /// The query of `GET /api/v1/audit-events`.
    pub struct EventFilter {
        /// Only events of this kind.
        #[example = "authn_login_fail"]
        pub event: Option<EventWord>,
        /// Only events with this outcome.
        #[example = "refused"]
        pub outcome: Option<EventOutcome>,
        /// Only events with this user as the actor.
        #[example = "019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10"]
        pub actor: Option<Uid>,
        /// Only events with this user as the subject.
        #[example = "019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10"]
        pub subject: Option<Uid>,
        /// Only events of this request.
        #[example = "5f3a9c01-2a"]
        pub request_id: Option<LimitedText<64>>,
        /// Only events at or after this time.
        #[example = "2026-11-22T00:00:00Z"]
        pub since: Option<UnixMillis>,
        /// Only events before this time.
        #[example = "2026-11-23T00:00:00Z"]
        pub until: Option<UnixMillis>,
        /// The most items of a page.
        #[example = "20"]
        pub limit: Option<PageSize>,
        /// The `next` of the page before; missing for the first page.
        #[example = "AgGarE18AHo-nVI_HCt6nhA"]
        pub cursor: Option<EventCursor>,
    }
}

response_body! {
    /// The actor.
    #[example = r#"{"kind": "user", "id": "019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10", "name": "Ann"}"#]
    pub struct ActorBody<'a>: "Actor" {
        /// The kind of actor.
        pub kind: ActorWord<'a>,
        /// The user's identifier, if it was a user.
        pub id: Option<Uid>,
        /// The user's name at that time, if it was a user.
        pub name: Option<&'a str>,
    }
}

response_body! {
    /// The user concerned.
    #[example = r#"{"id": "019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10", "name": "Ann"}"#]
    pub struct SubjectBody<'a>: "Subject" {
        /// The user's identifier.
        pub id: Uid,
        /// The user's name at that time.
        pub name: &'a str,
    }
}

response_body! {
    /// An event of the audit log.
    #[example = r#"{
        "id": "019aac52-1001-7d20-9a00-0c1d2e3f4a5b", "occurred_at": "2026-11-22T12:05:00Z",
        "event": "authn_login_success", "outcome": "success", "reason": null,
        "actor": {"kind": "user", "id": "019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10", "name": "Ann"},
        "subject": {"id": "019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10", "name": "Ann"},
        "address": "203.0.113.7", "client": "curl/8.14.1", "request_id": "5f3a9c01-2a", "details": {}
    }"#]
    pub struct AuditEventBody<'a>: "AuditEvent" {
        /// The event's identifier.
        pub id: Uid,
        /// The time of the event.
        pub occurred_at: UnixMillis,
        /// The kind of event, from the OWASP Logging Vocabulary.
        pub event: &'a str,
        /// The outcome.
        pub outcome: OutcomeWord<'a>,
        /// The true reason, if any.
        pub reason: Option<&'a str>,
        /// The actor.
        pub actor: ActorBody<'a>,
        /// The user concerned, if any.
        pub subject: Option<SubjectBody<'a>>,
        /// The address of the client.
        pub address: Option<&'a str>,
        /// The client's own name (`User-Agent`).
        pub client: Option<&'a str>,
        /// The request id, as in `X-Request-Id`.
        pub request_id: Option<&'a str>,
        /// More details, depending on the kind of event.
        pub details: &'a Map<String, Value>,
    }
}

/// The kind of an actor, as stored.
pub struct ActorWord<'a>(&'a str);

impl ResponseMember for ActorWord<'_> {
    const TYPE: ValueType = ValueType::Choice(&["user", "anonymous", "operator", "system"]);

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

/// The outcome of an event, as stored.
pub struct OutcomeWord<'a>(&'a str);

impl ResponseMember for OutcomeWord<'_> {
    const TYPE: ValueType = EventOutcome::TYPE;

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'a> AuditEventBody<'a> {
    /// Describes an event, in the form that the commands print.
    pub fn of(event: &'a AuditEvent) -> Self {
        let subject = |Party { uid, name, .. }: &'a Party| SubjectBody { id: *uid, name };
        Self {
            id: event.uid,
            occurred_at: event.occurred_at,
            event: &event.event,
            outcome: OutcomeWord(&event.outcome),
            reason: event.reason.as_deref(),
            actor: ActorBody {
                kind: ActorWord(&event.actor_kind),
                id: event.actor.as_ref().map(|party| party.uid),
                name: event.actor.as_ref().map(|party| party.name.as_str()),
            },
            subject: event.subject.as_ref().map(subject),
            address: event.address.as_deref(),
            client: event.client.as_deref(),
            request_id: event.request_id.as_deref(),
            details: &event.details,
        }
    }
}

type EventCursor = Cursor<{ List::AuditEvents as u8 }>;

static DOC: TypedOperation<NoBody, EventFilter> = TypedOperation::new(Operation {
    summary: "List audit events",
    description: "Events, newest first, optionally filtered. An event is written in the transaction that it records. With \
        several filters a page may have fewer items than `limit`, even none. Only `next` shows whether more exist.",
    access: Access::Permission(Permission::AuditRead),
    ..Operation::new(
        RouteMethod::Get,
        "/api/v1/audit-events",
        "listAuditEvents",
        Tag::AuditTrail,
        Success::page::<AuditEventBody<'_>>("A page of events."),
    )
});

/// The most rows that a page reads, including those that do not match the filters.
const ROWS: u32 = 1000;

/// Returns the route of the list.
pub fn routes() -> Vec<Route> {
    vec![Route::of(&DOC, list)]
}

/// `GET /api/v1/audit-events`
async fn list(_: Authorized<AuditRead>, State(app): State<AppState>, request: Request) -> Reply {
    let EventFilter { event, outcome, actor, subject, request_id, since, until, limit, cursor } =
        Input::read(request, &DOC).await?.query;
    let limit = PageSize::or_default(limit);
    let filter = Filter {
        request_id: request_id.map(|LimitedText(text)| text),
        subject,
        actor,
        event: event.map(|EventWord(word)| word),
        outcome: outcome.map(|outcome| outcome.word().to_owned()),
        network: None,
    };
    let rows = rows(&filter, limit);
    let stretch = stretch((since, until), cursor, rows)?;
    let mut conn = app.db.read().await?;
    let AuditPage { mut events, seen } = audit_events::page(&mut conn, &filter, stretch, Order::NewestFirst).await?;
    let next = if events.len() > limit {
        events.truncate(limit);
        events.last().map(|last| last.uid)
    } else {
        seen
    };
    let next = next.map(|last| cursor::write(List::AuditEvents, last.as_bytes()));
    Ok(page(events.iter().map(AuditEventBody::of).collect(), next))
}

/// Returns the most rows that a page reads. With at most one filter every row matches, so no more are read than are
/// shown, and one to detect the next page.
fn rows(filter: &Filter, limit: usize) -> u32 {
    if filter.is_all_in_the_index() { u32::try_from(limit + 1).unwrap_or(ROWS) } else { ROWS }
}

/// Returns the part of the audit log that the page is from: after the cursor, and between the given times.
fn stretch(
    (since, until): (Option<UnixMillis>, Option<UnixMillis>),
    cursor: Option<EventCursor>,
    rows: u32,
) -> Result<Stretch, Problem> {
    let mut before = until.map_or([0xff; 16], Uid::first_of);
    if let Some(Cursor(key)) = cursor {
        let key: [u8; 16] = key.try_into().map_err(|_| invalid_cursor())?;
        before = before.min(key);
    }
    Ok(Stretch { after: since.map_or([0; 16], Uid::first_of), before, rows })
}
