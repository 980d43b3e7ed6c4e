//! `/api/v1/users/{id}/sessions`: the sessions of somebody else.

use axum::extract::{Request, State};

use super::devices::{devices, ended};
use crate::{
    app::App,
    http::{
        api::{
            cursor::List,
            input::Input,
            objects::DEVICE,
            operation::{Access, Operation, Success, Tag},
            path::{PathUid, SecondPathUid},
            problem::{ErrorCode, Problem},
            query::{LIMIT, cursor_of},
            views::Reply,
        },
        auth::Authorized,
        method::RouteMethod,
        state::AppState,
    },
    model::{Permission, Permissions, Uid, User},
    ops::{
        SessionsRead, SessionsRevoke,
        sessions::end::{self, Which},
    },
    store::{roles, users},
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
    let user = user(&app, uid).await?;
    let limits = {
        let mut conn = app.db.read().await?;
        let role = roles::by_id(&mut conn, user.role_id).await?;
        app.config.session.for_holder_of(&role.map_or_else(Permissions::none, |role| role.permissions))
    };
    devices(&app, user.id, (limits, None), query).await
}

/// `DELETE /api/v1/users/{id}/sessions`
pub async fn end_all(
    Authorized(can): Authorized<SessionsRevoke>,
    PathUid(uid): PathUid,
    State(app): State<AppState>,
    request: Request,
) -> Reply {
    Input::read(request, &END_ALL).await?;
    let user = user(&app, uid).await?;
    ended(end::of_other(&app, &can, &user, Which::All).await?)
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
    let user = user(&app, uid).await?;
    ended(end::of_other(&app, &can, &user, Which::One(session)).await?)
}

async fn user(app: &App, uid: Uid) -> Result<User, Problem> {
    let mut conn = app.db.read().await?;
    users::by_uid(&mut conn, uid).await?.ok_or_else(|| ErrorCode::NotFound.into())
}
