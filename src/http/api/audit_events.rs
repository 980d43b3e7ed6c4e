//! `GET /api/v1/audit-events`: what happened, newest first.

use axum::extract::{Request, State};

use super::{
    cursor::{self, List},
    input::Input,
    objects::AUDIT_EVENT,
    operation::{Access, Operation, Success, Tag},
    problem::Problem,
    query::{DEFAULT_PAGE, Kind, LIMIT, cursor_of, invalid_cursor, parameter},
    values::{Position, Values},
    views::{Reply, page},
};
use crate::{
    http::{auth::Authorized, method::RouteMethod, route::Route, state::AppState},
    model::{AuditEvent, Event, Permission, Uid, UnixMillis},
    ops::AuditRead,
    store::audit_events::{self, AuditPage, Filter, Order, Stretch},
};

static DOC: Operation = Operation {
    summary: "List audit events",
    description: "Events, newest first, filtered by what is given. An event is written in the transaction of what it \
        records. With several filters a page may have fewer items than there is room for, even none: `next` alone tells \
        whether there are more.",
    access: Access::Permission(Permission::AuditRead),
    query: &[
        parameter("event", Kind::Choice(&Event::WORDS), "Only events of this kind.", "authn_login_fail"),
        parameter("outcome", Kind::Choice(&["success", "refused"]), "Only events that ended so.", "refused"),
        parameter("actor", Kind::Uid, "Only what this user did.", "019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10"),
        parameter("subject", Kind::Uid, "Only what was done to this user.", "019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10"),
        parameter("request_id", Kind::Text(64), "Only what this request brought about.", "5f3a9c01-2a"),
        parameter("since", Kind::Instant, "Only events at or after this instant.", "2026-11-22T00:00:00Z"),
        parameter("until", Kind::Instant, "Only events before this instant.", "2026-11-23T00:00:00Z"),
        LIMIT,
        cursor_of(List::AuditEvents, "AgGarE18AHo-nVI_HCt6nhA"),
    ],
    ..Operation::new(
        RouteMethod::Get,
        "/api/v1/audit-events",
        "listAuditEvents",
        Tag::AuditTrail,
        Success::page("A page of events.", &AUDIT_EVENT),
    )
};

/// Rows that one page looks at, at most; those that do not fit the filters are among them.
const ROWS: u32 = 1000;

/// Returns the route of the list.
pub fn routes() -> Vec<Route> {
    vec![Route::of(&DOC, list)]
}

/// `GET /api/v1/audit-events`
async fn list(_: Authorized<AuditRead>, State(app): State<AppState>, request: Request) -> Reply {
    let mut query = Input::read(request, &DOC).await?.query;
    let limit = query.optional("limit")?.unwrap_or(DEFAULT_PAGE);
    let filter = Filter {
        request_id: query.optional("request_id")?,
        subject: query.optional("subject")?,
        actor: query.optional("actor")?,
        event: query.optional("event")?,
        outcome: query.optional("outcome")?,
    };
    let stretch = stretch(&mut query, &filter, limit)?;
    let mut conn = app.db.read().await?;
    let AuditPage { mut events, seen } = audit_events::page(&mut conn, &filter, stretch, Order::NewestFirst).await?;
    let next = if events.len() > limit {
        events.truncate(limit);
        events.last().map(|last| last.uid)
    } else {
        seen
    };
    let next = next.map(|last| cursor::write(List::AuditEvents, last.as_bytes()));
    Ok(page(events.iter().map(AuditEvent::to_json).collect(), next))
}

/// Which part of the trail the page is of: behind the cursor, and within the times that are given.
fn stretch(query: &mut Values, filter: &Filter, limit: usize) -> Result<Stretch, Problem> {
    let since: Option<UnixMillis> = query.optional("since")?;
    let until: Option<UnixMillis> = query.optional("until")?;
    let mut before = until.map_or([0xff; 16], Uid::first_of);
    if let Some(Position(key)) = query.optional("cursor")? {
        let key: [u8; 16] = key.try_into().map_err(|_| invalid_cursor())?;
        before = before.min(key);
    }
    // With one filter or none every row fits, so no more are looked at than are shown, and one that tells of another page.
    let rows = if filter.is_all_in_the_index() { u32::try_from(limit + 1).unwrap_or(ROWS) } else { ROWS };
    Ok(Stretch { after: since.map_or([0; 16], Uid::first_of), before, rows })
}
