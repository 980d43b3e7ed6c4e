//! `POST /api/v1/authorize`: may this session do that, and why not.

use super::{
    fields::{Kind, optional, required},
    objects::DECISION,
    openapi::{Operation, RequestBody, Success, Tag},
};

pub const DOC: Operation = Operation {
    summary: "Ask whether the session may do something",
    description: "For the application's own permissions as for Doorward's. The answer is 200 either way.",
    body: Some(RequestBody::required(&[
        required("permission", Kind::Permission, "The permission that it takes.", "invoices:read"),
        optional(
            "resource",
            Kind::Text(200),
            "What it is to be done to, in the application's words. Roles grant a permission for all resources, so this \
             decides nothing.",
            "invoices/42",
        ),
    ])),
    ..Operation::new("post", "/api/v1/authorize", "authorize", Tag::Roles, Success::ok("The decision.", &DECISION, &[]))
};
