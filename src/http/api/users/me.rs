//! `/api/v1/users/me`: the account of whoever asks.

use axum::{
    extract::{Request, State},
    http::StatusCode,
};

use super::members::{ATTRIBUTES, CONFIRMATION, CURRENT_PASSWORD, attributes_patch, confirmed};
use crate::{
    http::{
        api::{
            fields::{Kind, optional},
            input::Input,
            objects::USER,
            operation::{Header, Operation, RequestBody, Success, Tag},
            problem::ErrorCode,
            views::{self, Reply, Viewer, account_now, nothing},
        },
        auth::CurrentUser,
        cookie,
        method::RouteMethod,
        state::AppState,
    },
    model::Name,
    ops::accounts::{delete, edit},
};

const PATH: &str = "/api/v1/users/me";

pub static SHOW: Operation = Operation {
    summary: "Show one's own account",
    description: "The account of whoever asks.",
    ..Operation::new(
        RouteMethod::Get,
        PATH,
        "showOwnUser",
        Tag::Users,
        Success::ok("One's own account.", &USER, &[Header::ETag]),
    )
};

pub static CHANGE: Operation = Operation {
    summary: "Change one's own account",
    description: "Changes the members that are given (RFC 7396). Another name takes a login of the last five minutes, or \
        `current_password`.",
    body: Some(RequestBody::patch(&[
        optional("name", Kind::NewName, "Another name.", "Ann"),
        CURRENT_PASSWORD,
        ATTRIBUTES,
    ])),
    is_conditional: true,
    problems: &[
        ErrorCode::RecentLoginRequired,
        ErrorCode::WrongCurrentPassword,
        ErrorCode::NameTaken,
        ErrorCode::NameLinked,
        ErrorCode::TooManyAttempts,
    ],
    ..Operation::new(
        RouteMethod::Patch,
        PATH,
        "changeOwnUser",
        Tag::Users,
        Success::ok("The account as it is now.", &USER, &[Header::ETag]),
    )
};

pub static DELETE: Operation = Operation {
    summary: "Delete one's own account",
    description: "Deletes the account and ends its sessions. Takes a login of the last five minutes, or \
        `current_password`.",
    body: Some(CONFIRMATION),
    is_conditional: true,
    problems: &[ErrorCode::RecentLoginRequired, ErrorCode::WrongCurrentPassword, ErrorCode::LastAdministrator],
    ..Operation::new(
        RouteMethod::Delete,
        PATH,
        "deleteOwnUser",
        Tag::Users,
        Success::nothing("The account is gone.", &[Header::SetCookie, Header::ClearSiteData]),
    )
};

/// `GET /api/v1/users/me`
pub async fn show(CurrentUser(caller): CurrentUser, State(app): State<AppState>, request: Request) -> Reply {
    Input::read(request, &SHOW).await?;
    account_now(&app, caller.signed_in.user().uid, Viewer::Owner).await
}

/// `PATCH /api/v1/users/me`
pub async fn change(CurrentUser(caller): CurrentUser, State(app): State<AppState>, request: Request) -> Reply {
    let signed_in = caller.signed_in;
    let Input { mut body, precondition, .. } = Input::read(request, &CHANGE).await?;
    let attributes = attributes_patch(&mut body, "attributes")?;
    let name: Option<Name> = body.optional("name")?;
    let current = body.optional("current_password")?;
    let fresh = match (&name, current) {
        (None, None) => None,
        (_, current) => Some(confirmed(&app, &signed_in, current, "another name").await?),
    };
    let rename = name.zip(fresh.as_ref());
    let account = edit::own(&app, &signed_in, attributes, rename, &precondition).await??;
    Ok(views::account(StatusCode::OK, &account, Viewer::Owner))
}

/// `DELETE /api/v1/users/me`
pub async fn delete(CurrentUser(caller): CurrentUser, State(app): State<AppState>, request: Request) -> Reply {
    let Input { mut body, precondition, .. } = Input::read(request, &DELETE).await?;
    let current = body.optional("current_password")?;
    let fresh = confirmed(&app, &caller.signed_in, current, "the account's deletion").await?;
    delete::own(&app, &fresh, &precondition).await??;
    Ok(cookie::forgotten(&app.config, nothing()))
}
