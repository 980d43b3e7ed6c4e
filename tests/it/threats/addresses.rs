//! Section D of threats.md: which address is the client's, and the rate limit of one address.
//!
//! These tests count sign-ups: one address may send a hundred, and then one every ten seconds. The limit of logins has
//! its own tests in `app::rate_limit`.

use doorward_test_macros::async_test;
use std::time::Duration;

use axum::{
    body::Body,
    http::{Method, Request, Version, header},
};
use doorward::http::Peer;
use serde_json::{Value, json};

use crate::support::{Client, Reply, Site, items, site::password_of};

/// The trusted proxy of these tests.
pub const PROXY: &str = "10.0.0.5";

/// Sends `body` over a connection from `peer`, with additional headers.
async fn post(client: &mut Client, peer: &str, headers: &[(&str, &str)], path: &str, body: &Value) -> Reply {
    let mut request = Request::post(path).header(header::CONTENT_TYPE, "application/json").extension(at(peer));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client.send_request(request.body(Body::from(body.to_string())).unwrap()).await
}

fn at(peer: &str) -> Peer {
    Peer((peer.parse::<std::net::IpAddr>().unwrap(), 4711).into())
}

/// Tries to sign up with a name that is taken. Returns whether the request was processed, and not rejected by the limit.
pub async fn signs_up(site: &Site, peer: &str, headers: &[(&str, &str)]) -> bool {
    let body = json!({ "username": "ann", "password": "p" });
    match post(&mut site.anon(), peer, headers, "/signup", &body).await.status.as_u16() {
        409 => true,
        429 => false,
        other => panic!("{other}"),
    }
}

/// A site with the account `ann`, and the client at `peer` has used all its sign-ups.
async fn used_up(trusted: &str, peer: &str, headers: &[(&str, &str)]) -> Site {
    let site = Site::builder().set("server.trusted_proxies", trusted).start().await;
    site.create("ann", "user").await;
    for number in 0..100 {
        assert!(signs_up(&site, peer, headers).await, "{number}");
    }
    assert!(!signs_up(&site, peer, headers).await);
    site
}

// D4: an untrusted client's headers do not change its address.
#[async_test]
async fn a_client_cannot_change_its_address() {
    let site = used_up(PROXY, "198.51.100.1", &[]).await;
    for name in ["x-forwarded-for", "forwarded", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip"] {
        for number in 0..5 {
            let address = format!("{}192.0.2.{number}", if name == "forwarded" { "for=" } else { "" });
            assert!(!signs_up(&site, "198.51.100.1", &[(name, &address)]).await, "{name}: {address}");
        }
    }
    assert!(!signs_up(&site, "::ffff:198.51.100.1", &[]).await);
    assert!(signs_up(&site, "198.51.100.2", &[("x-forwarded-for", "198.51.100.1")]).await);
}

// D4: behind a trusted proxy, entries to the left of the proxy's own entry do not count.
#[async_test]
async fn a_client_behind_a_trusted_proxy_cannot_change_its_address() {
    let site = used_up("10.0.0.0/8", PROXY, &[("x-forwarded-for", "198.51.100.1")]).await;
    for number in 0..5 {
        let list = format!("192.0.2.{number}, junk, 198.51.100.1, 10.7.7.7");
        assert!(!signs_up(&site, PROXY, &[("x-forwarded-for", &list)]).await, "{list}");
        let own = format!("192.0.2.{number}");
        let lines = [("x-forwarded-for", own.as_str()), ("x-forwarded-for", "198.51.100.1"), ("x-real-ip", &own)];
        assert!(!signs_up(&site, PROXY, &lines).await, "two lines");
        let list = format!("for=192.0.2.{number};host=\", for=198.51.100.1, for=10.7.7.7");
        assert!(!signs_up(&site, PROXY, &[("forwarded", &list)]).await, "{list}");
    }
    assert!(signs_up(&site, PROXY, &[("x-forwarded-for", "198.51.100.1, 198.51.100.2")]).await);
    // All clients that make the header unreadable, or send both headers, share one limit.
    let unreadable = [("x-forwarded-for", "198.51.100.1, unknown")];
    for _ in 0..100 {
        assert!(signs_up(&site, PROXY, &unreadable).await);
    }
    assert!(!signs_up(&site, PROXY, &unreadable).await);
    for number in 0..5 {
        let own = format!("for=192.0.2.{number}");
        assert!(!signs_up(&site, PROXY, &[("forwarded", &own), ("x-forwarded-for", "198.51.100.9")]).await, "{own}");
    }
}

// D6
#[async_test]
async fn a_network_of_64_bits_is_one_client() {
    let site = Site::new().await;
    site.create("ann", "user").await;
    for number in 0..100 {
        assert!(signs_up(&site, &format!("2001:db8:1:2:{number:x}::{number:x}"), &[]).await, "{number}");
    }
    assert!(!signs_up(&site, "2001:db8:1:2:ffff:ffff:ffff:ffff", &[]).await);
    assert!(signs_up(&site, "2001:db8:1:3::", &[]).await);
}

#[async_test]
async fn too_many_sign_ups_are_refused_in_the_format_of_the_route() {
    let site = used_up("", "198.51.100.1", &[]).await;
    let (peer, before) = ("198.51.100.1", site.app.hasher.state().counts);
    let old = json!({ "username": "bob", "password": "p" });
    let text = "Too many attempts; try again later";
    let reply = post(&mut site.anon(), peer, &[], "/signup", &old).await;
    reply.assert_json(429, json!({ "error": text }));
    assert_eq!(reply.headers[header::RETRY_AFTER], "10");
    let reply = post(&mut site.anon(), peer, &[], "/user", &old).await;
    reply.assert_json(429, json!({ "message": text }));
    assert_eq!(reply.headers[header::RETRY_AFTER], "10");
    let new = json!({ "name": "bob", "password": password_of("bob") });
    let reply = post(&mut site.anon(), peer, &[], "/api/v1/users", &new).await;
    reply.assert_problem(429, "too_many_attempts");
    assert_eq!(reply.headers[header::RETRY_AFTER], "10");
    assert_eq!(site.app.hasher.state().counts, before, "a rejected sign-up must not hash");
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "1");
    site.advance(Duration::from_secs(10));
    post(&mut site.anon(), peer, &[], "/api/v1/users", &new).await.assert_status(201);
    post(&mut site.anon(), peer, &[], "/api/v1/users", &new).await.assert_problem(429, "too_many_attempts");
    // An administrator has no limit.
    let mut admin = site.admin("root").await;
    let new = json!({ "name": "carl", "password": password_of("carl") });
    post(&mut admin, peer, &[], "/api/v1/users", &new).await.assert_status(201);
}

/// A change of name shows whether the name is taken, as a sign-up does.
#[async_test]
async fn changes_of_name_are_counted_with_sign_ups() {
    let site = used_up("", "198.51.100.1", &[]).await;
    let rename = async |mut client: Client, peer: &'static str, name: String| {
        let body = json!({ "name": name, "current_password": password_of("bob") }).to_string();
        let request = Request::builder().method(Method::PATCH).uri("/api/v1/users/me").extension(at(peer));
        let request = request.header(header::CONTENT_TYPE, "application/merge-patch+json");
        client.send_request(request.body(Body::from(body)).unwrap()).await
    };
    site.create("bob", "user").await;
    let bob = site.bearer("bob").await;
    let reply = rename(bob.clone(), "198.51.100.1", "ann".to_owned()).await;
    reply.assert_problem(429, "too_many_attempts");
    assert_eq!(reply.headers[header::RETRY_AFTER], "10");
    for _ in 0..100 {
        rename(bob.clone(), "198.51.100.2", "ann".to_owned()).await.assert_problem(409, "name_taken");
    }
    rename(bob.clone(), "198.51.100.2", "robert".to_owned()).await.assert_problem(429, "too_many_attempts");
    assert!(!signs_up(&site, "198.51.100.2", &[]).await);
    // A caller that may read all users is not counted.
    site.database.set_role("bob", "admin").await;
    rename(bob, "198.51.100.2", "robert".to_owned()).await.assert_status(200);
}

// D6: a guess about a proxy must not raise a limit, because any client can send a proxy's headers.
#[async_test]
async fn a_private_address_with_proxy_headers_has_the_limits_of_any_other() {
    for peer in ["10.0.0.9", "127.0.0.1", "fd00::9"] {
        let site = used_up("", peer, &[("x-forwarded-for", "192.0.2.1")]).await;
        assert!(!signs_up(&site, peer, &[("x-forwarded-for", "192.0.2.2")]).await);
    }
}

#[async_test]
async fn the_audit_trail_and_the_list_of_devices_show_the_clients_address() {
    let site = Site::builder().set("server.trusted_proxies", PROXY).start().await;
    site.create("ann", "user").await;
    let headers = [("x-forwarded-for", "192.0.2.66, 198.51.100.1")];
    let mut ann = site.anon();
    let body = json!({ "username": "ann", "password": password_of("ann") });
    assert_eq!(post(&mut ann, PROXY, &headers, "/login", &body).await.status, 200);
    assert_eq!(items(&ann.get("/api/v1/sessions").await)[0]["address"], "198.51.100.1");
    let body = json!({ "username": "ann", "password": "wrong" });
    assert_eq!(post(&mut site.anon(), PROXY, &headers, "/login", &body).await.status, 401);
    let events = items(&site.admin("root").await.get("/api/v1/audit-events").await);
    let of = |kind: &str| events.iter().filter(|event| event["event"] == kind && !event["address"].is_null()).count();
    assert_eq!((of("authn_login_success"), of("authn_login_fail")), (1, 1), "{events:?}");
    let addresses: Vec<_> = events.iter().filter_map(|event| event["address"].as_str()).collect();
    assert!(addresses.iter().all(|address| *address == "198.51.100.1"), "{addresses:?}");
}

/// The answer to `/readyz?verbose` over a connection from `peer`.
pub async fn verbose(site: &Site, peer: &str, headers: &[(&str, &str)]) -> Value {
    verbose_by("localhost:5000", site, peer, headers).await
}

async fn verbose_by(host: &str, site: &Site, peer: &str, headers: &[(&str, &str)]) -> Value {
    let mut request = Request::get("/readyz?verbose").header(header::HOST, host).extension(at(peer));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    site.anon().send_request(request.body(Body::empty()).unwrap()).await.assert_status(200)
}

#[async_test]
async fn only_local_clients_without_a_proxy_see_verbose_readiness() {
    let site = Site::builder().set("server.trusted_proxies", "10.9.9.9").start().await;
    let short = json!({ "status": "ready" });
    for peer in ["127.0.0.1", "::1", "10.1.2.3", "fd00::1", "::ffff:192.168.0.9"] {
        let seen = verbose(&site, peer, &[]).await;
        let about: Vec<_> =
            seen["checks"].as_array().unwrap().iter().map(|check| check["about"].as_str().unwrap()).collect();
        assert_eq!(about, ["database", "schema", "hashing", "throttling", "logins", "log", "addresses"], "{peer}");
        assert!(seen["checks"].as_array().unwrap().iter().all(|check| check["state"] == "ok"), "{seen}");
        assert_eq!(seen["status"], "ready");
        for name in [
            "x-forwarded-for",
            "forwarded",
            "x-forwarded-proto",
            "x-real-ip",
            "via",
            "x-client-ip",
            "true-client-ip",
            "cf-connecting-ip",
            "cf-ray",
            "x-cluster-client-ip",
            "fastly-client-ip",
            "x-envoy-external-address",
            "x-azure-clientip",
            "x-appengine-user-ip",
            "cdn-loop",
        ] {
            assert_eq!(verbose(&site, peer, &[(name, "127.0.0.1")]).await, short, "{name}");
        }
    }
    // The last two are the trusted proxy itself.
    for peer in ["198.51.100.1", "2001:db8::1", "172.32.0.1", "10.9.9.9", "::ffff:10.9.9.9"] {
        assert_eq!(verbose(&site, peer, &[]).await, short, "{peer}");
    }
    site.anon().get("/readyz?verbose").await.assert_json(200, short.clone());
    // nginx by default uses the upstream's address as `Host` and adds no header.
    let old = Request::get("/readyz?verbose").version(Version::HTTP_10).header(header::HOST, "127.0.0.1:5000");
    site.anon()
        .send_request(old.extension(at("127.0.0.1")).body(Body::empty()).unwrap())
        .await
        .assert_json(200, short.clone());
    let plain = Request::get("/readyz?verbosely=1").extension(at("127.0.0.1")).body(Body::empty()).unwrap();
    site.anon().send_request(plain).await.assert_json(200, short);
}

/// DNS rebinding: a foreign page whose name resolves to this machine sends requests from a local user's browser.
#[async_test]
async fn verbose_readiness_needs_a_host_name_of_doorward() {
    let site = Site::builder().set("server.public_url", "https://accounts.example.com").start().await;
    let short = json!({ "status": "ready" });
    for host in ["rebound.example.net", "rebound.example.net:5000", "localhost.example.net", "127.0.0.1.example.net"] {
        assert_eq!(verbose_by(host, &site, "127.0.0.1", &[]).await, short, "{host}");
    }
    let own = ["accounts.example.com", "Accounts.example.com:443"];
    for host in
        ["127.0.0.1", "10.0.0.7:5000", "[::1]", "[::1]:5000", "localhost", "LOCALHOST:80"].into_iter().chain(own)
    {
        assert!(verbose_by(host, &site, "127.0.0.1", &[]).await["checks"].is_array(), "{host}");
    }
}

#[async_test]
async fn verbose_readiness_shows_that_throttling_is_off() {
    let site = Site::builder().set("throttle.enabled", "false").start().await;
    site.create("ann", "user").await;
    for number in 0..150 {
        assert!(signs_up(&site, "198.51.100.1", &[]).await, "{number}");
    }
    let seen = verbose(&site, "127.0.0.1", &[]).await;
    let throttling = seen["checks"].as_array().unwrap().iter().find(|check| check["about"] == "throttling").unwrap();
    assert_eq!(throttling["state"], "weak");
}
