//! `POST /api/v1/users/{id}/disable` and `…/enable`: accounts closed and opened again. `…/unlock`: password login opened
//! again after too many wrong passwords.

use axum::{
    extract::{Request, State},
    http::StatusCode,
};

use crate::{
    http::{
        api::{
            input::Input,
            objects::USER,
            operation::{Access, Header, Operation, Success, Tag},
            path::PathUid,
            problem::ErrorCode,
            views::{self, Reply, Viewer, nothing},
        },
        auth::Authorized,
        method::RouteMethod,
        state::AppState,
    },
    model::Permission,
    ops::{
        UsersWrite,
        accounts::{disable, unlock},
    },
};

pub static DISABLE: Operation = Operation {
    summary: "Disable an account",
    description: "Closes the account to logins and ends its sessions. Nothing changes when it is closed already.",
    access: Access::Permission(Permission::UsersWrite),
    is_conditional: true,
    problems: &[ErrorCode::AuthorityExceeded, ErrorCode::OwnAccount, ErrorCode::LastAdministrator],
    ..Operation::new(
        RouteMethod::Post,
        "/api/v1/users/{id}/disable",
        "disableUser",
        Tag::Users,
        Success::ok("The account is disabled.", &USER, &[Header::ETag]),
    )
};

pub static ENABLE: Operation = Operation {
    summary: "Enable an account",
    description: "Opens a disabled account again. Nothing changes when it is open already.",
    access: Access::Permission(Permission::UsersWrite),
    is_conditional: true,
    problems: &[ErrorCode::AuthorityExceeded],
    ..Operation::new(
        RouteMethod::Post,
        "/api/v1/users/{id}/enable",
        "enableUser",
        Tag::Users,
        Success::ok("The account is enabled.", &USER, &[Header::ETag]),
    )
};

pub static UNLOCK: Operation = Operation {
    summary: "Open password login again",
    description: "Forgets the wrong passwords that were tried for the account, so that its user need not wait to log in. \
        Nothing changes when there were none. One's own account takes another administrator.",
    access: Access::Permission(Permission::UsersWrite),
    problems: &[ErrorCode::AuthorityExceeded, ErrorCode::OwnAccount],
    ..Operation::new(
        RouteMethod::Post,
        "/api/v1/users/{id}/unlock",
        "unlockUser",
        Tag::Users,
        Success::nothing("Password login is open.", &[]),
    )
};

/// `POST /api/v1/users/{id}/disable`
pub async fn disable(
    Authorized(can): Authorized<UsersWrite>,
    PathUid(uid): PathUid,
    State(app): State<AppState>,
    request: Request,
) -> Reply {
    let Input { precondition, .. } = Input::read(request, &DISABLE).await?;
    let account = disable::disable_as_administrator(&app, &can, uid, &precondition).await??;
    Ok(views::account(StatusCode::OK, &account, Viewer::Administrator))
}

/// `POST /api/v1/users/{id}/enable`
pub async fn enable(
    Authorized(can): Authorized<UsersWrite>,
    PathUid(uid): PathUid,
    State(app): State<AppState>,
    request: Request,
) -> Reply {
    let Input { precondition, .. } = Input::read(request, &ENABLE).await?;
    let account = disable::enable_as_administrator(&app, &can, uid, &precondition).await??;
    Ok(views::account(StatusCode::OK, &account, Viewer::Administrator))
}

/// `POST /api/v1/users/{id}/unlock`
pub async fn unlock(
    Authorized(can): Authorized<UsersWrite>,
    PathUid(uid): PathUid,
    State(app): State<AppState>,
    request: Request,
) -> Reply {
    Input::read(request, &UNLOCK).await?;
    unlock::as_administrator(&app, &can, uid).await??;
    Ok(nothing())
}
