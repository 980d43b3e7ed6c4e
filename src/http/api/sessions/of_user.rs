//! `/api/v1/users/{id}/sessions`: the sessions of another user.

use axum::extract::{Request, State};

use super::devices::{DeviceBody, SessionPage, devices};
use crate::{
    http::{
        api::{
            input::Input,
            operation::{Access, Operation, Success, Tag, TypedOperation},
            path::{PathUid, SecondPathUid},
            problem::ErrorCode,
            reply::{Reply, nothing},
            request_body::NoBody,
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

pub static LIST: TypedOperation<NoBody, SessionPage> = TypedOperation::new(Operation {
    summary: "List the sessions of a user",
    description: "The sessions of the user, with the address and client of each login.",
    access: Access::Permission(Permission::SessionsRead),
    ..Operation::new(
        RouteMethod::Get,
        PATH,
        "listSessionsOfUser",
        Tag::Sessions,
        Success::page::<DeviceBody<'_>>("A page of sessions, oldest first; expired ones are omitted."),
    )
});

pub static END_ALL: TypedOperation = TypedOperation::new(Operation {
    summary: "End all sessions of a user",
    description: "Ends all sessions of the user.",
    access: Access::Permission(Permission::SessionsRevoke),
    problems: &[ErrorCode::AuthorityExceeded, ErrorCode::OwnAccount],
    ..Operation::new(
        RouteMethod::Delete,
        PATH,
        "endSessionsOfUser",
        Tag::Sessions,
        Success::nothing("The sessions have ended.", &[]),
    )
});

pub static END_ONE: TypedOperation = TypedOperation::new(Operation {
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
});

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
