//! Bodies that are read against a table.

use super::*;
use crate::http::json::JsonFault;

#[test]
fn a_sound_body_yields_what_it_holds() {
    let body = read(json!({
        "name": "Ann", "password": "secret", "text": "äöü", "flag": false, "choice": "b", "object": null,
        "role": "user", "permissions": ["a:b", "users:read"],
    }));
    let Ok(body) = body else { panic!("the body is valid") };
    assert_eq!(body.name.as_typed(), "Ann");
    assert_eq!(body.password.0.reveal(), "secret");
    assert_eq!(body.text.unwrap().0, "äöü");
    assert_eq!(body.flag, Some(false));
    assert_eq!(body.choice, Some(TestChoice::B));
    assert_eq!(body.object, Some(AttributesPatch::Clear));
    assert_eq!(body.role.unwrap().as_text(), "user");
    assert_eq!(body.permissions.unwrap().as_text(), "a:b users:read");
    let Ok(least) = read(json!({ "name": "Ann", "password": "secret" })) else { panic!("the body is valid") };
    assert!(least.text.is_none() && least.flag.is_none() && least.object.is_none() && least.permissions.is_none());
}

#[test]
fn all_that_is_wrong_with_a_body_is_found_at_once() {
    let errors = read(json!({
        "name": " ", "text": "four", "flag": "true", "choice": "c", "object": [], "role": "Admin", "a/b~c": 1,
        "permissions": ["a:b", "a", 7, "A:b", "a:b:c"],
    }))
    .err()
    .unwrap();
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
        read(body).err().unwrap_or_default()
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
    let errors = TestBody::read(members(json!({ "name": "canary\u{200b}", "password": ["canary"], "text": "canary" })));
    assert!(!format!("{:?}", errors.err().unwrap()).contains("canary"));
}

// G1, G4
#[test]
fn json_that_is_not_one_sound_object_is_refused() {
    let refused = |text: &[u8]| json::object(text).unwrap_err();
    assert!(matches!(refused(br#"{"a":1,"a":1}"#), JsonFault::RepeatedName { line: 1, .. }));
    assert!(matches!(refused(br#"{"a":{"b":[{"c":1,"\u0063":2}]}}"#), JsonFault::RepeatedName { .. }));
    for text in ["null", "[]", "7", r#""text""#] {
        assert!(refused(text.as_bytes()) == JsonFault::NotAnObject, "{text}");
    }
    for text in ["", " ", "{", r#"{"a":1,}"#, r#"{"a":1}{}"#, r#"{"a":1e400}"#, r#"{"a":"\ud800"}"#, "\u{feff}{}"] {
        assert!(matches!(refused(text.as_bytes()), JsonFault::Syntax { .. }), "{text}");
    }
    assert!(matches!(refused(b"{\"a\":\"\xff\"}"), JsonFault::Syntax { .. }));
    let nested = |depth: usize| format!("{}{}", r#"{"a":"#.repeat(depth) + "1", "}".repeat(depth));
    assert!(json::object(nested(127).as_bytes()).is_ok());
    refused(nested(128).as_bytes());
    refused("[".repeat(60_000).as_bytes());
}
