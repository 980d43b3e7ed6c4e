//! Attributes that an application stores for a user: two separate parts of 8192 bytes each, merged by RFC 7396.

use axum::http::Method;
use doorward_test_macros::async_test;
use serde_json::{Value, json};

use crate::support::{Client, Site, items};

const ME: &str = "/api/v1/users/me";
const LIMIT: usize = 8192;

/// An object whose compact JSON has this number of bytes.
fn of_bytes(bytes: usize) -> Value {
    let object = json!({ "a": "" });
    let rest = bytes - object.to_string().len();
    json!({ "a": "x".repeat(rest) })
}

async fn attributes(client: &mut Client) -> Value {
    client.get(ME).await.assert_status(200)["attributes"].clone()
}

#[async_test]
async fn attributes_are_merged_and_null_removes() {
    let site = Site::new().await;
    let mut ann = site.user("ann").await;
    for (patch, expected) in [
        (json!({ "a": 1, "b": { "c": [1, 2], "d": null } }), json!({ "a": 1, "b": { "c": [1, 2] } })),
        (json!({ "b": { "c": [3], "e": "f" } }), json!({ "a": 1, "b": { "c": [3], "e": "f" } })),
        (json!({ "a": null, "z": null }), json!({ "b": { "c": [3], "e": "f" } })),
        (json!({ "b": 1.5 }), json!({ "b": 1.5 })),
        (json!({ "b": { "g": { "h": null } } }), json!({ "b": { "g": {} } })),
        (json!({}), json!({ "b": { "g": {} } })),
        (
            json!({ "\u{0}": "\u{0}\u{1f980}'\"\\;--", "": "" }),
            json!({ "b": { "g": {} }, "\u{0}": "\u{0}\u{1f980}'\"\\;--", "": "" }),
        ),
        (Value::Null, json!({})),
    ] {
        let reply = ann.patch(ME, json!({ "attributes": patch })).await;
        assert_eq!(reply.assert_status(200)["attributes"], expected);
        assert_eq!(attributes(&mut ann).await, expected);
    }
    for wrong in [json!([]), json!("x"), json!(1), json!(true)] {
        ann.patch(ME, json!({ "attributes": wrong })).await.assert_invalid("/attributes", "wrong_type");
    }
}

#[async_test]
async fn removed_members_leave_the_order_of_the_others() {
    let site = Site::new().await;
    let mut ann = site.user("ann").await;
    let sent = r#"{"attributes":{"z":1,"b":{"y":1,"a":2,"x":3,"c":4},"m":3,"a":4}}"#;
    let patch = "application/merge-patch+json";
    ann.send_raw(Method::PATCH, ME, Some(patch), sent).await.assert_status(200);
    for (taken, left) in [
        (json!({ "b": { "y": null } }), r#"{"z":1,"b":{"a":2,"x":3,"c":4},"m":3,"a":4}"#),
        (json!({ "z": null }), r#"{"b":{"a":2,"x":3,"c":4},"m":3,"a":4}"#),
        (json!({ "m": 5, "n": 6 }), r#"{"b":{"a":2,"x":3,"c":4},"m":5,"a":4,"n":6}"#),
    ] {
        let reply = ann.patch(ME, json!({ "attributes": taken })).await;
        assert!(reply.text().contains(&format!("\"attributes\":{left}")), "{}", reply.text());
        assert_eq!(site.database.value("SELECT attributes FROM dw_users").await, left);
    }
}

#[async_test]
async fn attributes_have_at_most_8192_bytes() {
    let site = Site::new().await;
    let mut ann = site.user("ann").await;
    let root = site.admin("root").await;
    let path = format!("/api/v1/users/{}", site.uid_of("ann").await);
    for (mut client, path, member) in [
        (ann.clone(), ME, "attributes"),
        (root.clone(), path.as_str(), "attributes"),
        (root.clone(), path.as_str(), "admin_attributes"),
    ] {
        client.patch(path, json!({ member: null })).await.assert_status(200);
        client
            .patch(path, json!({ member: of_bytes(LIMIT + 1) }))
            .await
            .assert_invalid(&format!("/{member}"), "too_long");
        assert_eq!(
            client.patch(path, json!({ member: of_bytes(LIMIT) })).await.assert_status(200)[member],
            of_bytes(LIMIT)
        );
        // A merge that exceeds the limit is refused too, and changes nothing.
        let before = site.dump().await;
        client.patch(path, json!({ member: { "b": 1 } })).await.assert_invalid(&format!("/{member}"), "too_long");
        assert_eq!(site.dump().await, before);
        client.patch(path, json!({ member: { "a": "short", "b": 1 } })).await.assert_status(200);
    }
    let mut body =
        json!({ "name": "bob", "password": "a violin in the greenhouse", "attributes": of_bytes(LIMIT + 1) });
    site.anon().post("/api/v1/users", body.clone()).await.assert_invalid("/attributes", "too_long");
    body["attributes"] = of_bytes(LIMIT);
    site.anon().post("/api/v1/users", body).await.assert_status(201);
    // At most 32 levels, by one request or by a merge.
    let deep = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels)).parse::<Value>().unwrap();
    ann.patch(ME, json!({ "attributes": { "a": deep(32) } })).await.assert_invalid("/attributes", "too_long");
    ann.patch(ME, json!({ "attributes": null })).await.assert_status(200);
    ann.patch(ME, json!({ "attributes": { "a": deep(31) } })).await.assert_status(200);
    ann.patch(ME, json!({ "attributes": { "a": { "b": deep(31) } } })).await.assert_invalid("/attributes", "too_long");
    // The limit counts bytes, not characters.
    let crabs = json!({ "a": "\u{1f980}".repeat(2048) });
    ann.patch(ME, json!({ "attributes": crabs })).await.assert_invalid("/attributes", "too_long");
}

// G4
#[async_test]
async fn nesting_is_limited_and_stored_attributes_can_be_read_again() {
    let site = Site::new().await;
    let mut ann = site.user("ann").await;
    let nested = |depth: usize| format!("{{\"attributes\":{}1{}}}", "{\"a\":".repeat(depth), "}".repeat(depth));
    let json = Some("application/json");
    for depth in [127, 128, 1000, 9000] {
        let reply = ann.send_raw(Method::PATCH, ME, json, nested(depth)).await;
        reply.assert_problem(400, "malformed_body");
    }
    for depth in [33, 64, 126] {
        ann.send_raw(Method::PATCH, ME, json, nested(depth)).await.assert_invalid("/attributes", "too_long");
    }
    // A merge cannot nest deeper than one request.
    for depth in [31, 32] {
        assert_eq!(ann.send_raw(Method::PATCH, ME, json, nested(depth)).await.status, 200, "{depth}");
    }
    assert_eq!(ann.get(ME).await.status, 200);
    let mut root = site.admin("root").await;
    assert_eq!(root.get("/api/v1/users").await.status, 200);
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "2");
}

#[async_test]
async fn administrative_attributes_are_never_shown_to_the_user() {
    let site = Site::new().await;
    let (mut root, mut ann) = (site.admin("root").await, site.user("ann").await);
    let id = site.uid_of("ann").await;
    let path = format!("/api/v1/users/{id}");
    let both = json!({ "attributes": { "seen": 1 }, "admin_attributes": { "canary": "unseen" } });
    let user = root.patch(&path, both).await.assert_status(200);
    assert_eq!(user["admin_attributes"], json!({ "canary": "unseen" }));
    assert_eq!(root.get(&path).await.assert_status(200)["admin_attributes"], json!({ "canary": "unseen" }));
    assert_eq!(items(&root.get("/api/v1/users?name=ann").await)[0]["admin_attributes"], json!({ "canary": "unseen" }));
    let tag = root.get(&path).await.etag().to_owned();
    let mut replies = vec![
        ann.get(ME).await,
        ann.patch(ME, json!({ "attributes": { "own": 2 } })).await,
        ann.with_header("if-match", &tag).patch(ME, json!({ "attributes": {} })).await,
        ann.get("/api/v1/sessions/current").await,
        ann.get("/api/v1/sessions").await,
        ann.get(&path).await,
        site.begin("ann", "the password of ann", "body").await,
        ann.patch(ME, json!({ "admin_attributes": { "canary": null } })).await,
    ];
    let change = json!({ "current_password": "the password of ann", "new_password": "a violin in the greenhouse" });
    replies.push(ann.put("/api/v1/users/me/password", change).await);
    for reply in &replies {
        assert!(!reply.text().contains("canary\":") && !reply.text().contains("unseen"), "{}", reply.text());
    }
    assert_eq!(attributes(&mut ann).await, json!({ "seen": 1, "own": 2 }));
    assert_eq!(root.get(&path).await.assert_status(200)["admin_attributes"], json!({ "canary": "unseen" }));
    // Not even to administrators, on the route of the own account.
    let own = format!("/api/v1/users/{}", site.uid_of("root").await);
    root.patch(&own, json!({ "admin_attributes": { "canary": "unseen" } })).await.assert_status(200);
    assert!(root.get(ME).await.assert_status(200).get("admin_attributes").is_none());
}
