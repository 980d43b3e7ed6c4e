//! What the endpoints' tests cannot reach one by one: every form that a body, a query or a header may have.

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
    openapi::{OPERATIONS, Operation},
    problem::{Code, Problem},
    query::{self, LIMIT, Parameter, cursor_of, parameter},
    sessions, strict_json, users,
    values::{KnownName, Position, Values},
};
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

#[test]
fn a_sound_body_yields_what_it_holds() {
    let (mut values, errors) = read(json!({
        "name": "Ann", "password": "secret", "text": "äöü", "flag": false, "choice": "b", "object": null,
        "role": "user", "permissions": ["a:b", "users:read"],
    }));
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(values.required::<crate::model::Name>("name").unwrap().as_typed(), "Ann");
    assert_eq!(values.required::<doorward_password::Password>("password").unwrap().reveal(), "secret");
    assert_eq!(values.optional::<String>("text").unwrap().as_deref(), Some("äöü"));
    assert_eq!(values.optional::<bool>("flag").unwrap(), Some(false));
    assert!(values.has("object"));
    assert_eq!(values.patch::<Map<String, Value>>("object").unwrap(), Some(None));
    assert_eq!(values.optional::<Permissions>("permissions").unwrap().unwrap().as_text(), "a:b users:read");
    // Of another type than the table's, or not required by it.
    assert!(values.required::<bool>("role").is_err());
    assert!(values.required::<String>("name").is_err());
}

#[test]
fn all_that_is_wrong_with_a_body_is_found_at_once() {
    let (_, errors) = read(json!({
        "name": " ", "text": "four", "flag": "true", "choice": "c", "object": [], "role": "Admin", "a/b~c": 1,
        "permissions": ["a:b", "a", 7, "A:b", "a:b:c"],
    }));
    let expected = [
        "/password missing",
        "/name blank",
        "/text too_long",
        "/flag wrong_type",
        "/choice not_a_choice",
        "/object wrong_type",
        "/role malformed",
        "/a~1b~0c unknown",
        "/permissions/1 malformed",
        "/permissions/2 wrong_type",
        "/permissions/3 malformed",
        "/permissions/4 malformed",
    ];
    assert_eq!(errors, expected);
}

#[test]
fn the_bounds_of_members_are_exact() {
    let sound = |name: &str, value: Value| {
        let mut body = json!({ "name": "ann", "password": "p" });
        body[name] = value;
        let (_, errors) = read(body);
        errors
    };
    let object = |bytes: usize| json!({ "x": "y".repeat(bytes - 8) });
    assert!(sound("object", object(8192)).is_empty());
    assert_eq!(sound("object", object(8193)), ["/object too_long"]);
    assert!(sound("permissions", json!(vec!["a:b"; 60])).is_empty());
    assert_eq!(sound("permissions", json!(vec!["a:b"; 61])), ["/permissions too_long"]);
    assert!(sound("permissions", json!([format!("a:{}", "b".repeat(62))])).is_empty());
    assert_eq!(sound("permissions", json!([format!("a:{}", "b".repeat(63))])), ["/permissions/0 malformed"]);
    assert!(sound("role", json!("r".repeat(64))).is_empty());
    assert_eq!(sound("role", json!("r".repeat(65))), ["/role malformed"]);
    assert!(sound("name", json!("é".repeat(100))).is_empty());
    assert_eq!(sound("name", json!("é".repeat(101))), ["/name too_long"]);
    assert_eq!(sound("name", json!("a\u{200b}")), ["/name unseen_characters"]);
    for wrong in [json!(null), json!(1), json!(["p"]), json!({}), json!(true)] {
        assert_eq!(sound("password", wrong), ["/password wrong_type"]);
    }
}

#[test]
fn a_password_shows_nothing_of_itself() {
    let (values, errors) =
        fields::read(members(json!({ "name": "ann", "password": "canary", "text": "four" })), FIELDS);
    assert!(!format!("{values:?} {errors:?}").contains("canary"));
}

// G1, G4
#[test]
fn json_that_is_not_one_sound_object_is_refused() {
    let refused = |text: &[u8]| strict_json::object(text).unwrap_err();
    assert!(refused(br#"{"a":1,"a":1}"#).contains("twice"));
    assert!(refused(br#"{"a":{"b":[{"c":1,"\u0063":2}]}}"#).contains("twice"));
    for text in ["null", "[]", "7", r#""text""#] {
        assert!(refused(text.as_bytes()).contains("object"), "{text}");
    }
    for text in ["", " ", "{", r#"{"a":1,}"#, r#"{"a":1}{}"#, r#"{"a":1e400}"#, r#"{"a":"\ud800"}"#, "\u{feff}{}"] {
        assert!(refused(text.as_bytes()).contains("not valid JSON"), "{text}");
    }
    assert!(refused(b"{\"a\":\"\xff\"}").contains("not valid JSON"));
    let nested = |depth: usize| format!("{}{}", r#"{"a":"#.repeat(depth) + "1", "}".repeat(depth));
    assert!(strict_json::object(nested(127).as_bytes()).is_ok());
    refused(nested(128).as_bytes());
    refused("[".repeat(60_000).as_bytes());
}

#[test]
fn a_query_is_decoded_once_and_yields_what_it_holds() {
    let (mut values, errors) =
        ask("name=%C3%84nn+%2525&&state=disabled&limit=100&since=2026-11-22T13:00:00.5%2B01:00&cursor=AWFubg");
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(values.required::<KnownName>("name").unwrap().typed, "Änn %25");
    assert_eq!(values.required::<usize>("limit").unwrap(), 100);
    assert_eq!(values.required::<UnixMillis>("since").unwrap(), UnixMillis(1_795_348_800_500));
    assert_eq!(values.required::<Position>("cursor").unwrap(), Position(b"ann".to_vec()));
    let (mut values, errors) = ask("actor=019AAC4D-7c00-7a3e-9d52-3f1c2b7a9e10");
    assert!(errors.is_empty() && values.required::<Uid>("actor").is_ok());
}

// G5, G16
#[test]
fn what_is_wrong_with_a_query_is_named() {
    for (text, flaw) in [
        ("nme=a", "nme unknown"),
        ("Name=a", "Name unknown"),
        ("name=a&name=a", "name repeated"),
        ("name=a&n%61me=b", "name repeated"),
        ("name=%ff", "name malformed"),
        ("name=%2", "name malformed"),
        ("name=%+1", "name malformed"),
        ("name=a%00b", "name unseen_characters"),
        ("name=%", "name malformed"),
        ("%ff=a", "%ff malformed"),
        ("role=Admin", "role malformed"),
        ("role=", "role malformed"),
        ("state=ENABLED", "state not_a_choice"),
        ("state", "state not_a_choice"),
        ("limit=0", "limit out_of_range"),
        ("limit=101", "limit out_of_range"),
        ("limit=9223372036854775808", "limit out_of_range"),
        ("limit=99999999999999999999999999", "limit out_of_range"),
        ("limit=-1", "limit malformed"),
        ("limit=+1", "limit malformed"),
        ("limit=1.5", "limit malformed"),
        ("limit=0x10", "limit malformed"),
        ("limit=1e1", "limit malformed"),
        ("limit=%22 1%22", "limit malformed"),
        ("limit=", "limit malformed"),
        ("limit=٣", "limit malformed"),
        ("actor=1", "actor malformed"),
        ("actor=019aac4d7c007a3e9d523f1c2b7a9e10", "actor malformed"),
        ("actor={019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10}", "actor malformed"),
        ("since=2026-11-22", "since malformed"),
        ("since=2026-11-22T12:00:00", "since malformed"),
        ("since=2026-11-22T12:00:00.Z", "since malformed"),
        ("since=2026-13-22T12:00:00Z", "since malformed"),
        ("since=2026-11-22T12:00:00+01:00", "since malformed"),
        ("since=2026-11-22T12:00:00Z[UTC]", "since malformed"),
        ("since=2026-11-22%2012:00:00Z", "since malformed"),
        ("since=99999-11-22T12:00:00Z", "since malformed"),
        ("cursor=", "cursor invalid_cursor"),
        ("cursor=AQ", "cursor invalid_cursor"),
        ("cursor=AWFubg==", "cursor invalid_cursor"),
        ("cursor=AWFubh", "cursor invalid_cursor"),
        ("cursor=AmFubg", "cursor invalid_cursor"),
        ("cursor=' OR 1=1", "cursor invalid_cursor"),
    ] {
        assert_eq!(ask(text).1, [flaw], "{text}");
    }
    assert_eq!(ask(&format!("name={}", "a".repeat(101))).1, ["name too_long"]);
    assert_eq!(ask(&format!("cursor={}", "A".repeat(1028))).1, ["cursor invalid_cursor"]);
    assert_eq!(ask("limit=0&state=x&y=1").1.len(), 3);
}

proptest! {
    #[test]
    fn a_cursor_holds_its_key_and_belongs_to_one_list(key in proptest::collection::vec(any::<u8>(), 1..400)) {
        let text = cursor::write(List::Users, &key);
        prop_assert_eq!(cursor::read(List::Users, &text), Some(key));
        prop_assert_eq!(cursor::read(List::AuditEvents, &text), None);
        prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
    }

    #[test]
    fn no_query_or_body_makes_the_readers_panic(text in ".{0,80}", query in "(name|limit|since|cursor|x)=[ -~]{0,40}") {
        ask(&text);
        ask(&query);
        drop(strict_json::object(text.as_bytes()));
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(header::IF_MATCH, value.clone());
            headers.insert(conditional::IDEMPOTENCY_KEY, value);
        }
        drop(conditional::precondition(&headers));
        drop(conditional::idempotency_key(&headers));
    }
}

fn if_match(lines: &[&str]) -> Result<Precondition, Vec<String>> {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(header::IF_MATCH, HeaderValue::from_bytes(line.as_bytes()).unwrap());
    }
    conditional::precondition(&headers).map_err(|invalid| flaws(&[invalid]))
}

#[test]
fn if_match_is_a_list_of_strong_tags() {
    let versions = |list: &[i64]| Ok(Precondition::Versions(list.to_vec()));
    assert_eq!(if_match(&[]), Ok(Precondition::None));
    assert_eq!(if_match(&[" * "]), Ok(Precondition::Exists));
    assert_eq!(if_match(&["\"7\""]), versions(&[7]));
    assert_eq!(if_match(&["\"7\" ,\"8\",,", "\"9\""]), versions(&[7, 8, 9]));
    assert_eq!(conditional::etag(7), "\"7\"");
    for nothing in
        ["W/\"7\"", "\"07\"", "\"+7\"", "\"-7\"", "\"\"", "\"a,b\"", "\"*\"", "\"9223372036854775808\"", "\"\u{e9}\""]
    {
        assert_eq!(if_match(&[nothing]), versions(&[]), "{nothing}");
    }
    for wrong in
        ["", ",", "7", "'7'", "\"7", "7\"", "\"7\" \"8\"", "\"7\"x", "w/\"7\"", "*, \"7\"", "\"7\", *", "\"a b\""]
    {
        assert_eq!(if_match(&[wrong]), Err(vec!["If-Match malformed".to_owned()]), "{wrong}");
    }
    assert!(if_match(&["*", "*"]).is_err());
}

#[test]
fn an_idempotency_key_is_one_visible_word() {
    let read = |values: &[&str]| {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(conditional::IDEMPOTENCY_KEY, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        conditional::idempotency_key(&headers).map_err(|invalid| flaws(&[invalid]))
    };
    let long = "k".repeat(255);
    assert_eq!(read(&[]), Ok(None));
    assert_eq!(read(&["a-1"]), Ok(Some("a-1".to_owned())));
    assert_eq!(read(&[&long]), Ok(Some(long.clone())));
    for wrong in ["", "a b", "é", &format!("{long}k")] {
        assert_eq!(read(&[wrong]), Err(vec!["Idempotency-Key malformed".to_owned()]), "{wrong}");
    }
    assert_eq!(read(&["a", "a"]), Err(vec!["Idempotency-Key repeated".to_owned()]));
}

async fn input(operation: &Operation, headers: &[(&str, &str)], query: &str, body: &str) -> Result<Input, Problem> {
    let mut request = Request::builder().uri(format!("/x{query}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Input::read(request.body(Body::from(body.to_owned())).unwrap(), operation).await
}

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn an_optional_body_may_be_left_out_with_its_type_and_not_otherwise() {
    let doc = &users::me::DELETE;
    assert!(input(doc, &[], "", "").await.is_ok());
    assert!(input(doc, &[JSON], "", r#"{"current_password":"p"}"#).await.unwrap().body.has("current_password"));
    let refused = async |headers: &[(&str, &str)], body: &str| input(doc, headers, "", body).await.unwrap_err().code();
    assert_eq!(refused(&[], "{}").await, Code::UnsupportedMediaType);
    assert_eq!(refused(&[JSON], "").await, Code::MalformedBody);
    let none = &users::state::DISABLE;
    for body in ["", "{}"] {
        assert!(input(none, &[JSON], "", body).await.is_ok());
    }
    assert_eq!(input(none, &[JSON], "", r#"{"reason":"x"}"#).await.unwrap_err().code(), Code::InvalidInput);
    assert_eq!(refused(&[("content-type", "application/merge-patch+json")], "{}").await, Code::UnsupportedMediaType);
    let login = input(&sessions::log_in::DOC, &[], "", "").await;
    assert_eq!(login.unwrap_err().code(), Code::UnsupportedMediaType);
    let patch = &users::me::CHANGE;
    assert!(input(patch, &[("content-type", "application/merge-patch+json")], "", "{}").await.is_ok());
    let large = " ".repeat(65_537);
    assert_eq!(input(patch, &[JSON], "", &large).await.unwrap_err().code(), Code::BodyTooLarge);
}

#[tokio::test]
async fn what_is_wrong_in_query_headers_and_body_is_found_together() {
    let headers = [JSON, ("idempotency-key", "a b")];
    let problem = input(&users::create::DOC, &headers, "?x=1", r#"{"name":"ann"}"#).await.unwrap_err();
    let mut response = axum::response::Response::new(Body::empty());
    problem.write(&mut response, "1-1");
    let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
    let body: Value = serde_json::from_slice(&body).unwrap();
    let codes: Vec<&str> = body["errors"].as_array().unwrap().iter().map(|e| e["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["unknown", "malformed", "missing"]);
    assert_eq!(body["request_id"], "1-1");
    // Where no condition is asked for, one that is given cannot be held against anything.
    let login = r#"{"name":"ann","password":"p"}"#;
    let read = input(&sessions::log_in::DOC, &headers, "", login).await.unwrap();
    assert_eq!((read.idempotency_key, read.precondition), (None, Precondition::None));
    let refused = input(&sessions::log_in::DOC, &[JSON, ("if-match", "*")], "", login).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidInput);
    assert!(input(&users::me::SHOW, &[("if-match", "\"1\"")], "", "").await.is_ok());
    let many: String = (0..1000).map(|number| format!("\"{number}\":0,")).collect();
    let problem = input(&users::me::CHANGE, &[JSON], "", &format!("{{{many}\"x\":0}}")).await.unwrap_err();
    let mut response = axum::response::Response::new(Body::empty());
    problem.write(&mut response, "1-1");
    let length: usize = response.headers()["content-length"].to_str().unwrap().parse().unwrap();
    assert!(length < 4096);
}

/// Every example of a request is one that its own table accepts.
#[tokio::test]
async fn the_examples_of_requests_are_accepted() {
    for operation in OPERATIONS {
        let body = operation.body.as_ref().map(|body| fields::example(body.fields).to_string());
        let query: Vec<String> = operation
            .query
            .iter()
            .map(|parameter| format!("{}={}", parameter.name, parameter.example.replace('+', "%2B")))
            .collect();
        let read = input(operation, &[JSON], &format!("?{}", query.join("&")), &body.unwrap_or_default()).await;
        assert!(read.is_ok(), "{}: {:?}", operation.id, read.unwrap_err());
        assert!(!operation.summary.is_empty() && operation.description.ends_with('.'), "{}", operation.id);
    }
}
