//! `/api/v1/sessions`: one's own devices.

use axum::extract::{Request, State};

use super::devices::devices;
use crate::{
    app::App,
    http::{
        api::{
            cursor::List,
            input::Input,
            objects::DEVICE,
            operation::{Operation, Success, Tag},
            path::PathUid,
            problem::ErrorCode,
            query::{LIMIT, cursor_of},
            users::members::{CONFIRMATION, confirmed},
            views::{Reply, nothing},
        },
        auth::{Caller, CurrentUser},
        cookie,
        method::RouteMethod,
        state::AppState,
    },
    ops::{
        SignedIn,
        sessions::end::{self, WhichSessions},
    },
};

const PATH: &str = "/api/v1/sessions";

pub static LIST: Operation = Operation {
    summary: "List one's own sessions",
    description: "Where one is logged in.",
    query: &[LIMIT, cursor_of(List::Sessions, "AwGarFIQAHwRjk9V0LGiw9Q")],
    ..Operation::new(
        RouteMethod::Get,
        PATH,
        "listSessions",
        Tag::Sessions,
        Success::page("A page of sessions, oldest first; those that have expired are left out.", &DEVICE),
    )
};

pub static END_OTHERS: Operation = Operation {
    summary: "End one's other sessions",
    description: "Ends all of one's sessions but the one that the request came with. Takes a login of the last five \
        minutes, or `current_password`.",
    body: Some(CONFIRMATION),
    problems: &[ErrorCode::RecentLoginRequired, ErrorCode::WrongCurrentPassword],
    ..Operation::new(
        RouteMethod::Delete,
        PATH,
        "endOtherSessions",
        Tag::Sessions,
        Success::nothing("The other sessions have ended.", &[]),
    )
};

pub static END_ONE: Operation = Operation {
    summary: "End one of one's own sessions",
    description: "Ends one session. Takes a login of the last five minutes, or `current_password`.",
    body: Some(CONFIRMATION),
    problems: &[ErrorCode::RecentLoginRequired, ErrorCode::WrongCurrentPassword],
    ..Operation::new(
        RouteMethod::Delete,
        "/api/v1/sessions/{id}",
        "endSession",
        Tag::Sessions,
        Success::nothing("The session has ended.", &[]),
    )
};

/// `GET /api/v1/sessions`
pub async fn list(
    CurrentUser(Caller { signed_in, .. }): CurrentUser,
    State(app): State<AppState>,
    request: Request,
) -> Reply {
    let query = Input::read(request, &LIST).await?.query;
    let limits = app.config.session.for_holder_of(signed_in.permissions());
    devices(&app, signed_in.user_id(), (limits, Some(signed_in.session().uid)), query).await
}

/// `DELETE /api/v1/sessions`
pub async fn end_others(
    CurrentUser(Caller { signed_in, .. }): CurrentUser,
    State(app): State<AppState>,
    request: Request,
) -> Reply {
    end(&app, request, &END_OTHERS, (&signed_in, WhichSessions::All)).await
}

/// `DELETE /api/v1/sessions/{id}`
pub async fn end_one(
    CurrentUser(Caller { signed_in, .. }): CurrentUser,
    PathUid(uid): PathUid,
    State(app): State<AppState>,
    request: Request,
) -> Reply {
    end(&app, request, &END_ONE, (&signed_in, WhichSessions::One(uid))).await
}

async fn end(
    app: &App,
    request: Request,
    operation: &Operation,
    (signed_in, which): (&SignedIn, WhichSessions),
) -> Reply {
    let current = Input::read(request, operation).await?.body.optional("current_password")?;
    let fresh = confirmed(app, signed_in, current, "the end of other sessions").await?;
    end::own(app, &fresh, which).await??;
    let is_own_end = which == WhichSessions::One(signed_in.session().uid);
    Ok(if is_own_end { cookie::forgotten(&app.config, nothing()) } else { nothing() })
}
