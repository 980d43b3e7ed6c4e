//! `POST /api/v1/users/{id}/disable` and `…/enable`: accounts closed and opened again.

use axum::extract::{Request, State};

use super::id_of;
use crate::{
    http::{
        api::{
            caller::{Holder, PathUid},
            input::Input,
            problem::Problem,
            views::{Reply, Viewer, account_now},
        },
        router::Shared,
    },
    ops::{
        UsersWrite,
        disable_user::{self, DisableUser},
    },
};

use crate::{
    http::api::{
        objects::USER,
        openapi::{Header, Operation, Success, Tag, Who},
        problem::Code,
    },
    model::Permission,
};

pub const DISABLE: Operation = Operation {
    summary: "Disable an account",
    description: "Closes the account to logins and ends its sessions. Nothing changes when it is closed already.",
    who: Who::HolderOf(Permission::UsersWrite),
    is_conditional: true,
    problems: &[Code::AuthorityExceeded, Code::OwnAccount, Code::LastAdministrator],
    ..Operation::new(
        "post",
        "/api/v1/users/{id}/disable",
        "disableUser",
        Tag::Users,
        Success::ok("The account is disabled.", &USER, &[Header::ETag]),
    )
};

pub const ENABLE: Operation = Operation {
    summary: "Enable an account",
    description: "Opens a disabled account again. Nothing changes when it is open already.",
    who: Who::HolderOf(Permission::UsersWrite),
    is_conditional: true,
    problems: &[Code::AuthorityExceeded],
    ..Operation::new(
        "post",
        "/api/v1/users/{id}/enable",
        "enableUser",
        Tag::Users,
        Success::ok("The account is enabled.", &USER, &[Header::ETag]),
    )
};

/// `POST /api/v1/users/{id}/disable`
pub async fn disable(
    Holder(can): Holder<UsersWrite>,
    PathUid(uid): PathUid,
    State(app): State<Shared>,
    request: Request,
) -> Reply {
    let Input { precondition, .. } = Input::read(request, &DISABLE).await?;
    let id = id_of(&app, uid).await?;
    turned(disable_user::disable_as_administrator(&app, &can, id, &precondition).await?)?;
    account_now(&app, uid, Viewer::Administrator).await
}

/// `POST /api/v1/users/{id}/enable`
pub async fn enable(
    Holder(can): Holder<UsersWrite>,
    PathUid(uid): PathUid,
    State(app): State<Shared>,
    request: Request,
) -> Reply {
    let Input { precondition, .. } = Input::read(request, &ENABLE).await?;
    let id = id_of(&app, uid).await?;
    turned(disable_user::enable_as_administrator(&app, &can, id, &precondition).await?)?;
    account_now(&app, uid, Viewer::Administrator).await
}

fn turned(outcome: DisableUser) -> Result<(), Problem> {
    let code = match outcome {
        DisableUser::Done { .. } => return Ok(()),
        DisableUser::NoSuchUser => Code::NotFound,
        DisableUser::OwnAccount => Code::OwnAccount,
        DisableUser::Outdated => Code::VersionMismatch,
        DisableUser::LastAdministrator => Code::LastAdministrator,
        DisableUser::AuthorityLost => Code::NotSignedIn,
        DisableUser::AuthorityExceeded => Code::AuthorityExceeded,
    };
    Err(code.into())
}
