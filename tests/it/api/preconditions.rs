//! `ETag` and `If-Match`: no client overwrites a version that it has not seen, and a tag changes only with its resource.
//!
//! Concurrent requests are in `threats::races`.

use axum::http::Method;
use doorward_test_macros::async_test;
use serde_json::{Value, json};

use crate::support::{Client, Site, site::password_of};

const ME: &str = "/api/v1/users/me";
const NEW: &str = "a violin in the greenhouse";

/// Every write that accepts `If-Match`: to the account at `path`, to the own account and to a role.
fn writes(path: &str) -> Vec<(Method, String, Option<Value>)> {
    vec![
        (Method::PATCH, path.to_owned(), Some(json!({ "attributes": { "a": 1 } }))),
        (Method::PUT, format!("{path}/password"), Some(json!({ "new_password": NEW }))),
        (Method::POST, format!("{path}/disable"), None),
        (Method::POST, format!("{path}/enable"), None),
        (Method::DELETE, path.to_owned(), None),
        (Method::PATCH, "/api/v1/roles/support".to_owned(), Some(json!({ "permissions": ["users:write"] }))),
        (Method::DELETE, "/api/v1/roles/support".to_owned(), None),
        (Method::PATCH, ME.to_owned(), Some(json!({ "attributes": { "a": 1 } }))),
        (
            Method::PUT,
            format!("{ME}/password"),
            Some(json!({ "current_password": password_of("root"), "new_password": NEW })),
        ),
        (Method::DELETE, ME.to_owned(), None),
    ]
}

#[async_test]
async fn a_write_to_another_version_changes_nothing() {
    let site = Site::new().await;
    let root = site.admin("root").await;
    site.admin("other").await;
    site.create("ann", "user").await;
    site.role("support", "users:read").await;
    let path = format!("/api/v1/users/{}", site.uid_of("ann").await);
    let before = site.dump().await;
    for (method, path, body) in writes(&path) {
        // All versions begin at 1. An unknown tag matches nothing, and neither does a suffix that no proxy adds.
        for tag in [
            "\"2\"",
            "\"0\"",
            "W/\"2\"",
            "\"2-gzip\"",
            "\"1-x\"",
            "\"1gzip\"",
            "\"1-\"",
            "\"1---gzip\"",
            "\"-gzip\"",
            "\"01\"",
            "\"+1\"",
            "\"-1\"",
            "\"\"",
            "\"x\", W/\"2\" ,\"3\"",
            "\"18446744073709551617\"",
            "\"1.0\"",
            "\"\u{661}\"",
        ] {
            let mut client = root.with_header("if-match", tag);
            let reply = client.send(method.clone(), &path, body.clone()).await;
            reply.assert_problem(412, "version_mismatch");
        }
        for wrong in [
            "",
            " ",
            "1",
            "\"1",
            "1\"",
            "*, \"1\"",
            "\"1\" \"2\"",
            "w/\"1\"",
            "W/1",
            "**",
            ",",
            "\"1\" x",
            "'1'",
            "\"1 \"",
        ] {
            let mut client = root.with_header("if-match", wrong);
            client.send(method.clone(), &path, body.clone()).await.assert_invalid("If-Match", "malformed");
        }
        assert_eq!(site.dump().await, before, "{method} {path}");
    }
}

#[async_test]
async fn every_form_of_the_right_version_is_accepted() {
    let site = Site::new().await;
    let root = site.admin("root").await;
    site.create("ann", "user").await;
    let path = format!("/api/v1/users/{}", site.uid_of("ann").await);
    for (number, form) in
        ["*", " * ", "\"#\"", "\"0\", \"#\"", ",\"#\" ,, ", "W/\"9\",\"#\"", "\"a,b\",\"#\""].iter().enumerate()
    {
        let tag = form.replace('#', &(number + 1).to_string());
        let mut client = root.with_header("if-match", &tag);
        let reply = client.patch(&path, json!({ "attributes": { "a": number } })).await;
        reply.assert_status(200);
        assert_eq!(reply.etag(), format!("\"{}\"", number + 2));
    }
    // Two headers are one list (RFC 9110 §5.3).
    let mut client = root.with_header("if-match", "\"1\"").with_header("if-match", "\"8\"");
    client.patch(&path, json!({ "attributes": { "a": null } })).await.assert_status(200);
    client.patch(&path, json!({ "attributes": { "a": 1 } })).await.assert_problem(412, "version_mismatch");
    let mut client = root.with_header("if-match", "*").with_header("if-match", "\"9\"");
    client.patch(&path, json!({ "attributes": { "a": 1 } })).await.assert_invalid("If-Match", "malformed");
}

#[async_test]
async fn the_tag_changes_exactly_with_every_change() {
    let site = Site::new().await;
    let mut root = site.admin("root").await;
    site.create("ann", "user").await;
    let path = format!("/api/v1/users/{}", site.uid_of("ann").await);
    let mut version = 1;
    let unchanged = async |root: &mut Client, version: i64| {
        assert_eq!(root.get(&path).await.etag(), format!("\"{version}\""));
    };
    let mut ann = site.bearer("ann").await;
    unchanged(&mut root, version).await;
    site.advance(std::time::Duration::from_secs(120));
    ann.get(ME).await.assert_status(200);
    ann.patch(ME, json!({ "name": "root" })).await.assert_problem(409, "name_taken");
    ann.patch(ME, json!({})).await.assert_status(200);
    root.patch(&path, json!({})).await.assert_status(200);
    root.post(&format!("{path}/enable"), json!({})).await.assert_status(200);
    root.delete(&format!("{path}/sessions")).await.assert_status(204);
    site.begin("ann", "wrong", "body").await.assert_problem(401, "wrong_credentials");
    unchanged(&mut root, version).await;
    for body in [
        json!({ "name": "Eve" }),
        json!({ "role": "admin" }),
        json!({ "must_change_password": true }),
        json!({ "attributes": { "a": 1 } }),
        json!({ "admin_attributes": { "a": 1 } }),
        json!({ "role": "user", "must_change_password": false }),
    ] {
        version += 1;
        assert_eq!(root.patch(&path, body).await.etag(), format!("\"{version}\""));
        unchanged(&mut root, version).await;
    }
    for action in ["disable", "enable"] {
        version += 1;
        assert_eq!(root.post(&format!("{path}/{action}"), json!({})).await.etag(), format!("\"{version}\""));
    }
    version += 1;
    let body = json!({ "new_password": NEW, "must_change_password": false });
    assert_eq!(root.put(&format!("{path}/password"), body).await.etag(), format!("\"{version}\""));
    unchanged(&mut root, version).await;
}

// nginx makes a weak tag of the tag of a response that it compresses; Apache, Caddy and others append the coding.
#[async_test]
async fn the_tag_of_a_compressed_response_has_the_same_version() {
    let site = Site::new().await;
    let root = site.admin("root").await;
    site.create("ann", "user").await;
    let path = format!("/api/v1/users/{}", site.uid_of("ann").await);
    let forms = [
        "W/\"#\"",
        "\"#-gzip\"",
        "\"#;gzip\"",
        "\"#-br\"",
        "\"#-zstd\"",
        "\"#--gzip\"",
        "W/\"#-gzip\"",
        "\"99\", W/\"#\"",
    ];
    for (number, form) in forms.iter().enumerate() {
        let mut client = root.with_header("if-match", &form.replace('#', &(number + 1).to_string()));
        client.patch(&path, json!({ "attributes": { "a": number } })).await.assert_status(200);
        client.patch(&path, json!({ "attributes": { "a": 0 } })).await.assert_problem(412, "version_mismatch");
    }
}
