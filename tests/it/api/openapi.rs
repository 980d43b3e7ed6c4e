//! `/openapi.json` agrees with the code: it has the router's routes, its references resolve, and its examples match its
//! schemas.

use doorward_test_macros::async_test;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::support::{Site, routes};

async fn document() -> Value {
    Site::new().await.anon().get("/openapi.json").await.json()
}

/// The methods of each path under `/api/v1`, as the router has them.
fn api_routes() -> BTreeMap<String, BTreeSet<String>> {
    let mut paths: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (method, path) in routes().into_iter().filter(|(_, path)| path.starts_with("/api/")) {
        paths.entry(path).or_default().insert(method.to_lowercase());
    }
    paths
}

#[async_test]
async fn the_openapi_document_has_exactly_the_routes() {
    let document = document().await;
    let mut documented: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        documented.insert(path.clone(), operations.as_object().unwrap().keys().cloned().collect());
    }
    let routes = api_routes();
    assert!(routes == documented, "router: {routes:#?}\ndocument: {documented:#?}");
}

#[async_test]
async fn every_reference_resolves_and_every_component_is_used() {
    fn walk<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|value| walk(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| walk(value, found)),
            _ => {}
        }
    }
    let document = document().await;
    let mut references = BTreeSet::new();
    walk(&document, &mut references);
    for reference in &references {
        assert!(document.pointer(reference.strip_prefix('#').unwrap()).is_some(), "{reference}");
    }
    for kind in ["schemas", "headers", "examples"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            let reference = format!("#/components/{kind}/{name}");
            // The response to a method without an operation.
            if name != "method_not_allowed" {
                assert!(references.contains(reference.as_str()), "{reference}");
            }
        }
    }
}

/// Every operation with its path and method.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, operations)| {
            operations
                .as_object()
                .unwrap()
                .iter()
                .map(move |(method, operation)| (format!("{method} {path}"), operation))
        })
        .collect()
}

#[async_test]
async fn every_operation_has_a_unique_id_and_all_its_responses() {
    let document = document().await;
    let mut ids = BTreeSet::new();
    let operations = operations(&document);
    assert_eq!(operations.len(), 29);
    for (line, operation) in operations {
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{line}");
        let responses = operation["responses"].as_object().unwrap();
        assert_eq!(responses.keys().filter(|status| status.starts_with('2')).count(), 1, "{line}");
        // The server itself sends the first four.
        for status in ["400", "414", "421", "431", "422", "500", "503"] {
            assert!(responses.contains_key(status), "{line} {status}");
        }
        let security = operation["security"].as_array().unwrap();
        let is_guarded = !security.is_empty() && security.iter().all(|scheme| !scheme.as_object().unwrap().is_empty());
        let is_login = line == "post /api/v1/sessions";
        assert_eq!(is_guarded, !is_login && line != "post /api/v1/users", "{line}");
        assert!(!is_guarded || responses.contains_key("401"), "{line}");
        assert_eq!(operation.get("requestBody").is_some(), responses.contains_key("415"), "{line}");
        // The HTTP library sends 431, without a body and without these headers.
        for (status, response) in responses.iter().filter(|(status, _)| *status != "431") {
            let headers = response["headers"].as_object().unwrap();
            assert!(headers.contains_key("X-Request-Id"), "{line} {status}");
            assert_eq!(
                headers.contains_key("Retry-After"),
                matches!(status.as_str(), "429" | "503"),
                "{line} {status}"
            );
            assert_eq!(headers.contains_key("WWW-Authenticate"), status == "401", "{line} {status}");
            assert_eq!(response.get("content").is_none(), status == "204", "{line} {status}");
        }
        let links = responses.get("201").map_or(0, |created| created["links"].as_object().unwrap().len());
        let expected = match line.as_str() {
            "post /api/v1/users" => 9,
            "post /api/v1/roles" => 3,
            "post /api/v1/sessions" => 1,
            _ => 0,
        };
        assert_eq!(links, expected, "{line}");
        for name in line.split('{').skip(1).map(|rest| rest.split('}').next().unwrap()) {
            let parameters = operation["parameters"].as_array().unwrap();
            assert!(
                parameters.iter().any(|parameter| parameter["in"] == "path" && parameter["name"] == name),
                "{line}"
            );
        }
    }
}

/// Checks `value` against the part of JSON Schema that the document uses.
pub fn assert_fits(document: &Value, schema: &Value, value: &Value, at: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        assert_fits(document, document.pointer(&reference[1..]).unwrap(), value, at);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let choice = choices.iter().find(|choice| (choice["type"] == "null") == value.is_null());
        return assert_fits(document, choice.unwrap_or_else(|| panic!("{at}: {value}")), value, at);
    }
    let name = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let types = [&schema["type"]].into_iter().chain(schema["type"].as_array().into_iter().flatten());
    let types: Vec<&str> = types.filter_map(Value::as_str).collect();
    assert!(types.is_empty() || types.contains(&name), "{at}: {value} is none of {types:?}");
    if let Some(words) = schema["enum"].as_array() {
        assert!(words.contains(value), "{at}: {value}");
    }
    if let Some(items) = value.as_array() {
        items.iter().enumerate().for_each(|(index, item)| {
            assert_fits(document, &schema["items"], item, &format!("{at}/{index}"));
        });
    }
    let Some(members) = value.as_object() else { return };
    for name in schema["required"].as_array().into_iter().flatten() {
        assert!(members.contains_key(name.as_str().unwrap()), "{at}: no {name}");
    }
    for (name, member) in members {
        match schema["properties"].get(name) {
            Some(schema) => assert_fits(document, schema, member, &format!("{at}/{name}")),
            None => assert_ne!(schema["additionalProperties"], false, "{at}: {name} is not documented"),
        }
    }
}

#[async_test]
async fn every_example_matches_its_schema() {
    let document = document().await;
    let mut checked = 0;
    let mut check = |content: &Value, line: &str| {
        for content in content.as_object().into_iter().flatten().map(|(_, content)| content) {
            let named = content["examples"].as_object().into_iter().flatten().map(|(_, example)| {
                let reference = example["$ref"].as_str().unwrap();
                &document.pointer(&reference[1..]).unwrap()["value"]
            });
            for example in content.get("example").into_iter().chain(named) {
                assert_fits(&document, &content["schema"], example, line);
                checked += 1;
            }
        }
    };
    for (line, operation) in operations(&document) {
        check(&operation["requestBody"]["content"], &line);
        for (status, response) in operation["responses"].as_object().unwrap() {
            check(&response["content"], &format!("{line} {status}"));
        }
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        for example in schema["examples"].as_array().into_iter().flatten() {
            assert_fits(&document, schema, example, name);
            checked += 1;
        }
    }
    assert!(checked > 250, "{checked}");
}

#[async_test]
async fn the_document_has_the_cookie_name_of_the_site() {
    for (url, name) in [("", "session"), ("https://accounts.example.com", "__Host-session")] {
        let site = Site::builder().set("server.public_url", url).start().await;
        let document = site.anon().get("/openapi.json").await.json();
        assert_eq!(document["components"]["securitySchemes"]["cookie"]["name"], name);
        assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    }
}

#[async_test]
async fn the_example_of_a_sign_up_works_without_a_session() {
    let site = Site::new().await;
    let document = site.anon().get("/openapi.json").await.json();
    let body = &document["paths"]["/api/v1/users"]["post"]["requestBody"]["content"]["application/json"];
    let example = &body["example"];
    assert!(example.is_object(), "{body}");
    let made = site.anon().post("/api/v1/users", example.clone()).await.assert_status(201);
    assert_eq!((&made["name"], &made["attributes"]), (&example["name"], &example["attributes"]));
    let (name, password) = (example["name"].as_str().unwrap(), example["password"].as_str().unwrap());
    site.begin(name, password, "body").await.assert_status(201);
}
