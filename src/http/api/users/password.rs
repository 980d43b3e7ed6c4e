//! `PUT …/password`: another password, for oneself and for somebody else.

use axum::{
    extract::{Request, State},
    http::StatusCode,
};

use crate::{
    http::{
        api::{
            fields::{Field, Kind, optional, required},
            input::Input,
            objects::{SESSION, USER},
            operation::{Access, Header, Operation, RequestBody, Success, Tag},
            path::PathUid,
            problem::ErrorCode,
            sessions::log_in::opened,
            views::{self, Reply, Viewer},
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

const NEW_PASSWORD: Field = required(
    "new_password",
    Kind::NewPassword,
    "The password to be, of at least `password.min_length` characters.",
    "a violin in the greenhouse",
);

pub static CHANGE_OWN: Operation = Operation {
    summary: "Change one's own password",
    description: "All other sessions end, and this one gets a new token: as a cookie, or in the body when the request came \
        with `Authorization: Bearer`.",
    access: Access::Authenticated,
    body: Some(RequestBody::required(&[
        required("current_password", Kind::Password, "The password until now.", "correct horse battery staple"),
        NEW_PASSWORD,
    ])),
    is_conditional: true,
    problems: &[ErrorCode::WrongCurrentPassword],
    ..Operation::new(
        RouteMethod::Put,
        "/api/v1/users/me/password",
        "changeOwnPassword",
        Tag::Users,
        Success::ok("The password is changed; the session goes on.", &SESSION, &[Header::SetCookie]),
    )
};

pub static SET: Operation = Operation {
    summary: "Set the password of an account",
    description: "Ends all of the user's sessions. Unless told otherwise, the user must choose another password at the next \
        login.",
    access: Access::Permission(Permission::UsersWrite),
    body: Some(RequestBody::required(&[
        NEW_PASSWORD,
        optional(
            "must_change_password",
            Kind::Boolean,
            "Whether another password must be chosen before anything else; true when left out.",
            "true",
        ),
    ])),
    is_conditional: true,
    problems: &[ErrorCode::AuthorityExceeded, ErrorCode::OwnAccount],
    ..Operation::new(
        RouteMethod::Put,
        "/api/v1/users/{id}/password",
        "setPassword",
        Tag::Users,
        Success::ok("The password is set.", &USER, &[Header::ETag]),
    )
};

/// `PUT /api/v1/users/me/password`
pub async fn change_own(
    Authenticated(Caller { signed_in, transport }): Authenticated,
    State(app): State<AppState>,
    request: Request,
) -> Reply {
    let Input { mut body, precondition, .. } = Input::read(request, &CHANGE_OWN).await?;
    let current = body.required("current_password")?;
    let new = body.required("new_password")?;
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
    let Input { mut body, precondition, .. } = Input::read(request, &SET).await?;
    let new = NewPassword {
        password: body.required("new_password")?,
        policy: app.config.password.clone(),
        must_change: body.optional("must_change_password")?.unwrap_or(true),
    };
    let account = change_password::of_other(&app, &can, uid, new, &precondition).await??;
    Ok(views::account(StatusCode::OK, &account, Viewer::Administrator))
}
