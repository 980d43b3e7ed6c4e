//! Objects of responses: null, omitted and renamed members, and the two forms of an audit event.

use serde_json::{Map, Value, json, to_value};

use super::super::{
    audit_events::AuditEventBody,
    response_body::{Omittable, ResponseBody, response_body},
};
use crate::model::{AuditEvent, Party, UnixMillis};

response_body! {
    /// An object
    /// of a test.
    #[example = "{}"]
    pub struct TestObject<'a>: "Test" {
        /// A raw name.
        pub r#type: bool,
        /// Null without a value.
        pub null: Option<&'a str>,
        /// Omitted without a value.
        pub omitted: Omittable<&'a str>,
        /// Others.
        pub others: Omittable<Vec<TestItem<'a>>>,
    }
}

response_body! {
    /// An item.
    #[example = "{}"]
    pub struct TestItem<'a>: "Item" {
        /// A text.
        pub text: &'a str,
    }
}

#[test]
fn a_member_without_a_value_is_null_or_omitted() {
    let bare = || TestObject { r#type: true, null: None, omitted: Omittable(None), others: Omittable(None) };
    assert_eq!(to_value(bare()).unwrap(), json!({ "type": true, "null": null }));
    let others = Omittable(Some(vec![TestItem { text: "c" }]));
    let written = to_value(TestObject { null: Some("a"), omitted: Omittable(Some("b")), others, ..bare() }).unwrap();
    assert_eq!(written, json!({ "type": true, "null": "a", "omitted": "b", "others": [{ "text": "c" }] }));
    let schema = TestObject::OBJECT.schema();
    assert_eq!(schema["required"], json!(["type", "null"]));
    assert_eq!(schema["description"], "An object of a test.");
    assert_eq!(schema["properties"]["null"]["type"], json!(["string", "null"]));
    assert_eq!(schema["properties"]["omitted"]["type"], "string");
    assert_eq!(schema["properties"]["others"]["items"], json!({ "$ref": "#/components/schemas/Item" }));
    assert_eq!(names(&schema["properties"]), names(&written));
}

fn names(object: &Value) -> Vec<&String> {
    object.as_object().unwrap().keys().collect()
}

#[test]
fn the_api_and_the_commands_show_the_same_event() {
    let party = Party { uid: "019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10".parse().unwrap(), name: "Ann".to_owned() };
    let mut event = AuditEvent {
        uid: party.uid,
        occurred_at: UnixMillis(1_000),
        event: "authn_login_fail".to_owned(),
        outcome: "refused".to_owned(),
        reason: Some("wrong_password".to_owned()),
        actor_kind: "user".to_owned(),
        actor: Some(party.clone()),
        subject: Some(party),
        address: Some("203.0.113.7".to_owned()),
        client: Some("curl".to_owned()),
        request_id: Some("1".to_owned()),
        details: Map::from_iter([("a".to_owned(), json!(1))]),
    };
    assert_eq!(to_value(AuditEventBody::of(&event)).unwrap(), event.to_json());
    (event.reason, event.actor, event.subject) = (None, None, None);
    (event.address, event.client, event.request_id) = (None, None, None);
    assert_eq!(to_value(AuditEventBody::of(&event)).unwrap(), event.to_json());
}
