//! `POST /api/v1/users/{id}/disable` and `…/enable`, and `…/unlock`, which resets the failed logins of an account.

use axum::{
    extract::{Request, State},
    http::StatusCode,
};

use super::user::{UserBody, Viewer, tagged_account};
use crate::{
    http::{
        api::{
            input::Input,
            operation::{Access, Operation, ResponseHeader, Success, Tag, TypedOperation},
            path::PathUid,
            problem::ErrorCode,
            reply::{Reply, nothing},
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

pub static DISABLE: TypedOperation = TypedOperation::new(Operation {
    summary: "Disable an account",
    description: "Closes the account to logins and ends its sessions. A disabled account does not change.",
    access: Access::Permission(Permission::UsersWrite),
    is_conditional: true,
    problems: &[ErrorCode::AuthorityExceeded, ErrorCode::OwnAccount, ErrorCode::LastAdministrator],
    ..Operation::new(
        RouteMethod::Post,
        "/api/v1/users/{id}/disable",
        "disableUser",
        Tag::Users,
        Success::ok::<UserBody<'_>>("The account is disabled.", &[ResponseHeader::ETag]),
    )
});

pub static ENABLE: TypedOperation = TypedOperation::new(Operation {
    summary: "Enable an account",
    description: "Allows logins again. An enabled account does not change.",
    access: Access::Permission(Permission::UsersWrite),
    is_conditional: true,
    problems: &[ErrorCode::AuthorityExceeded],
    ..Operation::new(
        RouteMethod::Post,
        "/api/v1/users/{id}/enable",
        "enableUser",
        Tag::Users,
        Success::ok::<UserBody<'_>>("The account is enabled.", &[ResponseHeader::ETag]),
    )
});

pub static UNLOCK: TypedOperation = TypedOperation::new(Operation {
    summary: "Unlock password login",
    description: "Resets the failed logins of the account, so that its user need not wait. An account without failed logins \
        does not change. Administrators cannot unlock their own account.",
    access: Access::Permission(Permission::UsersWrite),
    problems: &[ErrorCode::AuthorityExceeded, ErrorCode::OwnAccount],
    ..Operation::new(
        RouteMethod::Post,
        "/api/v1/users/{id}/unlock",
        "unlockUser",
        Tag::Users,
        Success::nothing("Password login is unlocked.", &[]),
    )
});

/// `POST /api/v1/users/{id}/disable`
pub async fn disable(
    Authorized(can): Authorized<UsersWrite>,
    PathUid(uid): PathUid,
    State(app): State<AppState>,
    request: Request,
) -> Reply {
    let Input { precondition, .. } = Input::read(request, &DISABLE).await?;
    let account = disable::disable_as_administrator(&app, &can, uid, &precondition).await??;
    Ok(tagged_account(StatusCode::OK, &account, Viewer::Administrator))
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
    Ok(tagged_account(StatusCode::OK, &account, Viewer::Administrator))
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
