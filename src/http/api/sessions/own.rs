//! `/api/v1/sessions`: the sessions of the caller.

use axum::extract::{Request, State};

use super::devices::{DeviceBody, SessionPage, devices};
use crate::{
    app::App,
    http::{
        api::{
            input::Input,
            operation::{Operation, Success, Tag, TypedOperation},
            path::PathUid,
            problem::ErrorCode,
            reply::{Reply, nothing},
            request_body::NoBody,
            users::members::{Confirmation, confirmed},
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

pub static LIST: TypedOperation<NoBody, SessionPage> = TypedOperation::new(Operation {
    summary: "List the own sessions",
    description: "The sessions of the caller, with the address and client of each login.",
    ..Operation::new(
        RouteMethod::Get,
        PATH,
        "listSessions",
        Tag::Sessions,
        Success::page::<DeviceBody<'_>>("A page of sessions, oldest first; expired ones are omitted."),
    )
});

pub static END_OTHERS: TypedOperation<Confirmation> = TypedOperation::new(Operation {
    summary: "End the other sessions",
    description: "Ends all sessions of the caller except the current one. Requires a login within the last five minutes, \
        or `current_password`.",
    problems: &[ErrorCode::RecentLoginRequired, ErrorCode::WrongCurrentPassword],
    ..Operation::new(
        RouteMethod::Delete,
        PATH,
        "endOtherSessions",
        Tag::Sessions,
        Success::nothing("The other sessions have ended.", &[]),
    )
});

pub static END_ONE: TypedOperation<Confirmation> = TypedOperation::new(Operation {
    summary: "End an own session",
    description: "Ends one session. Requires a login within the last five minutes, or `current_password`.",
    problems: &[ErrorCode::RecentLoginRequired, ErrorCode::WrongCurrentPassword],
    ..Operation::new(
        RouteMethod::Delete,
        "/api/v1/sessions/{id}",
        "endSession",
        Tag::Sessions,
        Success::nothing("The session has ended.", &[]),
    )
});

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
    operation: &TypedOperation<Confirmation>,
    (signed_in, which): (&SignedIn, WhichSessions),
) -> Reply {
    let current = Input::read(request, operation).await?.body.current_password;
    let fresh = confirmed(app, signed_in, current, "the end of other sessions").await?;
    end::own(app, &fresh, which).await??;
    let is_own_end = which == WhichSessions::One(signed_in.session().uid);
    Ok(if is_own_end { cookie::forgotten(&app.config, nothing()) } else { nothing() })
}
