//! `/api/v1/roles`: named sets of permissions.

use super::{
    fields::{Field, Kind, required},
    objects::ROLE,
    openapi::{Header, Operation, RequestBody, Success, Tag, Who},
    problem::Code,
};
use crate::model::Permission;

const PATH: &str = "/api/v1/roles";
const ONE: &str = "/api/v1/roles/{name}";
const WHO: Who = Who::HolderOf(Permission::RolesWrite);

const PERMISSIONS: Field = required(
    "permissions",
    Kind::Permissions,
    "The permissions: Doorward's own, and any `noun:verb` of the application's.",
    r#"["users:read", "sessions:read"]"#,
);

pub const LIST: Operation = Operation {
    summary: "List roles",
    description: "All roles, by name.",
    who: WHO,
    ..Operation::new("get", PATH, "listRoles", Tag::Roles, Success::page("The roles; all of them on one page.", &ROLE))
};

pub const CREATE: Operation = Operation {
    summary: "Create a role",
    description: "Nobody can put a permission into a role that they lack.",
    who: WHO,
    body: Some(RequestBody::required(&[
        required("name", Kind::RoleName, "What the role is to be called.", "support"),
        PERMISSIONS,
    ])),
    is_idempotent: true,
    problems: &[Code::AuthorityExceeded, Code::RoleNameTaken],
    ..Operation::new(
        "post",
        PATH,
        "createRole",
        Tag::Roles,
        Success::created("The role is made.", &ROLE, &[Header::Location, Header::ETag]),
    )
};

pub const SHOW: Operation = Operation {
    summary: "Show a role",
    description: "Any role.",
    who: WHO,
    ..Operation::new("get", ONE, "showRole", Tag::Roles, Success::ok("The role.", &ROLE, &[Header::ETag]))
};

pub const CHANGE: Operation = Operation {
    summary: "Change a role",
    description: "Replaces the permissions; the next request of every holder is judged by them.",
    who: WHO,
    body: Some(RequestBody::patch(&[PERMISSIONS])),
    is_conditional: true,
    problems: &[Code::AuthorityExceeded, Code::RoleIsBuiltIn, Code::LastAdministrator],
    ..Operation::new(
        "patch",
        ONE,
        "changeRole",
        Tag::Roles,
        Success::ok("The role as it is now.", &ROLE, &[Header::ETag]),
    )
};

pub const DELETE: Operation = Operation {
    summary: "Delete a role",
    description: "A role that users have stays.",
    who: WHO,
    is_conditional: true,
    problems: &[Code::AuthorityExceeded, Code::RoleInUse, Code::RoleIsBuiltIn],
    ..Operation::new("delete", ONE, "deleteRole", Tag::Roles, Success::nothing("The role is gone.", &[]))
};
