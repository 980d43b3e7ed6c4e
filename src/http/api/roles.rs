//! `/api/v1/roles`: named sets of permissions.

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};

use super::{
    input::Input,
    operation::{Access, Operation, ResponseHeader, Success, Tag, TypedOperation},
    path::PathRole,
    problem::ErrorCode,
    reply::{Reply, located, nothing, object, page, tagged},
    request_body::request_body,
    response_body::response_body,
};
use crate::{
    app::App,
    http::{auth::Authorized, method::RouteMethod, route::Route, state::AppState},
    model::{Permission, Permissions, Role, RoleName, UnixMillis},
    ops::{
        RolesWrite,
        idempotency::IdempotencyKey,
        roles::{create, edit},
    },
    store::roles,
};

const PATH: &str = "/api/v1/roles";
const ONE: &str = "/api/v1/roles/{name}";
const ACCESS: Access = Access::Permission(Permission::RolesWrite);

request_body! {
    /// The body of `POST /api/v1/roles`.
    pub struct NewRole: required {
        /// The name of the role.
        #[example = "support"]
        pub name: RoleName,
        /// The permissions: Doorward's own, and any `noun:verb` of the application.
        #[example = r#"["users:read", "sessions:read"]"#]
        pub permissions: Permissions,
    }
}

request_body! {
    /// The body of `PATCH /api/v1/roles/{name}`.
    pub struct ChangeRole: patch {
        /// The permissions: Doorward's own, and any `noun:verb` of the application.
        #[example = r#"["users:read", "sessions:read"]"#]
        pub permissions: Permissions,
    }
}

response_body! {
    /// A named set of permissions.
    #[example = r#"{
        "name": "support", "permissions": ["sessions:read", "users:read"], "created_at": "2026-11-22T12:00:00Z"
    }"#]
    pub struct RoleBody<'a>: "Role" {
        /// The name, which never changes.
        pub name: &'a str,
        /// The permissions, each once and in alphabetical order.
        pub permissions: Vec<&'a str>,
        /// The time of creation.
        pub created_at: UnixMillis,
    }
}

impl<'a> RoleBody<'a> {
    fn of(role: &'a Role) -> Self {
        Self { name: &role.name, permissions: role.permissions.words().collect(), created_at: role.created_at }
    }
}

static LIST: TypedOperation = TypedOperation::new(Operation {
    summary: "List roles",
    description: "All roles, by name.",
    access: ACCESS,
    ..Operation::new(
        RouteMethod::Get,
        PATH,
        "listRoles",
        Tag::Roles,
        Success::page::<RoleBody<'_>>("The roles; all of them on one page."),
    )
});

static CREATE: TypedOperation<NewRole> = TypedOperation::new(Operation {
    summary: "Create a role",
    description: "Creates a role. The caller must hold all of its permissions.",
    access: ACCESS,
    is_idempotent: true,
    problems: &[ErrorCode::AuthorityExceeded, ErrorCode::RoleNameTaken, ErrorCode::TooManyRoles],
    ..Operation::new(
        RouteMethod::Post,
        PATH,
        "createRole",
        Tag::Roles,
        Success::created::<RoleBody<'_>>("The role was created.", &[ResponseHeader::Location, ResponseHeader::ETag]),
    )
});

static SHOW: TypedOperation = TypedOperation::new(Operation {
    summary: "Show a role",
    description: "Any role.",
    access: ACCESS,
    ..Operation::new(
        RouteMethod::Get,
        ONE,
        "showRole",
        Tag::Roles,
        Success::ok::<RoleBody<'_>>("The role.", &[ResponseHeader::ETag]),
    )
});

static CHANGE: TypedOperation<ChangeRole> = TypedOperation::new(Operation {
    summary: "Change a role",
    description: "Replaces the permissions. They apply from the next request of every user with the role. The role `admin` \
        keeps all of Doorward's own permissions.",
    access: ACCESS,
    is_conditional: true,
    problems: &[ErrorCode::AuthorityExceeded, ErrorCode::LastAdministrator, ErrorCode::RoleIsBuiltIn],
    ..Operation::new(
        RouteMethod::Patch,
        ONE,
        "changeRole",
        Tag::Roles,
        Success::ok::<RoleBody<'_>>("The changed role.", &[ResponseHeader::ETag]),
    )
});

static DELETE: TypedOperation = TypedOperation::new(Operation {
    summary: "Delete a role",
    description: "Deletes a role that no user has.",
    access: ACCESS,
    is_conditional: true,
    problems: &[ErrorCode::AuthorityExceeded, ErrorCode::RoleInUse, ErrorCode::RoleIsBuiltIn],
    ..Operation::new(RouteMethod::Delete, ONE, "deleteRole", Tag::Roles, Success::nothing("The role was deleted.", &[]))
});

/// Returns the routes of roles, in the order of the documents.
pub fn routes() -> Vec<Route> {
    vec![
        Route::of(&LIST, list),
        Route::of(&CREATE, create),
        Route::of(&SHOW, show),
        Route::of(&CHANGE, change),
        Route::of(&DELETE, delete),
    ]
}

/// `GET /api/v1/roles`
async fn list(_: Authorized<RolesWrite>, State(app): State<AppState>, request: Request) -> Reply {
    Input::read(request, &LIST).await?;
    let roles = roles::all(&mut app.db.read().await?).await?;
    Ok(page(roles.iter().map(RoleBody::of).collect(), None))
}

/// `POST /api/v1/roles`
async fn create(Authorized(can): Authorized<RolesWrite>, State(app): State<AppState>, request: Request) -> Reply {
    let Input { body: NewRole { name, permissions }, idempotency_key, .. } = Input::read(request, &CREATE).await?;
    let asked = format!("{name} {}", permissions.as_text());
    let client = can.holder().user_id();
    let key = idempotency_key.map(|key| IdempotencyKey::new(client, "role", &key, &asked));
    let role = create::create_role(&app, &can, &name, &permissions, key.as_ref()).await??;
    Ok(located(tagged_role(StatusCode::CREATED, &role), &format!("/api/v1/roles/{}", role.name)))
}

/// `GET /api/v1/roles/{name}`
async fn show(
    _: Authorized<RolesWrite>,
    PathRole(name): PathRole,
    State(app): State<AppState>,
    request: Request,
) -> Reply {
    Input::read(request, &SHOW).await?;
    role_now(&app, &name).await
}

/// `PATCH /api/v1/roles/{name}`
async fn change(
    Authorized(can): Authorized<RolesWrite>,
    PathRole(name): PathRole,
    State(app): State<AppState>,
    request: Request,
) -> Reply {
    let Input { body: ChangeRole { permissions }, precondition, .. } = Input::read(request, &CHANGE).await?;
    let role = edit::set_permissions(&app, &can, &name, &permissions, &precondition).await??;
    Ok(tagged_role(StatusCode::OK, &role))
}

/// `DELETE /api/v1/roles/{name}`
async fn delete(
    Authorized(can): Authorized<RolesWrite>,
    PathRole(name): PathRole,
    State(app): State<AppState>,
    request: Request,
) -> Reply {
    let Input { precondition, .. } = Input::read(request, &DELETE).await?;
    edit::delete(&app, &can, &name, &precondition).await??;
    Ok(nothing())
}

async fn role_now(app: &App, name: &RoleName) -> Reply {
    let role = roles::by_name(&mut app.db.read().await?, name.as_text()).await?;
    role.map(|role| tagged_role(StatusCode::OK, &role)).ok_or_else(|| ErrorCode::NotFound.into())
}

/// Returns a role with its tag.
fn tagged_role(status: StatusCode, role: &Role) -> Response {
    tagged(object(status, &RoleBody::of(role)), role.version)
}
