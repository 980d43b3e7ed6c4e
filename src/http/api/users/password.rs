//! `PUT …/password`: another password, for oneself and for somebody else.

use crate::{
    http::api::{
        fields::{Field, Kind, optional, required},
        objects::{SESSION, USER},
        openapi::{Header, Operation, RequestBody, Success, Tag, Who},
        problem::Code,
    },
    model::Permission,
};

const NEW_PASSWORD: Field = required(
    "new_password",
    Kind::NewPassword,
    "The password to be, of at least `password.min_length` characters.",
    "a violin in the greenhouse",
);

pub const CHANGE_OWN: Operation = Operation {
    summary: "Change one's own password",
    description: "All other sessions end, and this one gets a new token: as a cookie, or in the body when the request came \
        with `Authorization: Bearer`.",
    who: Who::SignedInAnyhow,
    body: Some(RequestBody::required(&[
        required("current_password", Kind::Password, "The password until now.", "correct horse battery staple"),
        NEW_PASSWORD,
    ])),
    problems: &[Code::WrongCurrentPassword],
    ..Operation::new(
        "put",
        "/api/v1/users/me/password",
        "changeOwnPassword",
        Tag::Users,
        Success::ok("The password is changed; the session goes on.", &SESSION, &[Header::SetCookie]),
    )
};

pub const SET: Operation = Operation {
    summary: "Set the password of an account",
    description: "Ends all of the user's sessions. Unless told otherwise, the user must choose another password at the next \
        login.",
    who: Who::HolderOf(Permission::UsersWrite),
    body: Some(RequestBody::required(&[
        NEW_PASSWORD,
        optional(
            "must_change_password",
            Kind::Boolean,
            "Whether another password must be chosen before anything else; true when left out.",
            "true",
        ),
    ])),
    problems: &[Code::AuthorityExceeded],
    ..Operation::new(
        "put",
        "/api/v1/users/{id}/password",
        "setPassword",
        Tag::Users,
        Success::ok("The password is set.", &USER, &[Header::ETag]),
    )
};
