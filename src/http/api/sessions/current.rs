//! `/api/v1/sessions/current`: who am I, and log out.

use axum::{
    extract::{Request, State},
    http::StatusCode,
};

use crate::{
    http::{
        api::{
            caller::{Caller, CallerAnyhow},
            input::Input,
            objects::SESSION,
            openapi::{Header, Operation, Success, Tag, Who},
            views::{Reply, nothing, session},
        },
        cookie,
        state::AppState,
    },
    ops::auth::log_out,
};

const PATH: &str = "/api/v1/sessions/current";

pub const SHOW: Operation = Operation {
    summary: "Show the session",
    description: "Who is logged in, with which role and permissions, and until when.",
    who: Who::SignedInAnyhow,
    ..Operation::new("get", PATH, "showSession", Tag::Sessions, Success::ok("The session.", &SESSION, &[]))
};

pub const END: Operation = Operation {
    summary: "Log out",
    description: "Ends the session that the request came with.",
    who: Who::SignedInAnyhow,
    ..Operation::new(
        "delete",
        PATH,
        "logOut",
        Tag::Sessions,
        Success::nothing("The session has ended.", &[Header::SetCookie, Header::ClearSiteData]),
    )
};

/// `GET /api/v1/sessions/current`
pub async fn show(
    CallerAnyhow(Caller { signed_in, .. }): CallerAnyhow,
    State(app): State<AppState>,
    request: Request,
) -> Reply {
    Input::read(request, &SHOW).await?;
    Ok(session(&app, StatusCode::OK, &signed_in, None))
}

/// `DELETE /api/v1/sessions/current`
pub async fn end(
    CallerAnyhow(Caller { signed_in, .. }): CallerAnyhow,
    State(app): State<AppState>,
    request: Request,
) -> Reply {
    Input::read(request, &END).await?;
    log_out::log_out(&app, &signed_in).await?;
    Ok(cookie::forgotten(&app.config, nothing()))
}
