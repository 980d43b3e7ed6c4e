//! Doorward in front of an application: further hosts, a path of the public URL, the name of the cookie, and hints for
//! pages on other origins.

use axum::{
    body::Body,
    http::{Method, Request, header},
};
use doorward_test_macros::async_test;
use serde_json::json;

use crate::support::{Client, Reply, Site, site::password_of};

const URL: &str = "https://accounts.example.com";
const SESSIONS: &str = "/api/v1/sessions";

fn on_host(site: &Site, host: &str) -> Client {
    let mut client = site.anon();
    client.host = host.to_owned();
    client
}

#[async_test]
async fn further_hosts_reach_the_api_beside_the_public_url() {
    let hosts = "http://127.0.0.1:15000, doorward.internal:5000, https://edge.example.com, [::1]:7000, plain";
    let site = Site::builder().set("server.public_url", URL).set("server.hosts", hosts).start().await;
    let max = site.holder("Max", "users:read").await;
    let on_host = |host: &str| Client { host: host.to_owned(), ..max.clone() };
    for host in [
        "accounts.example.com",
        "accounts.example.com:443",
        "127.0.0.1:15000",
        "DOORWARD.internal:5000",
        "edge.example.com",
        "edge.example.com:443",
        "[::1]:7000",
        "plain",
        "plain:80",
    ] {
        on_host(host).get("/api/v1/users").await.assert_status(200);
    }
    for host in
        ["127.0.0.1:5000", "127.0.0.1", "doorward.internal", "edge.example.com:80", "plain:5000", "evil.example"]
    {
        on_host(host).get("/api/v1/users").await.assert_problem(421, "misdirected");
    }
    // The rules for browsers remain those of the public URL.
    let mut inside = Client { host: "127.0.0.1:15000".to_owned(), ..site.anon() };
    let reply = inside.log_in("Max", &password_of("Max")).await;
    assert!(reply.set_cookie().unwrap().starts_with("__Host-session=dws_"), "{:?}", reply.set_cookies());
    let mut page = inside.with_header("origin", "http://127.0.0.1:15000");
    page.post(SESSIONS, json!({})).await.assert_problem(403, "cross_site");
}

/// A site whose public URL has a path, and the address of a role that one of its administrators creates.
async fn created_under(url: &str, path: &str) -> Reply {
    let site = Site::builder().set("server.public_url", url).start().await;
    let mut root = site.admin("root").await;
    root.post(path, json!({ "name": "support", "permissions": [] })).await
}

#[async_test]
async fn a_public_url_with_a_path_works_whether_or_not_the_proxy_removes_it() {
    for (prefix, paths) in [
        ("/accounts", ["/api/v1/roles", "/accounts/api/v1/roles"]),
        ("/accounts/v2", ["/api/v1/roles", "/accounts/v2/api/v1/roles"]),
        // The path may begin as one of Doorward's own.
        ("/api", ["/api/v1/roles", "/api/api/v1/roles"]),
    ] {
        for path in paths {
            let reply = created_under(&format!("https://example.com{prefix}/"), path).await;
            reply.assert_status(201);
            assert_eq!(reply.headers[header::LOCATION], format!("{prefix}/api/v1/roles/support"), "{path}");
        }
    }
    let site = Site::builder().set("server.public_url", "https://example.com/accounts").start().await;
    let mut anon = site.anon();
    for path in ["/accounts/livez", "/livez", "/accounts/docs", "/docs", "/accounts/version"] {
        assert_eq!(anon.get(path).await.status, 200, "{path}");
    }
    for path in ["/accounts", "/accounts/", "/accountslivez", "/accounts/accounts/livez", "/Accounts/livez", "//livez"]
    {
        assert_eq!(anon.get(path).await.status, 404, "{path}");
    }
    for path in ["/api/v1/nowhere", "/accounts/api/v1/nowhere"] {
        let problem = anon.get(path).await.assert_status(404);
        assert_eq!(problem["type"], "/accounts/docs#not_found");
    }
    let document = anon.get("/openapi.json").await.json();
    assert_eq!(document["servers"][0]["url"], "/accounts");
    assert!(anon.get("/docs").await.text().contains("href=\"openapi.json\""));
    // The check of the origin sees the same path as the router.
    let mut page = anon.with_header("sec-fetch-site", "cross-site");
    page.get("/accounts/logout").await.assert_refused(403, "message");
}

#[async_test]
async fn the_session_cookie_has_the_configured_name() {
    for (url, name) in [("http://accounts.example.com", "sid"), (URL, "__Host-sid")] {
        let site = Site::builder().set("server.public_url", url).set("session.cookie_name", "sid").start().await;
        site.create("ann", "user").await;
        let mut ann = site.anon();
        let reply = ann.log_in("ann", &password_of("ann")).await;
        assert!(reply.set_cookie().unwrap().starts_with(&format!("{name}=dws_")), "{:?}", reply.set_cookies());
        assert_eq!(reply.set_cookie().unwrap().ends_with("; Secure"), url == URL);
        ann.get("/api/v1/users/me").await.assert_status(200);
        let document = ann.get("/openapi.json").await.json();
        assert_eq!(document["components"]["securitySchemes"]["cookie"]["name"], name);
        // A cookie with another name is none.
        let mut other = ann.clone();
        other.cookie = ann.cookie.as_ref().map(|cookie| cookie.replace("sid=", "session="));
        other.get("/api/v1/users/me").await.assert_problem(401, "not_signed_in");
        let reply = ann.delete("/api/v1/sessions/current").await;
        let cleared = reply.set_cookie().unwrap();
        assert!(cleared.starts_with(&format!("{name}=; Path=/")) && cleared.ends_with("Max-Age=0"), "{cleared}");
    }
}

#[async_test]
async fn subdomains_are_bound_to_https_only_if_configured() {
    for (subdomains, expected) in [("false", "max-age=31536000"), ("true", "max-age=31536000; includeSubDomains")] {
        let site =
            Site::builder().set("server.public_url", URL).set("server.hsts_subdomains", subdomains).start().await;
        let reply = site.anon().get("/version").await;
        assert_eq!(reply.headers[header::STRICT_TRANSPORT_SECURITY], expected);
    }
}

#[async_test]
async fn a_page_of_an_app_and_the_headers_of_tracing_are_allowed() {
    let apps = "capacitor://localhost, ionic://localhost,tauri://localhost,http://tauri.localhost,app://bundle:8080";
    let site = Site::builder().set("server.public_url", URL).set("server.cors_origins", apps).start().await;
    for origin in apps.split(',').map(str::trim) {
        let asks = site.anon().with_header("origin", origin).with_header("access-control-request-method", "POST");
        let reply = asks.clone().send(Method::OPTIONS, SESSIONS, None).await;
        assert_eq!(reply.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], origin);
        let allowed = reply.headers[header::ACCESS_CONTROL_ALLOW_HEADERS].to_str().unwrap().to_owned();
        for name in ["traceparent", "tracestate", "baggage", "sentry-trace", "x-requested-with"] {
            assert!(allowed.split(", ").any(|word| word == name), "{name}");
        }
        let mut page = site.anon().with_header("origin", origin).with_header("sec-fetch-site", "cross-site");
        page.post(SESSIONS, json!({ "name": "ann", "password": "x" })).await.assert_problem(401, "wrong_credentials");
    }
    let mut other = site.anon().with_header("origin", "capacitor://localhost2");
    other.post(SESSIONS, json!({})).await.assert_problem(403, "cross_site");
}

#[async_test]
async fn a_cross_site_refusal_names_the_setting_to_look_at() {
    let public = Site::builder().set("server.public_url", URL).start().await;
    let plain = Site::new().await;
    for (site, headers, hint) in [
        (&public, [("origin", "null"), ("sec-fetch-site", "cross-site")].as_slice(), "The page has no origin"),
        (&public, &[("origin", "https://a.example"), ("sec-fetch-site", "cross-site")], "another site"),
        (&public, &[("origin", "https://x.example.com"), ("sec-fetch-site", "same-site")], "`server.cors_origins`"),
        (&public, &[("sec-fetch-site", "canary")], "`Sec-Fetch-Site` has a value that no browser sends"),
        (&public, &[("origin", "http://accounts.example.com")], "Correct `server.public_url`"),
        (&plain, &[("origin", "https://shop.example")], "pass `Host`, or set `server.public_url`"),
    ] {
        let mut page = headers.iter().fold(site.anon(), |page, (name, value)| page.with_header(name, value));
        let problem = page.post(SESSIONS, json!({})).await.assert_problem(403, "cross_site");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(hint), "{headers:?}: {detail}");
        // The text holds no value of the request.
        assert!(!detail.contains("example") && !detail.contains("canary"), "{detail}");
        page.post("/signup", json!({})).await.assert_json(403, json!({ "error": "Cross-site requests are refused" }));
    }
}

#[async_test]
async fn a_page_whose_cookie_the_browser_drops_is_told_why() {
    let site = Site::builder().set("server.cors_origins", "http://localhost:3000").start().await;
    site.create("ann", "user").await;
    let told = async |client: &Client| {
        let problem = client.clone().get("/api/v1/users/me").await.assert_problem(401, "not_signed_in");
        problem["detail"].as_str().unwrap().contains("the browser drops the session cookie")
    };
    let page = on_host(&site, "127.0.0.1:5000").with_header("origin", "http://localhost:3000");
    assert!(told(&page).await);
    assert!(told(&page.with_header("sec-fetch-site", "cross-site")).await);
    // On the same site, with a cookie or with a token, the cause is another one.
    assert!(!told(&page.with_header("sec-fetch-site", "same-site")).await);
    assert!(!told(&on_host(&site, "localhost:5000").with_header("origin", "http://localhost:3000")).await);
    assert!(!told(&page.with_header("cookie", "session=ended")).await);
    assert!(!told(&page.with_header("authorization", "Bearer ended")).await);
    // A page that is not listed gets no more than before.
    assert!(!told(&on_host(&site, "127.0.0.1:5000").with_header("origin", "http://localhost:4000")).await);
}

#[async_test]
async fn a_health_check_may_have_an_empty_host() {
    for site in [Site::new().await, Site::builder().set("server.public_url", URL).start().await] {
        let ask = async |path: &str| {
            let request = Request::builder().uri(path).header(header::HOST, "").body(Body::empty()).unwrap();
            site.anon().send_request(request).await.status.as_u16()
        };
        assert_eq!((ask("/livez").await, ask("/readyz").await), (200, 200));
        assert_eq!((ask("/version").await, ask("/api/v1/users/me").await), (400, 400));
    }
}

#[async_test]
async fn a_delete_may_have_any_content_type_without_a_body() {
    let site = Site::new().await;
    let types = ["application/json", "text/plain", "application/x-www-form-urlencoded", "canary"];
    for (number, content_type) in types.into_iter().enumerate() {
        for path in ["/api/v1/sessions/current", "/api/v1/users/me"] {
            let mut user = site.user(&format!("user {number} {}", path.len())).await;
            let reply = user.send_raw(Method::DELETE, path, Some(content_type), Body::empty()).await;
            assert_eq!(reply.status, 204, "{content_type} {path}: {}", reply.text());
            // A body of another type is still refused.
            let mut user = site.user(&format!("other {number} {}", path.len())).await;
            let reply = user.send_raw(Method::DELETE, path, Some("text/plain"), "{}").await;
            reply.assert_problem(415, "unsupported_media_type");
        }
    }
}
