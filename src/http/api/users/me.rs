//! `/api/v1/users/me`: the account of whoever asks.

use axum::extract::{Request, State};

use super::{ATTRIBUTES, CONFIRMATION, CURRENT_PASSWORD, attributes_patch, confirmed, deletion_refused, edited};
use crate::{
    http::{
        api::{
            caller::Caller,
            fields::{Kind, optional},
            input::Input,
            objects::USER,
            openapi::{Header, Operation, RequestBody, Success, Tag},
            problem::ErrorCode,
            views::{Reply, Viewer, account_now, nothing},
        },
        cookie,
        state::AppState,
    },
    model::Name,
    ops::accounts::{
        delete::{self, DeleteUser},
        edit,
    },
};

const PATH: &str = "/api/v1/users/me";

pub const SHOW: Operation = Operation {
    summary: "Show one's own account",
    description: "The account of whoever asks.",
    ..Operation::new("get", PATH, "showOwnUser", Tag::Users, Success::ok("One's own account.", &USER, &[Header::ETag]))
};

pub const CHANGE: Operation = Operation {
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
        "patch",
        PATH,
        "changeOwnUser",
        Tag::Users,
        Success::ok("The account as it is now.", &USER, &[Header::ETag]),
    )
};

pub const DELETE: Operation = Operation {
    summary: "Delete one's own account",
    description: "Deletes the account and ends its sessions. Takes a login of the last five minutes, or \
        `current_password`.",
    body: Some(CONFIRMATION),
    is_conditional: true,
    problems: &[ErrorCode::RecentLoginRequired, ErrorCode::WrongCurrentPassword, ErrorCode::LastAdministrator],
    ..Operation::new(
        "delete",
        PATH,
        "deleteOwnUser",
        Tag::Users,
        Success::nothing("The account is gone.", &[Header::SetCookie, Header::ClearSiteData]),
    )
};

/// `GET /api/v1/users/me`
pub async fn show(caller: Caller, State(app): State<AppState>, request: Request) -> Reply {
    Input::read(request, &SHOW).await?;
    account_now(&app, caller.signed_in.user().uid, Viewer::Owner).await
}

/// `PATCH /api/v1/users/me`
pub async fn change(caller: Caller, State(app): State<AppState>, request: Request) -> Reply {
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
    let outcome = edit::own(&app, &signed_in, attributes, rename, &precondition).await?;
    edited(outcome)?;
    account_now(&app, signed_in.user().uid, Viewer::Owner).await
}

/// `DELETE /api/v1/users/me`
pub async fn delete(caller: Caller, State(app): State<AppState>, request: Request) -> Reply {
    let Input { mut body, precondition, .. } = Input::read(request, &DELETE).await?;
    let current = body.optional("current_password")?;
    let fresh = confirmed(&app, &caller.signed_in, current, "the account's deletion").await?;
    match delete::own(&app, &fresh, &precondition).await? {
        DeleteUser::Done => Ok(cookie::forgotten(&app.config, nothing())),
        refused => Err(deletion_refused(refused)),
    }
}
