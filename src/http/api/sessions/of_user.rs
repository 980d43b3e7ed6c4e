//! `/api/v1/users/{id}/sessions`: the sessions of somebody else.

use axum::extract::{Request, State};

use super::devices::devices;
use crate::{
    http::{
        api::{
            cursor::List,
            input::Input,
            objects::DEVICE,
            operation::{Access, Operation, Success, Tag},
            path::{PathUid, SecondPathUid},
            problem::ErrorCode,
            query::{LIMIT, cursor_of},
            views::{Reply, nothing},
        },
        auth::Authorized,
        method::RouteMethod,
        state::AppState,
    },
    model::Permission,
    ops::{
        SessionsRead, SessionsRevoke,
        sessions::end::{self, WhichSessions},
    },
    store::accounts,
};

const PATH: &str = "/api/v1/users/{id}/sessions";

pub static LIST: Operation = Operation {
    summary: "List the sessions of a user",
    description: "Where the user is logged in.",
    query: &[LIMIT, cursor_of(List::Sessions, "AwGarFIQAHwRjk9V0LGiw9Q")],
    access: Access::Permission(Permission::SessionsRead),
    ..Operation::new(
        RouteMethod::Get,
        PATH,
        "listSessionsOfUser",
        Tag::Sessions,
        Success::page("A page of sessions, oldest first; those that have expired are left out.", &DEVICE),
    )
};

pub static END_ALL: Operation = Operation {
    summary: "End all sessions of a user",
    description: "The user is logged out everywhere.",
    access: Access::Permission(Permission::SessionsRevoke),
    problems: &[ErrorCode::AuthorityExceeded, ErrorCode::OwnAccount],
    ..Operation::new(
        RouteMethod::Delete,
        PATH,
        "endSessionsOfUser",
        Tag::Sessions,
        Success::nothing("The sessions have ended.", &[]),
    )
};

pub static END_ONE: Operation = Operation {
    summary: "End one session of a user",
    description: "A session of another user than the one in the path is not found.",
    access: Access::Permission(Permission::SessionsRevoke),
    problems: &[ErrorCode::AuthorityExceeded, ErrorCode::OwnAccount],
    ..Operation::new(
        RouteMethod::Delete,
        "/api/v1/users/{id}/sessions/{session}",
        "endSessionOfUser",
        Tag::Sessions,
        Success::nothing("The session has ended.", &[]),
    )
};

/// `GET /api/v1/users/{id}/sessions`
pub async fn list(
    _: Authorized<SessionsRead>,
    PathUid(uid): PathUid,
    State(app): State<AppState>,
    request: Request,
) -> Reply {
    let query = Input::read(request, &LIST).await?.query;
    let account = accounts::find(&mut app.db.read().await?, uid.into()).await?.ok_or(ErrorCode::NotFound)?;
    let limits = app.config.session.for_holder_of(&account.role.permissions);
    devices(&app, account.user.id, (limits, None), query).await
}

/// `DELETE /api/v1/users/{id}/sessions`
pub async fn end_all(
    Authorized(can): Authorized<SessionsRevoke>,
    PathUid(uid): PathUid,
    State(app): State<AppState>,
    request: Request,
) -> Reply {
    Input::read(request, &END_ALL).await?;
    end::of_other(&app, &can, uid, WhichSessions::All).await??;
    Ok(nothing())
}

/// `DELETE /api/v1/users/{id}/sessions/{session}`
pub async fn end_one(
    Authorized(can): Authorized<SessionsRevoke>,
    PathUid(uid): PathUid,
    SecondPathUid(session): SecondPathUid,
    State(app): State<AppState>,
    request: Request,
) -> Reply {
    Input::read(request, &END_ONE).await?;
    end::of_other(&app, &can, uid, WhichSessions::One(session)).await??;
    Ok(nothing())
}
