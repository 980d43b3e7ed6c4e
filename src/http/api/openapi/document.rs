//! The OpenAPI 3.1 document, from the descriptions of the operations.
//!
//! Invariant: it depends on the release and on the [`DocumentedSite`], and never on a request.

use serde_json::{Map, Value, json};

use super::{objects::objects, responses};
use crate::http::api::{
    documents::DocumentedSite,
    member_types::ROLE_NAME_PATTERN,
    operation::{Access, Content, Operation, Tag},
    schema::with,
};

/// The introduction of the document and the page.
pub const DESCRIPTION: &str = "Accounts, sessions, roles and an audit log.\n\n\
    Log in with `POST /api/v1/sessions`. A browser gets the session as a cookie. A program requests the token in the body \
    and sends it as `Authorization: Bearer`. Cross-site requests of browsers must not change state. Bodies are JSON \
    objects in UTF-8 of at most 64 KiB. Unknown members, unknown parameters and repeated names are rejected. A list is a \
    page, `{\"items\": [], \"next\": null}`, and `next` is the `cursor` of the next page. Writes accept `If-Match` with the \
    `ETag` of the resource. Creates accept `Idempotency-Key`, so that a repeated request creates one resource. Every \
    error is `application/problem+json`, with a stable `code`.";

/// Returns the document.
pub fn document(site: &DocumentedSite, operations: &[&Operation]) -> Value {
    json!({
        "openapi": "3.1.1",
        "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base",
        "info": {
            "title": "Doorward",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        "servers": [{ "url": if site.prefix.is_empty() { "/" } else { &site.prefix }, "description": "The server of this document." }],
        "tags": Tag::ALL.map(|tag| json!({ "name": tag.describe().0, "description": tag.describe().1 })),
        "paths": paths(operations),
        "components": {
            "schemas": schemas(operations),
            "headers": responses::headers(),
            "examples": responses::examples(),
            "securitySchemes": {
                "cookie": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": site.cookie,
                    "description": "The session of a browser.",
                },
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "dws_ and 43 characters",
                    "description": "The session of a program.",
                },
            },
        },
    })
}

fn paths(operations: &[&Operation]) -> Value {
    let mut paths = Map::new();
    for operation in operations {
        let path = paths.entry(operation.path).or_insert_with(|| json!({}));
        *path = with(path.take(), &operation.method.name().to_lowercase(), describe(operation, operations));
    }
    Value::Object(paths)
}

fn describe(operation: &Operation, operations: &[&Operation]) -> Value {
    let value = json!({
        "operationId": operation.id,
        "tags": [operation.tag.describe().0],
        "summary": operation.summary,
        "description": format!("{}\n\n{}", operation.description, operation.access.sentence()),
        "security": security(operation.access),
        "parameters": parameters(operation),
        "responses": responses::responses(operation, operations),
    });
    let Some(body) = &operation.body else { return value };
    let content = json!({ "schema": body.schema(), "example": body.example() });
    let types = if body.is_patch {
        json!({ "application/json": content, "application/merge-patch+json": content })
    } else {
        json!({ "application/json": content })
    };
    with(value, "requestBody", json!({ "required": !body.is_optional, "content": types }))
}

fn security(access: Access) -> Value {
    match access {
        Access::Public => json!([]),
        Access::PublicOr(_) => json!([{}, { "cookie": [] }, { "bearer": [] }]),
        Access::CurrentUser | Access::Authenticated | Access::Permission(_) => {
            json!([{ "cookie": [] }, { "bearer": [] }])
        }
    }
}

fn parameters(operation: &Operation) -> Vec<Value> {
    let mut parameters: Vec<Value> = operation
        .path_parameters()
        .map(|name| {
            let (meaning, schema) = path_parameter(operation.path, name);
            json!({ "name": name, "in": "path", "required": true, "description": meaning, "schema": schema })
        })
        .collect();
    parameters.extend(operation.query.iter().map(|parameter| {
        json!({
            "name": parameter.name,
            "in": "query",
            "description": parameter.meaning,
            "schema": (parameter.schema)(),
            "example": parameter.example(),
        })
    }));
    if operation.is_conditional {
        parameters.push(json!({
            "name": "If-Match",
            "in": "header",
            "description": "The `ETag` of the version to change, a list of them, or `*`. Without it, any version is \
                            changed.",
            "schema": { "type": "string", "pattern": r#"^(\*|"[1-9][0-9]*"(, "[1-9][0-9]*")*)$"# },
            "example": "\"7\"",
        }));
    }
    if operation.is_idempotent {
        parameters.push(json!({
            "name": "Idempotency-Key",
            "in": "header",
            "description": "Makes the request safe to repeat: the same key and content create one resource.",
            "schema": { "type": "string", "pattern": "^[!-~]{1,255}$" },
            "example": "6f1c2a34-8f0b-4f0e-9a53-2a7f7a3c9d11",
        }));
    }
    parameters
}

/// Returns the description and the schema of a variable part of a path.
fn path_parameter(path: &str, name: &str) -> (&'static str, Value) {
    let uid = json!({ "type": "string", "format": "uuid" });
    match name {
        "name" => {
            let schema = json!({ "type": "string", "maxLength": 64, "pattern": ROLE_NAME_PATTERN });
            ("The name of the role.", schema)
        }
        "id" if path.starts_with("/api/v1/users/") => ("The `id` of the user.", uid),
        _ => ("The `id` of the session.", uid),
    }
}

fn schemas(operations: &[&Operation]) -> Value {
    let mut schemas: Map<String, Value> =
        objects(operations).into_iter().map(|object| (object.name.to_owned(), object.schema())).collect();
    for operation in operations {
        if let Content::Page(object) = operation.success.content {
            schemas.extend([object.page_schema()]);
        }
    }
    Value::Object(schemas)
}

impl Access {
    /// Describes the accepted callers in a sentence.
    pub fn sentence(self) -> String {
        match self {
            Self::Public => "Public.".to_owned(),
            Self::PublicOr(permission) => {
                format!("Public while sign-up is enabled; otherwise requires the permission `{}`.", permission.word())
            }
            Self::CurrentUser => "For signed-in users.".to_owned(),
            Self::Authenticated => "For signed-in users, even while they must change the password first.".to_owned(),
            Self::Permission(permission) => format!("Requires the permission `{}`.", permission.word()),
        }
    }
}
