//! `/api/v1/sessions`: one's own devices.

use crate::http::api::{
    objects::DEVICE,
    openapi::{Operation, Success, Tag},
    problem::Code,
    users::CONFIRMATION,
};

const PATH: &str = "/api/v1/sessions";

pub const LIST: Operation = Operation {
    summary: "List one's own sessions",
    description: "Where one is logged in.",
    ..Operation::new(
        "get",
        PATH,
        "listSessions",
        Tag::Sessions,
        Success::page("The sessions; all of them on one page.", &DEVICE),
    )
};

pub const END_OTHERS: Operation = Operation {
    summary: "End one's other sessions",
    description: "Ends all of one's sessions but the one that the request came with. Takes a login of the last five \
        minutes, or `current_password`.",
    body: Some(CONFIRMATION),
    problems: &[Code::FreshLoginRequired, Code::WrongCurrentPassword],
    ..Operation::new(
        "delete",
        PATH,
        "endOtherSessions",
        Tag::Sessions,
        Success::nothing("The other sessions have ended.", &[]),
    )
};

pub const END_ONE: Operation = Operation {
    summary: "End one of one's own sessions",
    description: "Ends one session. Takes a login of the last five minutes, or `current_password`.",
    body: Some(CONFIRMATION),
    problems: &[Code::FreshLoginRequired, Code::WrongCurrentPassword],
    ..Operation::new(
        "delete",
        "/api/v1/sessions/{id}",
        "endSession",
        Tag::Sessions,
        Success::nothing("The session has ended.", &[]),
    )
};
