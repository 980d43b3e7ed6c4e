//! `PUT …/password`: another password, for oneself and for somebody else.

use axum::{
    extract::{Request, State},
    http::StatusCode,
};

use super::outcomes::{id_of, unconfirmed};
use crate::{
    http::{
        api::{
            fields::{Field, Kind, optional, required},
            input::Input,
            invalid::Invalid,
            objects::{SESSION, USER},
            operation::{Access, Header, Operation, RequestBody, Success, Tag},
            path::PathUid,
            problem::{ErrorCode, Problem},
            sessions::log_in::opened,
            views::{Reply, Viewer, account_now},
        },
        auth::{Authenticated, Authorized, Caller},
        cookie,
        method::RouteMethod,
        state::AppState,
    },
    model::{Event, Permission},
    ops::{
        UsersWrite,
        accounts::change_password::{self, ChangePassword, NewPassword},
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
    let confirmed = match reauthenticate::confirm_password(&app, &signed_in, current, Event::PasswordChangeFail).await?
    {
        Ok(confirmed) => confirmed,
        Err(why) => return Err(unconfirmed(why)),
    };
    match change_password::own_confirmed(&app, &confirmed, new, &precondition).await? {
        ChangePassword::Renewed(token, device, signed_in) => {
            let response = opened(&app, StatusCode::OK, (&token, transport), &signed_in)?;
            Ok(cookie::with_device(&app.config, response, device.as_ref()))
        }
        refused => Err(refusal(refused)),
    }
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
    let id = id_of(&app, uid).await?;
    match change_password::of_other(&app, &can, id, new, &precondition).await? {
        ChangePassword::Done { .. } => account_now(&app, uid, Viewer::Administrator).await,
        refused => Err(refusal(refused)),
    }
}

fn refusal(outcome: ChangePassword) -> Problem {
    match outcome {
        ChangePassword::NoSuchUser => ErrorCode::NotFound.into(),
        ChangePassword::OwnAccount => ErrorCode::OwnAccount.into(),
        ChangePassword::Outdated => ErrorCode::VersionMismatch.into(),
        ChangePassword::AuthorityLost => ErrorCode::NotSignedIn.into(),
        ChangePassword::AuthorityExceeded => ErrorCode::AuthorityExceeded.into(),
        ChangePassword::PasswordRefused(problem) => Problem::invalid(vec![Invalid::password("new_password", problem)]),
        ChangePassword::Throttled(after) => Problem::throttled(after),
        ChangePassword::Overloaded(full) => full.into(),
        ChangePassword::Done { .. } | ChangePassword::Renewed(..) => ErrorCode::Internal.into(),
    }
}
