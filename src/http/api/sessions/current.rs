//! `/api/v1/sessions/current`: the session of the caller, and logout.

use axum::{
    extract::{Request, State},
    http::StatusCode,
};

use super::session::{SessionBody, session};
use crate::{
    http::{
        api::{
            input::Input,
            operation::{Access, Operation, ResponseHeader, Success, Tag, TypedOperation},
            reply::{Reply, nothing},
        },
        auth::{Authenticated, Caller},
        cookie,
        method::RouteMethod,
        state::AppState,
    },
    ops::auth::log_out,
};

const PATH: &str = "/api/v1/sessions/current";

pub static SHOW: TypedOperation = TypedOperation::new(Operation {
    summary: "Show the session",
    description: "The user, the role, its permissions, and the expiry of the session.",
    access: Access::Authenticated,
    ..Operation::new(
        RouteMethod::Get,
        PATH,
        "showSession",
        Tag::Sessions,
        Success::ok::<SessionBody<'_>>("The session.", &[]),
    )
});

pub static END: TypedOperation = TypedOperation::new(Operation {
    summary: "Log out",
    description: "Ends the current session.",
    access: Access::Authenticated,
    ..Operation::new(
        RouteMethod::Delete,
        PATH,
        "logOut",
        Tag::Sessions,
        Success::nothing("The session has ended.", &[ResponseHeader::SetCookie, ResponseHeader::ClearSiteData]),
    )
});

/// `GET /api/v1/sessions/current`
pub async fn show(
    Authenticated(Caller { signed_in, .. }): Authenticated,
    State(app): State<AppState>,
    request: Request,
) -> Reply {
    Input::read(request, &SHOW).await?;
    Ok(session(&app, StatusCode::OK, &signed_in, None))
}

/// `DELETE /api/v1/sessions/current`
pub async fn end(
    Authenticated(Caller { signed_in, .. }): Authenticated,
    State(app): State<AppState>,
    request: Request,
) -> Reply {
    Input::read(request, &END).await?;
    log_out::log_out(&app, &signed_in).await?;
    Ok(cookie::forgotten(&app.config, nothing()))
}
