//! `PUT …/password`: a new password for the caller, and for another user.

use axum::{
    extract::{Request, State},
    http::StatusCode,
};

use super::super::sessions::session::SessionBody;
use super::user::{UserBody, Viewer, tagged_account};
use crate::{
    http::{
        api::{
            input::Input,
            member_types::{ChosenPassword, CurrentPassword},
            operation::{Access, Operation, ResponseHeader, Success, Tag, TypedOperation},
            path::PathUid,
            problem::ErrorCode,
            reply::Reply,
            request_body::request_body,
            sessions::log_in::opened,
        },
        auth::{Authenticated, Authorized, Caller},
        cookie,
        method::RouteMethod,
        state::AppState,
    },
    model::{Event, Permission},
    ops::{
        UsersWrite,
        accounts::change_password::{self, NewPassword},
        auth::reauthenticate,
    },
};

request_body! {
    /// The body of `PUT /api/v1/users/me/password`.
    pub struct ChangeOwnPassword: required {
        /// The current password.
        #[example = "correct horse battery staple"]
        pub current_password: CurrentPassword,
        /// The new password, of at least `password.min_length` characters.
        #[example = "a violin in the greenhouse"]
        pub new_password: ChosenPassword,
    }
}

request_body! {
    /// The body of `PUT /api/v1/users/{id}/password`.
    pub struct SetPassword: required {
        /// The new password, of at least `password.min_length` characters.
        #[example = "a violin in the greenhouse"]
        pub new_password: ChosenPassword,
        /// Whether the user must change the password before anything else; true by default.
        #[example = "true"]
        pub must_change_password: Option<bool>,
    }
}

pub static CHANGE_OWN: TypedOperation<ChangeOwnPassword> = TypedOperation::new(Operation {
    summary: "Change the own password",
    description: "Ends all other sessions, and gives this one a new token: as a cookie, or in the body if the request has \
        `Authorization: Bearer`.",
    access: Access::Authenticated,
    is_conditional: true,
    problems: &[ErrorCode::WrongCurrentPassword],
    ..Operation::new(
        RouteMethod::Put,
        "/api/v1/users/me/password",
        "changeOwnPassword",
        Tag::Users,
        Success::ok::<SessionBody<'_>>(
            "The password was changed. The session continues.",
            &[ResponseHeader::SetCookie],
        ),
    )
});

pub static SET: TypedOperation<SetPassword> = TypedOperation::new(Operation {
    summary: "Set the password of an account",
    description: "Ends all sessions of the user. By default, the user must change the password at the next login.",
    access: Access::Permission(Permission::UsersWrite),
    is_conditional: true,
    problems: &[ErrorCode::AuthorityExceeded, ErrorCode::OwnAccount],
    ..Operation::new(
        RouteMethod::Put,
        "/api/v1/users/{id}/password",
        "setPassword",
        Tag::Users,
        Success::ok::<UserBody<'_>>("The password was set.", &[ResponseHeader::ETag]),
    )
});

/// `PUT /api/v1/users/me/password`
pub async fn change_own(
    Authenticated(Caller { signed_in, transport }): Authenticated,
    State(app): State<AppState>,
    request: Request,
) -> Reply {
    let Input { body, precondition, .. } = Input::read(request, &CHANGE_OWN).await?;
    let (CurrentPassword(current), ChosenPassword(new)) = (body.current_password, body.new_password);
    let confirmed = reauthenticate::confirm_password(&app, &signed_in, current, Event::PasswordChangeFail).await??;
    let changed = change_password::own_confirmed(&app, &confirmed, new, &precondition).await??;
    let response = opened(&app, StatusCode::OK, (&changed.token, transport), &changed.signed_in)?;
    Ok(cookie::with_device(&app.config, response, changed.device.as_ref()))
}

/// `PUT /api/v1/users/{id}/password`
pub async fn set(
    Authorized(can): Authorized<UsersWrite>,
    PathUid(uid): PathUid,
    State(app): State<AppState>,
    request: Request,
) -> Reply {
    let Input { body, precondition, .. } = Input::read(request, &SET).await?;
    let new = NewPassword {
        password: body.new_password.0,
        policy: app.config.password.clone(),
        must_change: body.must_change_password.unwrap_or(true),
    };
    let account = change_password::of_other(&app, &can, uid, new, &precondition).await??;
    Ok(tagged_account(StatusCode::OK, &account, Viewer::Administrator))
}
