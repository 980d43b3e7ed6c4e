//! `/api/v1/users/{id}`: the account of somebody else.

use axum::{
    extract::{Request, State},
    http::StatusCode,
};

use super::members::{ATTRIBUTES, attributes_patch};
use crate::{
    http::{
        api::{
            fields::{Kind, optional},
            input::Input,
            objects::USER,
            operation::{Access, Header, Operation, RequestBody, Success, Tag},
            path::PathUid,
            problem::ErrorCode,
            views::{self, Reply, Viewer, account_now, nothing},
        },
        auth::{Authorized, permission_missing},
        method::RouteMethod,
        state::AppState,
    },
    model::{Permission, RoleName},
    ops::{
        RolesWrite, UsersRead, UsersWrite,
        accounts::{
            delete,
            edit::{self, Changes},
            role_grant::RoleGrant,
        },
    },
};

const PATH: &str = "/api/v1/users/{id}";

pub static SHOW: Operation = Operation {
    summary: "Show an account",
    description: "Any account.",
    access: Access::Permission(Permission::UsersRead),
    ..Operation::new(
        RouteMethod::Get,
        PATH,
        "showUser",
        Tag::Users,
        Success::ok("The account.", &USER, &[Header::ETag]),
    )
};

pub static CHANGE: Operation = Operation {
    summary: "Change an account",
    description: "Changes the members that are given (RFC 7396). Another role takes the permission `roles:write` too, and \
        ends no session: the next request is judged by the new role.",
    access: Access::Permission(Permission::UsersWrite),
    body: Some(RequestBody::patch(&[
        optional("name", Kind::NewName, "Another name.", "Ann"),
        optional("role", Kind::RoleName, "The name of another role.", "user"),
        optional(
            "must_change_password",
            Kind::Boolean,
            "Whether another password must be chosen before anything else.",
            "false",
        ),
        ATTRIBUTES,
        optional(
            "admin_attributes",
            Kind::Object,
            "The same for what administrators alone see.",
            r#"{"plan": "team"}"#,
        )
        .or_null(),
    ])),
    is_conditional: true,
    problems: &[
        ErrorCode::AuthorityExceeded,
        ErrorCode::OwnAccount,
        ErrorCode::NameTaken,
        ErrorCode::NameLinked,
        ErrorCode::LastAdministrator,
    ],
    ..Operation::new(
        RouteMethod::Patch,
        PATH,
        "changeUser",
        Tag::Users,
        Success::ok("The account as it is now.", &USER, &[Header::ETag]),
    )
};

pub static DELETE: Operation = Operation {
    summary: "Delete an account",
    description: "Deletes the account and ends its sessions. Its `id` is never given out again.",
    access: Access::Permission(Permission::UsersWrite),
    is_conditional: true,
    problems: &[ErrorCode::AuthorityExceeded, ErrorCode::OwnAccount, ErrorCode::LastAdministrator],
    ..Operation::new(RouteMethod::Delete, PATH, "deleteUser", Tag::Users, Success::nothing("The account is gone.", &[]))
};

/// `GET /api/v1/users/{id}`
pub async fn show(
    _: Authorized<UsersRead>,
    PathUid(uid): PathUid,
    State(app): State<AppState>,
    request: Request,
) -> Reply {
    Input::read(request, &SHOW).await?;
    account_now(&app, uid, Viewer::Administrator).await
}

/// `PATCH /api/v1/users/{id}`
pub async fn change(
    Authorized(can): Authorized<UsersWrite>,
    PathUid(uid): PathUid,
    State(app): State<AppState>,
    request: Request,
) -> Reply {
    let Input { mut body, precondition, .. } = Input::read(request, &CHANGE).await?;
    let role: Option<RoleName> = body.optional("role")?;
    let mut changes = Changes {
        name: body.optional("name")?,
        role: None,
        must_change_password: body.optional("must_change_password")?,
        attributes: attributes_patch(&mut body, "attributes")?,
        admin_attributes: attributes_patch(&mut body, "admin_attributes")?,
    };
    if let Some(role) = role {
        let what = format!("PATCH /api/v1/users/{uid} (role)");
        let authority = can.holder().demand::<RolesWrite>(&app, &what).await?;
        let authority = authority.ok_or_else(permission_missing::<RolesWrite>)?;
        changes.role = Some(RoleGrant { role: role.as_text().to_owned(), authority });
    }
    let account = edit::as_administrator(&app, &can, uid, &changes, &precondition).await??;
    Ok(views::account(StatusCode::OK, &account, Viewer::Administrator))
}

/// `DELETE /api/v1/users/{id}`
pub async fn delete(
    Authorized(can): Authorized<UsersWrite>,
    PathUid(uid): PathUid,
    State(app): State<AppState>,
    request: Request,
) -> Reply {
    let Input { precondition, .. } = Input::read(request, &DELETE).await?;
    delete::as_administrator(&app, &can, uid, &precondition).await??;
    Ok(nothing())
}
