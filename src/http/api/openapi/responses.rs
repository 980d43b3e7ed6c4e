//! The responses of an operation in the OpenAPI document: its success, and all of its problems.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::http::api::{
    invalid::InvalidBody,
    operation::{Content, Operation},
    problem::{CONTENT_TYPE, ErrorCode, ProblemBody},
    response_body::ResponseBody,
    schema::with,
};

/// The place of the headers in `components`.
const HEADERS: &str = "#/components/headers/";

/// Returns the responses of `operation`, one of `operations`.
pub fn responses(operation: &Operation, operations: &[&Operation]) -> Value {
    let mut responses = Map::new();
    let success = &operation.success;
    responses.insert(success.status.as_u16().to_string(), succeeded(operation, operations));
    let mut by_status: BTreeMap<u16, Vec<ErrorCode>> = BTreeMap::new();
    for code in operation.problems() {
        by_status.entry(code.entry().status.as_u16()).or_default().push(code);
    }
    for (status, codes) in by_status {
        responses.insert(status.to_string(), refused(status, &codes));
    }
    // The HTTP library sends this one, before the server sees a request.
    responses.insert("431".to_owned(), json!({ "description": "Header fields too large. The response has no body." }));
    Value::Object(responses)
}

fn succeeded(operation: &Operation, operations: &[&Operation]) -> Value {
    let success = &operation.success;
    let headers =
        success.headers.iter().fold(common_headers(), |all, header| with(all, header.name(), reference(header.name())));
    let response = json!({ "description": success.meaning, "headers": headers, "links": links(operation, operations) });
    let (schema, example) = match success.content {
        Content::Nothing => return response,
        Content::One(object) => (object.reference(), object.example()),
        Content::Page(object) => {
            let schema = json!({ "$ref": format!("#/components/schemas/{}", object.page_schema().0) });
            (schema, json!({ "items": [object.example()], "next": null }))
        }
    };
    with(response, "content", json!({ "application/json": { "schema": schema, "example": example } }))
}

/// Returns links from a created resource to the operations on it, which are below the same path.
fn links(operation: &Operation, operations: &[&Operation]) -> Value {
    let is_on_it = |other: &&&Operation| {
        let rest = other.path.strip_prefix(operation.path).and_then(|rest| rest.strip_prefix("/{"));
        operation.success.status == StatusCode::CREATED && rest.is_some_and(|rest| !rest.contains('{'))
    };
    let link = |other: &&Operation| {
        let names = other.path_parameters().map(|name| (name.to_owned(), format!("$response.body#/{name}").into()));
        let parameters: Map<String, Value> = names.collect();
        (other.id.to_owned(), json!({ "operationId": other.id, "parameters": parameters }))
    };
    Value::Object(operations.iter().filter(is_on_it).map(link).collect())
}

fn refused(status: u16, codes: &[ErrorCode]) -> Value {
    let mut headers = common_headers();
    if status == 401 {
        headers = with(headers, "WWW-Authenticate", reference("WWW-Authenticate"));
    }
    if matches!(status, 429 | 503) {
        headers = with(headers, "Retry-After", reference("Retry-After"));
    }
    let words: Vec<&str> = codes.iter().map(|code| code.entry().word).collect();
    let titles: Vec<&str> = codes.iter().map(|code| code.entry().title).collect();
    let examples: Map<String, Value> = words
        .iter()
        .map(|word| ((*word).to_owned(), json!({ "$ref": format!("#/components/examples/{word}") })))
        .collect();
    let narrower = json!({ "code": { "enum": words }, "status": { "const": status } });
    let schema = with(ProblemBody::OBJECT.reference(), "properties", narrower);
    json!({
        "description": format!("{}.", titles.join(", or: ")),
        "headers": headers,
        "content": { CONTENT_TYPE: { "schema": schema, "examples": examples } },
    })
}

fn common_headers() -> Value {
    json!({ "X-Request-Id": reference("X-Request-Id"), "Cache-Control": reference("Cache-Control") })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("{HEADERS}{name}") })
}

/// Returns all response headers, for `components`.
pub fn headers() -> Value {
    let header = |description: &str, example: &str| {
        let schema = json!({ "type": "string" });
        json!({ "description": description, "required": true, "schema": schema, "example": example })
    };
    json!({
        "X-Request-Id": header("The request id, as in the server's log.", "5f3a9c01-2a"),
        "Cache-Control": header("Responses must not be stored.", "no-store"),
        "WWW-Authenticate": header("The accepted kind of credentials.", "Bearer"),
        "ETag": header("The version, for `If-Match`.", "\"7\""),
        "Location": header("The address of the new resource.", "/api/v1/users/019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10"),
        "Set-Cookie": {
            "description": "The session cookie, set or removed, and at a login the cookie of a known device. Absent if the token is in \
                the body.",
            "schema": { "type": "string" },
            "example": "session=dws_…; Path=/; HttpOnly; SameSite=Lax",
        },
        "Clear-Site-Data": header("Makes the browser clear its cache.", "\"cache\""),
        "Retry-After": {
            "description": "The seconds until a repetition may succeed.",
            "schema": { "type": "integer", "minimum": 1 },
            "required": true,
            "example": 1,
        },
    })
}

/// Returns an example of each problem, for `components`.
pub fn examples() -> Value {
    let example = |code: &ErrorCode| {
        let entry = code.entry();
        let value = json!({
            "type": format!("/docs#{}", entry.word),
            "title": entry.title,
            "status": entry.status.as_u16(),
            "detail": entry.meaning,
            "code": entry.word,
            "request_id": "5f3a9c01-2a",
        });
        let value = if *code == ErrorCode::InvalidInput {
            with(value, "errors", json!([InvalidBody::OBJECT.example()]))
        } else {
            value
        };
        (entry.word.to_owned(), json!({ "summary": entry.title, "value": value }))
    };
    Value::Object(ErrorCode::ALL.iter().map(example).collect())
}
