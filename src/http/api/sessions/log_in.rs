//! `POST /api/v1/sessions`: log in.

use crate::http::api::{
    fields::{Kind, optional, required},
    objects::SESSION,
    openapi::{Header, Operation, RequestBody, Success, Tag, Who},
    problem::Code,
};

pub const DOC: Operation = Operation {
    summary: "Log in",
    description: "Begins a session. The answer to an unknown name, a wrong password and a disabled account is the same. A \
        session that the request came with ends.",
    who: Who::Anybody,
    body: Some(RequestBody::required(&[
        required("name", Kind::KnownName, "The name of the account; case and width do not count.", "Ann"),
        required("password", Kind::Password, "Its password.", "correct horse battery staple"),
        optional(
            "token",
            Kind::Choice(&["cookie", "body"]),
            "Where the session's token goes: into a cookie, for browsers, or into the body, for programs. `cookie` when left \
             out.",
            "body",
        ),
    ])),
    problems: &[Code::WrongCredentials],
    ..Operation::new(
        "post",
        "/api/v1/sessions",
        "logIn",
        Tag::Sessions,
        Success::created("The session has begun.", &SESSION, &[Header::Location, Header::SetCookie]),
    )
};
