//! `POST /api/v1/users/{id}/disable` and `…/enable`: accounts closed and opened again.

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
    problems: &[Code::AuthorityExceeded, Code::LastAdministrator],
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
    problems: &[Code::AuthorityExceeded],
    ..Operation::new(
        "post",
        "/api/v1/users/{id}/enable",
        "enableUser",
        Tag::Users,
        Success::ok("The account is enabled.", &USER, &[Header::ETag]),
    )
};
