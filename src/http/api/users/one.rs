//! `/api/v1/users/{id}`: the account of another user.

use axum::{
    extract::{Request, State},
    http::StatusCode,
};

use super::user::{UserBody, Viewer, account_now, tagged_account};
use crate::{
    http::{
        api::{
            input::Input,
            operation::{Access, Operation, ResponseHeader, Success, Tag, TypedOperation},
            path::PathUid,
            problem::ErrorCode,
            reply::{Reply, nothing},
            request_body::request_body,
        },
        auth::{Authorized, permission_missing},
        method::RouteMethod,
        state::AppState,
    },
    model::{AttributesPatch, Name, Permission, RoleName},
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

request_body! {
    /// The body of `PATCH /api/v1/users/{id}`.
    pub struct ChangeUser: patch {
        /// A new name.
        #[example = "Ann"]
        pub name: Option<Name>,
        /// The name of a new role.
        #[example = "user"]
        pub role: Option<RoleName>,
        /// Whether the user must change the password before anything else.
        #[example = "false"]
        pub must_change_password: Option<bool>,
        /// Changes of the attributes: null removes a member, and null for the whole removes all. They must not exceed
        /// 8192 bytes as compact JSON.
        #[example = r#"{"locale": "en"}"#]
        pub attributes: Option<AttributesPatch>,
        /// Changes of the attributes that only administrators see.
        #[example = r#"{"plan": "team"}"#]
        pub admin_attributes: Option<AttributesPatch>,
    }
}

pub static SHOW: TypedOperation = TypedOperation::new(Operation {
    summary: "Show an account",
    description: "Any account.",
    access: Access::Permission(Permission::UsersRead),
    ..Operation::new(
        RouteMethod::Get,
        PATH,
        "showUser",
        Tag::Users,
        Success::ok::<UserBody<'_>>("The account.", &[ResponseHeader::ETag]),
    )
});

pub static CHANGE: TypedOperation<ChangeUser> = TypedOperation::new(Operation {
    summary: "Change an account",
    description: "Changes the sent members (RFC 7396). A change of the role also requires the permission `roles:write`. If \
        the new role has permissions that the old one lacks, all sessions of the user end.",
    access: Access::Permission(Permission::UsersWrite),
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
        Success::ok::<UserBody<'_>>("The changed account.", &[ResponseHeader::ETag]),
    )
});

pub static DELETE: TypedOperation = TypedOperation::new(Operation {
    summary: "Delete an account",
    description: "Deletes the account and ends its sessions. Its `id` is never reused.",
    access: Access::Permission(Permission::UsersWrite),
    is_conditional: true,
    problems: &[ErrorCode::AuthorityExceeded, ErrorCode::OwnAccount, ErrorCode::LastAdministrator],
    ..Operation::new(
        RouteMethod::Delete,
        PATH,
        "deleteUser",
        Tag::Users,
        Success::nothing("The account was deleted.", &[]),
    )
});

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
    let Input { body, precondition, .. } = Input::read(request, &CHANGE).await?;
    let mut changes = Changes {
        name: body.name,
        role: None,
        must_change_password: body.must_change_password,
        attributes: body.attributes,
        admin_attributes: body.admin_attributes,
    };
    if let Some(role) = body.role {
        let what = format!("PATCH /api/v1/users/{uid} (role)");
        let authority = can.holder().demand::<RolesWrite>(&app, &what).await?;
        let authority = authority.ok_or_else(permission_missing::<RolesWrite>)?;
        changes.role = Some(RoleGrant { role: role.as_text().to_owned(), authority });
    }
    let account = edit::as_administrator(&app, &can, uid, &changes, &precondition).await??;
    Ok(tagged_account(StatusCode::OK, &account, Viewer::Administrator))
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
