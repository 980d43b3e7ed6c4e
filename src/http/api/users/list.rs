//! `GET /api/v1/users`: accounts, by the beginning of their names.

use crate::{
    http::api::{
        cursor::List,
        objects::USER,
        openapi::{Operation, Success, Tag, Who},
        query::{Kind, LIMIT, cursor_of, parameter},
    },
    model::Permission,
};

pub const DOC: Operation = Operation {
    summary: "List accounts",
    description: "Accounts in the order of their folded names, filtered by what is given.",
    who: Who::HolderOf(Permission::UsersRead),
    query: &[
        parameter("name", Kind::NamePrefix, "Only names that begin so; case and width do not count.", "an"),
        parameter("role", Kind::RoleName, "Only users of this role.", "user"),
        parameter("state", Kind::Choice(&["enabled", "disabled"]), "Only accounts in this state.", "enabled"),
        LIMIT,
        cursor_of(List::Users, "AWFubg"),
    ],
    ..Operation::new("get", "/api/v1/users", "listUsers", Tag::Users, Success::page("A page of accounts.", &USER))
};
