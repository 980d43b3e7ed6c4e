//! Forms of bodies, queries and headers that the tests of endpoints do not reach one by one.

mod bodies;
mod bounds;
mod headers;
mod queries;
mod requests;
mod responses;

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, HeaderValue, header},
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{
    choice::choice,
    conditional,
    cursor::{self, List},
    input::Input,
    invalid::Invalid,
    member_types::{ChosenPassword, KnownName, LimitedText},
    operation::TypedOperation,
    parameter_types::{Cursor, PageSize},
    problem::{ErrorCode, Problem},
    query::{Query, query},
    request_body::{RequestBody, request_body},
    sessions, users,
};
use crate::{
    http::json,
    model::{AttributesPatch, Name, Permissions, Precondition, RoleName, Uid, UnixMillis},
};

choice! {
    /// A choice.
    pub enum TestChoice {
        A = "a",
        B = "b",
    }
}

request_body! {
    /// A body with a member of each type.
    pub struct TestBody: required {
        /// A name.
        #[example = "ann"]
        pub name: Name,
        /// A password.
        #[example = "p"]
        pub password: ChosenPassword,
        /// A text.
        #[example = "t"]
        pub text: Option<LimitedText<3>>,
        /// A flag.
        #[example = "true"]
        pub flag: Option<bool>,
        /// A choice.
        #[example = "a"]
        pub choice: Option<TestChoice>,
        /// An object.
        #[example = "{}"]
        pub object: Option<AttributesPatch>,
        /// A role.
        #[example = "user"]
        pub role: Option<RoleName>,
        /// Permissions.
        #[example = "[]"]
        pub permissions: Option<Permissions>,
    }
}

query! {
    /// A query with a parameter of each type.
    pub struct TestQuery {
        /// A name.
        #[example = "a"]
        pub name: Option<KnownName>,
        /// A role.
        #[example = "user"]
        pub role: Option<RoleName>,
        /// A choice.
        #[example = "a"]
        pub state: Option<TestChoice>,
        /// A user.
        #[example = "019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10"]
        pub actor: Option<Uid>,
        /// A time.
        #[example = "2026-11-22T12:00:00Z"]
        pub since: Option<UnixMillis>,
        /// The size of a page.
        #[example = "20"]
        pub limit: Option<PageSize>,
        /// A cursor.
        #[example = "AWFubg"]
        pub cursor: Option<Cursor<{ List::Users as u8 }>>,
    }
}

/// Where and how each value is wrong.
fn flaws(errors: &[Invalid]) -> Vec<String> {
    let flaws = errors.iter().map(|error| {
        let json = serde_json::to_value(error.body()).unwrap();
        let place = [&json["pointer"], &json["parameter"], &json["header"]].into_iter().find_map(Value::as_str);
        format!("{} {}", place.unwrap(), json["code"].as_str().unwrap())
    });
    flaws.collect()
}

fn members(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn read(value: Value) -> Result<TestBody, Vec<String>> {
    TestBody::read(members(value)).map_err(|errors| flaws(&errors))
}

fn ask(text: &str) -> (TestQuery, Vec<String>) {
    let (query, errors) = TestQuery::read(Some(text));
    (query, flaws(&errors))
}
