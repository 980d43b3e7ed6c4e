//! `/api/v1/users/{id}`: the account of somebody else.

use crate::{
    http::api::{
        fields::{Kind, optional},
        objects::USER,
        openapi::{Header, Operation, RequestBody, Success, Tag, Who},
        problem::Code,
    },
    model::Permission,
};

const PATH: &str = "/api/v1/users/{id}";

pub const SHOW: Operation = Operation {
    summary: "Show an account",
    description: "Any account.",
    who: Who::HolderOf(Permission::UsersRead),
    ..Operation::new("get", PATH, "showUser", Tag::Users, Success::ok("The account.", &USER, &[Header::ETag]))
};

pub const CHANGE: Operation = Operation {
    summary: "Change an account",
    description: "Changes the members that are given (RFC 7396). Another role takes the permission `roles:write` too, and \
        ends no session: the next request is judged by the new role.",
    who: Who::HolderOf(Permission::UsersWrite),
    body: Some(RequestBody::patch(&[
        optional("name", Kind::NewName, "Another name.", "Ann"),
        optional("role", Kind::RoleName, "The name of another role.", "user"),
        optional(
            "must_change_password",
            Kind::Boolean,
            "Whether another password must be chosen before anything else.",
            "false",
        ),
        optional(
            "attributes",
            Kind::Object,
            "Members to set in the attributes; null takes one away, and null for the whole takes all. They may have 8192 \
             bytes as compact JSON.",
            r#"{"locale": "en"}"#,
        )
        .or_null(),
        optional(
            "admin_attributes",
            Kind::Object,
            "The same for what administrators alone see.",
            r#"{"plan": "team"}"#,
        )
        .or_null(),
    ])),
    is_conditional: true,
    problems: &[Code::AuthorityExceeded, Code::NameTaken, Code::LastAdministrator],
    ..Operation::new(
        "patch",
        PATH,
        "changeUser",
        Tag::Users,
        Success::ok("The account as it is now.", &USER, &[Header::ETag]),
    )
};

pub const DELETE: Operation = Operation {
    summary: "Delete an account",
    description: "Deletes the account and ends its sessions. Its `id` is never given out again.",
    who: Who::HolderOf(Permission::UsersWrite),
    is_conditional: true,
    problems: &[Code::AuthorityExceeded, Code::LastAdministrator],
    ..Operation::new("delete", PATH, "deleteUser", Tag::Users, Success::nothing("The account is gone.", &[]))
};
