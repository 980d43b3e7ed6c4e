//! Section E of threats.md, second part: a request that another site makes a browser send changes nothing.
//!
//! Invariant: every form of cross-site request is sent to every route that changes something.

use axum::http::Method;
use doorward_test_macros::async_test;
use serde_json::{Value, json};

use crate::support::{Client, Reply, Site};

/// Every change, as an administrator would send it, and the key of its error text.
fn changes() -> [(Method, &'static str, Value, &'static str); 7] {
    let new = |name: &str| json!({ "username": name, "password": "p" });
    [
        (Method::POST, "/login", json!({ "username": "ann", "password": "the password of ann" }), "error"),
        (Method::POST, "/signup", new("one"), "error"),
        (Method::POST, "/user", new("two"), "message"),
        (Method::PUT, "/user/update-password/1", json!({ "password": "new" }), "message"),
        (Method::PUT, "/user/update-password/2", json!({ "password": "new" }), "message"),
        (Method::DELETE, "/user/2", Value::Null, "message"),
        (Method::POST, "/logout", Value::Null, "message"),
    ]
}

async fn send(client: &mut Client, (method, path, body, _): (Method, &str, Value, &str)) -> Reply {
    client.send(method, path, Some(body).filter(|body| !body.is_null())).await
}

async fn everything(site: &Site) -> Vec<Vec<Vec<String>>> {
    let mut tables = Vec::new();
    for sql in ["SELECT * FROM dw_users ORDER BY id", "SELECT * FROM dw_sessions ORDER BY uid"] {
        tables.push(site.database.rows(sql).await);
    }
    tables
}

/// Sends every change under `headers`, with and without a session, and asserts that all are refused.
async fn all_are_refused(site: &Site, root: &Client, headers: &[(&str, &str)]) {
    let before = everything(site).await;
    for client in [root.clone(), site.anon()] {
        let foreign = headers.iter().fold(client, |client, (name, value)| client.with_header(name, value));
        for change in changes() {
            let key = change.3;
            let reply = send(&mut foreign.clone(), change).await;
            reply.assert_refused(403, key);
            assert!(reply.set_cookie().is_none());
        }
    }
    assert_eq!(everything(site).await, before, "{headers:?}");
}

/// Sends every change under `headers` and asserts that all succeed.
async fn all_are_done(url: &str, headers: &[(&str, &str)]) {
    let site = Site::builder().set("server.public_url", url).start().await;
    let mut root = site.admin("root").await;
    site.create("ann", "user").await;
    for change in changes() {
        let mut client = headers.iter().fold(root.clone(), |client, (name, value)| client.with_header(name, value));
        if change.1 == "/login" {
            client.cookie = None;
        }
        let is_login = change.1 == "/login";
        let reply = send(&mut client, change).await;
        assert!(reply.status.is_success(), "{headers:?}: {}", reply.text());
        if !is_login {
            // Changing the own password gives the session a new token.
            root.cookie = client.cookie;
        }
    }
}

// E17, E19
#[async_test]
async fn a_request_that_the_browser_marks_as_cross_site_is_refused() {
    let site = Site::new().await;
    let root = site.admin("root").await;
    site.create("ann", "user").await;
    for from in
        ["cross-site", "same-site", "", "nonsense", "Same-Origin", "same-origin, cross-site", "cross-site, none"]
    {
        all_are_refused(&site, &root, &[("sec-fetch-site", from)]).await;
    }
    // A valid `Origin` or a second header does not override it.
    let own = "http://127.0.0.1:5000";
    all_are_refused(&site, &root, &[("sec-fetch-site", "cross-site"), ("origin", own)]).await;
    all_are_refused(&site, &root, &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")]).await;
}

// E17, E19: older browsers.
#[async_test]
async fn a_foreign_origin_is_refused() {
    let site = Site::new().await;
    let root = site.admin("root").await;
    site.create("ann", "user").await;
    for origin in [
        "null",
        "",
        "http://evil.example",
        "http://127.0.0.1",
        "http://127.0.0.1:5001",
        "http://127.0.0.1:50000",
        "http://127.0.0.1:5000.evil.example",
        "http://evil.example:5000",
        "http://x@127.0.0.1:5000",
        "http://127.0.0.1:5000/",
        "ftp://127.0.0.1:5000",
        "127.0.0.1:5000",
        "http://localhost:5000",
        "http://127.0.0.1:5000 http://evil.example",
    ] {
        all_are_refused(&site, &root, &[("origin", origin)]).await;
    }
    all_are_refused(&site, &root, &[("origin", "http://127.0.0.1:5000"), ("origin", "http://evil.example")]).await;
    // G14: no header changes Doorward's own host.
    let forged =
        [("origin", "http://evil.example"), ("x-forwarded-host", "evil.example"), ("forwarded", "host=evil.example")];
    all_are_refused(&site, &root, &forged).await;
}

// E17, G14: with a public URL, the `Host` of a request does not count.
#[async_test]
async fn with_a_public_url_only_its_own_origin_counts() {
    let site = Site::builder().set("server.public_url", "https://accounts.example.com").start().await;
    let root = site.admin("root").await;
    site.create("ann", "user").await;
    for origin in [
        "null",
        "http://accounts.example.com",
        "https://accounts.example.com:8443",
        "https://evil-accounts.example.com",
        "https://accounts.example.com.evil.example",
        "https://example.com",
        "http://127.0.0.1:5000",
    ] {
        all_are_refused(&site, &root, &[("origin", origin)]).await;
    }
}

// E17: "no header at all from a non-browser with JSON allowed"
#[async_test]
async fn own_pages_and_clients_without_a_browser_are_allowed() {
    let url = "https://accounts.example.com";
    all_are_done("", &[]).await;
    all_are_done(url, &[]).await;
    all_are_done("", &[("origin", "http://127.0.0.1:5000")]).await;
    all_are_done(url, &[("origin", url)]).await;
    for from in ["same-origin", "none"] {
        all_are_done("", &[("sec-fetch-site", from)]).await;
        all_are_done(url, &[("sec-fetch-site", from), ("origin", url)]).await;
    }
}

// E20: a cross-site GET is answered, since links must work, but the answer has no secret.
#[async_test]
async fn the_answer_to_a_cross_site_get_has_no_secret() {
    let site = Site::new().await;
    let ann = site.user("ann").await;
    let token = ann.cookie.clone().unwrap().replace("session=", "");
    for path in ["/user/1", "/livez", "/readyz", "/version", "/nowhere", "/login"] {
        let reply = ann.with_header("sec-fetch-site", "cross-site").get(path).await;
        assert!(reply.set_cookie().is_none());
        assert!(!reply.text().contains("dws_") && !format!("{:?}", reply.headers).contains(&token));
    }
}

// E8: over plain http browsers do not send `Sec-Fetch-Site`, and for links and images they do not send `Origin`.
#[async_test]
async fn a_link_of_another_site_cannot_log_a_user_out() {
    let own = "http://accounts.example.com";
    let site =
        Site::builder().set("server.public_url", own).set("server.cors_origins", "http://app.test").start().await;
    let ann = site.user("ann").await;
    let with = |name: &str, value: &str| ann.clone().with_header(name, value);
    for referer in [
        "http://evil.test/page",
        "http://evil.test",
        "https://accounts.example.com/",
        "http://accounts.example.com.evil.test/",
        "http://accounts.example.com@evil.test/",
        "http://evil.test/?http://accounts.example.com/",
        "null",
        "",
    ] {
        with("referer", referer).get("/logout").await.assert_refused(403, "message");
    }
    // Routes that change nothing are not affected.
    assert_eq!(with("referer", "http://evil.test/").get("/user/1").await.status, 200);
    // `Sec-Fetch-Site` takes precedence over `Referer`.
    with("referer", "http://evil.test/")
        .with_header("sec-fetch-site", "cross-site")
        .get("/logout")
        .await
        .assert_refused(403, "message");
    for referer in
        [None, Some("http://accounts.example.com"), Some("http://accounts.example.com/a?b"), Some("http://app.test/")]
    {
        let ann = site.log_in("ann").await;
        let mut ann = referer.map_or(ann.clone(), |referer| ann.with_header("referer", referer));
        assert_eq!(ann.get("/logout").await.status, 200, "{referer:?}");
    }
}
