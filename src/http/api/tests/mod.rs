//! What the endpoints' tests cannot reach one by one: every form that a body, a query or a header may have.

mod bodies;
mod bounds;
mod headers;
mod queries;
mod requests;

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, header},
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{
    conditional,
    cursor::{self, List},
    fields::{self, Field, Kind, optional, required},
    input::Input,
    invalid::Invalid,
    operation::Operation,
    problem::{ErrorCode, Problem},
    query::{self, LIMIT, Parameter, cursor_of, parameter},
    values::{KnownName, Position, Values},
};
use crate::http::json;
use crate::model::{Permissions, Precondition, Uid, UnixMillis};

const FIELDS: &[Field] = &[
    required("name", Kind::NewName, "A name.", "ann"),
    required("password", Kind::NewPassword, "A password.", "p"),
    optional("text", Kind::Text(3), "Text.", "t"),
    optional("flag", Kind::Boolean, "A flag.", "true"),
    optional("choice", Kind::Choice(&["a", "b"]), "A choice.", "a"),
    optional("object", Kind::Object, "An object.", "{}").or_null(),
    optional("role", Kind::RoleName, "A role.", "user"),
    optional("permissions", Kind::Permissions, "Permissions.", "[]"),
];

const PARAMETERS: &[Parameter] = &[
    parameter("name", query::Kind::NamePrefix, "A name.", "a"),
    parameter("role", query::Kind::RoleName, "A role.", "user"),
    parameter("state", query::Kind::Choice(&["enabled", "disabled"]), "A state.", "enabled"),
    parameter("actor", query::Kind::Uid, "A user.", "019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10"),
    parameter("since", query::Kind::Instant, "An instant.", "2026-11-22T12:00:00Z"),
    LIMIT,
    cursor_of(List::Users, "AWFubg"),
];

/// Where and how each value is wrong.
fn flaws(errors: &[Invalid]) -> Vec<String> {
    let flaws = errors.iter().map(|error| {
        let json = error.to_json();
        let place = [&json["pointer"], &json["parameter"], &json["header"]].into_iter().find_map(Value::as_str);
        format!("{} {}", place.unwrap(), json["code"].as_str().unwrap())
    });
    flaws.collect()
}

fn members(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn read(value: Value) -> (Values, Vec<String>) {
    let (values, errors) = fields::read(members(value), FIELDS);
    (values, flaws(&errors))
}

fn ask(text: &str) -> (Values, Vec<String>) {
    let (values, errors) = query::read(Some(text), PARAMETERS);
    (values, flaws(&errors))
}
