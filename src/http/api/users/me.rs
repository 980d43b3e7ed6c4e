//! `/api/v1/users/me`: the account of whoever asks.

use super::{CONFIRMATION, CURRENT_PASSWORD};
use crate::http::api::{
    fields::{Kind, optional},
    objects::USER,
    openapi::{Header, Operation, RequestBody, Success, Tag},
    problem::Code,
};

const PATH: &str = "/api/v1/users/me";

pub const SHOW: Operation = Operation {
    summary: "Show one's own account",
    description: "The account of whoever asks.",
    ..Operation::new("get", PATH, "showOwnUser", Tag::Users, Success::ok("One's own account.", &USER, &[Header::ETag]))
};

pub const CHANGE: Operation = Operation {
    summary: "Change one's own account",
    description: "Changes the members that are given (RFC 7396). Another name takes a login of the last five minutes, or \
        `current_password`.",
    body: Some(RequestBody::patch(&[
        optional("name", Kind::NewName, "Another name.", "Ann"),
        CURRENT_PASSWORD,
        optional(
            "attributes",
            Kind::Object,
            "Members to set in the attributes; null takes one away, and null for the whole takes all. They may have 8192 \
             bytes as compact JSON.",
            r#"{"locale": "en"}"#,
        )
        .or_null(),
    ])),
    is_conditional: true,
    problems: &[Code::FreshLoginRequired, Code::WrongCurrentPassword, Code::NameTaken],
    ..Operation::new(
        "patch",
        PATH,
        "changeOwnUser",
        Tag::Users,
        Success::ok("The account as it is now.", &USER, &[Header::ETag]),
    )
};

pub const DELETE: Operation = Operation {
    summary: "Delete one's own account",
    description: "Deletes the account and ends its sessions. Takes a login of the last five minutes, or \
        `current_password`.",
    body: Some(CONFIRMATION),
    is_conditional: true,
    problems: &[Code::FreshLoginRequired, Code::WrongCurrentPassword, Code::LastAdministrator],
    ..Operation::new(
        "delete",
        PATH,
        "deleteOwnUser",
        Tag::Users,
        Success::nothing("The account is gone.", &[Header::SetCookie, Header::ClearSiteData]),
    )
};
