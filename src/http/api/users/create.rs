//! `POST /api/v1/users`: sign-up, and accounts that administrators make.

use crate::{
    http::api::{
        fields::{Kind, optional, required},
        objects::USER,
        openapi::{Header, Operation, RequestBody, Success, Tag, Who},
        problem::Code,
    },
    model::Permission,
};

pub const DOC: Operation = Operation {
    summary: "Sign up, or create an account",
    description: "Makes an account. Holders of `users:write` may also say `must_change_password` and the attributes, \
        and, with `roles:write`, a role other than `user`. That a name is taken cannot be hidden here.",
    who: Who::AnybodyOr(Permission::UsersWrite),
    body: Some(RequestBody::required(&[
        required("name", Kind::NewName, "What the account is to be called.", "Ann"),
        required(
            "password",
            Kind::NewPassword,
            "The password: at least `password.min_length` characters (15 unless configured otherwise), at most 1024, of \
             any kind; not the name and not a common one.",
            "correct horse battery staple",
        ),
        optional("role", Kind::RoleName, "The name of a role; `user` when left out.", "user"),
        optional(
            "must_change_password",
            Kind::Boolean,
            "Whether another password must be chosen before anything else.",
            "false",
        ),
        optional("attributes", Kind::Object, "What the application keeps of the user.", r#"{"locale": "en"}"#),
        optional(
            "admin_attributes",
            Kind::Object,
            "What the application keeps of the user for administrators alone.",
            r#"{"plan": "team"}"#,
        ),
    ])),
    is_idempotent: true,
    problems: &[Code::SignUpDisabled, Code::AuthorityExceeded, Code::NameTaken],
    ..Operation::new(
        "post",
        "/api/v1/users",
        "createUser",
        Tag::Users,
        Success::created("The account is made.", &USER, &[Header::Location, Header::ETag]),
    )
};
