//! `/api/v1/users/{id}/sessions`: the sessions of somebody else.

use crate::{
    http::api::{
        objects::DEVICE,
        openapi::{Operation, Success, Tag, Who},
        problem::Code,
    },
    model::Permission,
};

const PATH: &str = "/api/v1/users/{id}/sessions";

pub const LIST: Operation = Operation {
    summary: "List the sessions of a user",
    description: "Where the user is logged in.",
    who: Who::HolderOf(Permission::SessionsRead),
    ..Operation::new(
        "get",
        PATH,
        "listSessionsOfUser",
        Tag::Sessions,
        Success::page("The sessions; all of them on one page.", &DEVICE),
    )
};

pub const END_ALL: Operation = Operation {
    summary: "End all sessions of a user",
    description: "The user is logged out everywhere.",
    who: Who::HolderOf(Permission::SessionsRevoke),
    problems: &[Code::AuthorityExceeded],
    ..Operation::new(
        "delete",
        PATH,
        "endSessionsOfUser",
        Tag::Sessions,
        Success::nothing("The sessions have ended.", &[]),
    )
};

pub const END_ONE: Operation = Operation {
    summary: "End one session of a user",
    description: "A session of another user than the one in the path is not found.",
    who: Who::HolderOf(Permission::SessionsRevoke),
    problems: &[Code::AuthorityExceeded],
    ..Operation::new(
        "delete",
        "/api/v1/users/{id}/sessions/{session}",
        "endSessionOfUser",
        Tag::Sessions,
        Success::nothing("The session has ended.", &[]),
    )
};
