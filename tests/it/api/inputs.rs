//! Invalid requests to every operation of `/openapi.json`. F1, G1, G2, G5, C12 and G16 of threats.md.
//!
//! The operations, their members and their parameters are read from the document, so that a new one is tested too.
//! An administrator sends everything, so that only the form of a request can be wrong. Invariant: nothing is changed.

use doorward_test_macros::async_test;
use std::collections::BTreeMap;

use axum::http::Method;
use serde_json::{Map, Value, json};

use crate::support::{Client, Reply, Site};

/// An operation of the document, with the members and parameters that it accepts.
struct Operation {
    method: Method,
    path: String,
    /// The members of its body, by name, if it has a body.
    members: Option<Map<String, Value>>,
    required: Vec<String>,
    parameters: Vec<String>,
    example: Value,
}

impl Operation {
    async fn send(&self, client: &Client, body: &str) -> Reply {
        let body = body.to_owned();
        client.clone().send_raw(self.method.clone(), &self.path, Some("application/json"), body).await
    }

    /// A valid body with the required members, altered by `change`.
    fn body(&self, change: impl FnOnce(&mut Map<String, Value>)) -> String {
        let mut members = Map::new();
        for name in &self.required {
            members.insert(name.clone(), self.example[name].clone());
        }
        change(&mut members);
        Value::Object(members).to_string()
    }
}

/// A site with one resource of each kind, an administrator, and all operations on these resources.
async fn site() -> (Site, Client, Vec<Operation>) {
    let site = Site::new().await;
    let root = site.holder("root", "audit:read roles:write sessions:read sessions:revoke users:read users:write").await;
    site.admin("other").await;
    site.user("ann").await;
    site.role("support", "").await;
    let ann = site.uid_of("ann").await;
    let session = site.sessions_of("ann").await.remove(0);
    let document = site.anon().get("/openapi.json").await.json();
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let content = &operation["requestBody"]["content"]["application/json"];
            let schema = &content["schema"];
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let in_query = parameters.iter().filter(|parameter| parameter["in"] == "query");
            let path = match path.as_str() {
                "/api/v1/sessions/{id}" => path.replace("{id}", &session),
                path => path.replace("{id}", &ann).replace("{session}", &session).replace("{name}", "support"),
            };
            operations.push(Operation {
                method: Method::from_bytes(method.to_ascii_uppercase().as_bytes()).unwrap(),
                path,
                members: schema["properties"].as_object().cloned(),
                required: serde_json::from_value(schema["required"].clone()).unwrap_or_default(),
                parameters: in_query.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect(),
                example: examples(schema),
            });
        }
    }
    assert!(operations.len() >= 25, "{}", operations.len());
    (site, root, operations)
}

/// The examples of the members, as an object.
fn examples(schema: &Value) -> Value {
    let properties = schema["properties"].as_object().cloned().unwrap_or_default();
    properties.into_iter().map(|(name, member)| (name, member["examples"][0].clone())).collect::<Map<_, _>>().into()
}

// F1, G2
#[async_test]
async fn unknown_members_are_refused_by_every_body() {
    let (site, root, operations) = site().await;
    let before = site.dump().await;
    let mut tried = 0;
    for operation in operations.iter().filter(|operation| operation.members.is_some()) {
        for name in [
            "is_admin",
            "id",
            "uid",
            "password_hash",
            "version",
            "Name",
            "ROLE",
            "~a/b",
            "",
            "\u{ff52}ole",
            "__proto__",
        ] {
            let body = operation.body(|members| drop(members.insert(name.to_owned(), json!("admin"))));
            let reply = operation.send(&root, &body).await;
            let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
            reply.assert_invalid(&pointer, "unknown");
            tried += 1;
        }
        // At most 20 errors are listed.
        let body = operation.body(|members| {
            members.extend((0..3000).map(|number| (format!("x{number}"), Value::Null)));
        });
        let problem = operation.send(&root, &body).await.assert_problem(422, "invalid_input");
        assert_eq!(problem["errors"].as_array().unwrap().len(), 20);
    }
    assert!(tried > 100);
    assert_eq!(site.dump().await, before);
}

#[async_test]
async fn every_member_has_its_type_and_required_ones_must_exist() {
    let (site, root, operations) = site().await;
    let before = site.dump().await;
    let mut tried = BTreeMap::new();
    for operation in &operations {
        let Some(members) = &operation.members else { continue };
        for (name, schema) in members {
            let types: Vec<&str> = match &schema["type"] {
                Value::Array(types) => types.iter().map(|kind| kind.as_str().unwrap()).collect(),
                kind => vec![kind.as_str().unwrap_or_else(|| panic!("{name}: {schema}"))],
            };
            for (kind, value) in [
                ("null", Value::Null),
                ("boolean", json!(true)),
                ("integer", json!(1)),
                ("integer", json!(-9_223_372_036_854_775_808_i64)),
                ("number", json!(1.5)),
                ("string", json!("x")),
                ("array", json!([])),
                ("object", json!({})),
            ] {
                if !types.contains(&kind) {
                    let body = operation.body(|members| drop(members.insert(name.clone(), value)));
                    operation.send(&root, &body).await.assert_invalid(&format!("/{name}"), "wrong_type");
                    *tried.entry(kind).or_insert(0) += 1;
                }
            }
            if operation.required.contains(name) {
                let body = operation.body(|members| drop(members.remove(name)));
                operation.send(&root, &body).await.assert_invalid(&format!("/{name}"), "missing");
            }
        }
    }
    assert!(tried.len() == 7 && tried.values().all(|count| *count > 5), "{tried:?}");
    assert_eq!(site.dump().await, before);
}

// G1, G4, and bodies that are not a JSON object.
#[async_test]
async fn a_body_must_be_one_object_without_duplicate_names() {
    let (site, root, operations) = site().await;
    let before = site.dump().await;
    for operation in operations.iter().filter(|operation| operation.members.is_some()) {
        let whole = operation.body(|_| ());
        let rest = whole.trim_start_matches('{').trim_end_matches('}').to_owned();
        let comma = if rest.is_empty() { "" } else { "," };
        for body in [
            // A `DELETE` may have a content type without a body.
            (if operation.method == Method::DELETE { " " } else { "" }).to_owned(),
            "null".to_owned(),
            "[]".to_owned(),
            format!("[{whole}]"),
            format!("{whole}{whole}"),
            whole[..whole.len() - 1].to_owned(),
            format!("{{{rest}{comma}\"name\":\"a\",\"name\":\"a\"}}"),
            format!("{{{rest}{comma}\"attributes\":{{\"a\":1,\"a\":1}}}}"),
            format!("{{{rest}{comma}\"attributes\":[{{\"b\":{{\"a\":1,\"\\u0061\":2}}}}]}}"),
            format!("{{{rest}{comma}\"attributes\":1e400}}"),
            format!("{{{rest}{comma}}}x"),
            format!("{{{rest}{comma}\"a\":NaN}}"),
            format!("{{{rest}{comma}'a':1}}"),
            format!("{{{rest}{comma}\"a\":\"\\ud800\"}}"),
            format!("{{{rest}{comma}\"a\":{}", "[".repeat(30_000)),
            format!("{{{rest}{comma}\"a\":{}", "{\"a\":".repeat(10_000)),
            format!("\u{feff}{whole}"),
        ] {
            let problem = operation.send(&root, &body).await.assert_problem(400, "malformed_body");
            assert!(problem["detail"].as_str().unwrap().len() < 200);
        }
        for content_type in [
            Some("text/plain"),
            Some("application/x-www-form-urlencoded"),
            Some("application/json, text/plain"),
            Some("application/json; charset=utf-16"),
            Some(""),
        ] {
            let reply =
                root.clone().send_raw(operation.method.clone(), &operation.path, content_type, whole.clone()).await;
            reply.assert_problem(415, "unsupported_media_type");
        }
        let latin: Vec<u8> = b"{\"a\":\"\xe9\"}".to_vec();
        let reply =
            root.clone().send_raw(operation.method.clone(), &operation.path, Some("application/json"), latin).await;
        reply.assert_problem(400, "malformed_body");
        let reply = operation.send(&root, &" ".repeat(65_537)).await;
        reply.assert_problem(413, "body_too_large");
    }
    assert_eq!(site.dump().await, before);
}

// G5, C12
#[async_test]
async fn queries_are_refused_by_name_and_value() {
    let (site, root, operations) = site().await;
    let before = site.dump().await;
    for operation in &operations {
        let send = async |query: &str| {
            let body = if operation.members.is_some() { operation.body(|_| ()) } else { String::new() };
            let content_type = operation.members.is_some().then_some("application/json");
            let path = format!("{}?{query}", operation.path);
            root.clone().send_raw(operation.method.clone(), &path, content_type, body).await
        };
        for name in ["sort", "order", "Limit", "access_token", "x%00", "limit[]", "%0d%0aX:"] {
            let shown = name.replace("%00", "\0").replace("%0d%0a", "\r\n");
            send(&format!("{name}=1")).await.assert_invalid(&format!("?{shown}"), "unknown");
        }
        send("%ff=1").await.assert_invalid("?%ff", "malformed");
        for name in &operation.parameters {
            let right = if name == "limit" { "1" } else { "" };
            let twice = send(&format!("{name}={right}&{name}={right}")).await.assert_problem(422, "invalid_input");
            let errors = twice["errors"].as_array().unwrap();
            assert!(errors.iter().any(|error| error["code"] == "repeated"), "{twice}");
            for wrong in ["%ff", "%", "%zz", "%c0%80"] {
                send(&format!("{name}={wrong}")).await.assert_invalid(&format!("?{name}"), "malformed");
            }
        }
        if !operation.parameters.iter().any(|name| name == "limit") {
            continue;
        }
        for (wrong, code) in [
            ("0", "out_of_range"),
            ("101", "out_of_range"),
            ("1000000000", "out_of_range"),
            ("9223372036854775808", "out_of_range"),
            ("340282366920938463463374607431768211456", "out_of_range"),
            ("-1", "malformed"),
            ("%2B1", "malformed"),
            ("1.5", "malformed"),
            ("1e2", "malformed"),
            ("0x10", "malformed"),
            ("%221%22", "malformed"),
            ("", "malformed"),
            ("%201", "malformed"),
            ("%D9%A1", "malformed"),
        ] {
            send(&format!("limit={wrong}")).await.assert_invalid("?limit", code);
        }
        send("limit=001").await.assert_status(200);
    }
    assert_eq!(site.dump().await, before);
}
