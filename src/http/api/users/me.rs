//! `/api/v1/users/me`: the account of the caller.

use axum::{
    extract::{Request, State},
    http::StatusCode,
};

use super::members::{Confirmation, confirmed};
use super::user::{UserBody, Viewer, account_now, tagged_account};
use crate::{
    http::{
        api::{
            input::Input,
            member_types::CurrentPassword,
            operation::{Operation, ResponseHeader, Success, Tag, TypedOperation},
            problem::ErrorCode,
            reply::{Reply, nothing},
            request_body::request_body,
        },
        auth::CurrentUser,
        cookie,
        method::RouteMethod,
        state::AppState,
    },
    model::{AttributesPatch, Name},
    ops::accounts::{delete, edit},
};

const PATH: &str = "/api/v1/users/me";

request_body! {
    /// The body of `PATCH /api/v1/users/me`.
    pub struct ChangeOwnUser: patch {
        /// A new name.
        #[example = "Ann"]
        pub name: Option<Name>,
        /// The current password; required if the login is more than five minutes old.
        #[example = "correct horse battery staple"]
        pub current_password: Option<CurrentPassword>,
        /// Changes of the attributes: null removes a member, and null for the whole removes all. They must not exceed
        /// 8192 bytes as compact JSON.
        #[example = r#"{"locale": "en"}"#]
        pub attributes: Option<AttributesPatch>,
    }
}

pub static SHOW: TypedOperation = TypedOperation::new(Operation {
    summary: "Show the own account",
    description: "The account of the caller.",
    ..Operation::new(
        RouteMethod::Get,
        PATH,
        "showOwnUser",
        Tag::Users,
        Success::ok::<UserBody<'_>>("The own account.", &[ResponseHeader::ETag]),
    )
});

pub static CHANGE: TypedOperation<ChangeOwnUser> = TypedOperation::new(Operation {
    summary: "Change the own account",
    description: "Changes the sent members (RFC 7396). A change of the name requires a login within the last five minutes, or \
        `current_password`.",
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
        Success::ok::<UserBody<'_>>("The changed account.", &[ResponseHeader::ETag]),
    )
});

pub static DELETE: TypedOperation<Confirmation> = TypedOperation::new(Operation {
    summary: "Delete the own account",
    description: "Deletes the account and ends its sessions. Requires a login within the last five minutes, or \
        `current_password`.",
    is_conditional: true,
    problems: &[ErrorCode::RecentLoginRequired, ErrorCode::WrongCurrentPassword, ErrorCode::LastAdministrator],
    ..Operation::new(
        RouteMethod::Delete,
        PATH,
        "deleteOwnUser",
        Tag::Users,
        Success::nothing("The account was deleted.", &[ResponseHeader::SetCookie, ResponseHeader::ClearSiteData]),
    )
});

/// `GET /api/v1/users/me`
pub async fn show(CurrentUser(caller): CurrentUser, State(app): State<AppState>, request: Request) -> Reply {
    Input::read(request, &SHOW).await?;
    account_now(&app, caller.signed_in.user().uid, Viewer::Owner).await
}

/// `PATCH /api/v1/users/me`
pub async fn change(CurrentUser(caller): CurrentUser, State(app): State<AppState>, request: Request) -> Reply {
    let signed_in = caller.signed_in;
    let Input { body: ChangeOwnUser { name, current_password, attributes }, precondition, .. } =
        Input::read(request, &CHANGE).await?;
    let fresh = match (&name, current_password) {
        (None, None) => None,
        (_, current) => Some(confirmed(&app, &signed_in, current, "another name").await?),
    };
    let rename = name.zip(fresh.as_ref());
    let account = edit::own(&app, &signed_in, attributes, rename, &precondition).await??;
    Ok(tagged_account(StatusCode::OK, &account, Viewer::Owner))
}

/// `DELETE /api/v1/users/me`
pub async fn delete(CurrentUser(caller): CurrentUser, State(app): State<AppState>, request: Request) -> Reply {
    let Input { body, precondition, .. } = Input::read(request, &DELETE).await?;
    let fresh = confirmed(&app, &caller.signed_in, body.current_password, "the account's deletion").await?;
    delete::own(&app, &fresh, &precondition).await??;
    Ok(cookie::forgotten(&app.config, nothing()))
}
