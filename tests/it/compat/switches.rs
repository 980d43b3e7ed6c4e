//! The configuration keys of the contracts: `compat.enabled`, `compat.login`, `compat.password_policy` and
//! `signup.enabled`.
//!
//! Invariant: each key is tested on every route that it affects, in that route's error format.

use axum::http::Method;
use doorward_test_macros::async_test;
use serde_json::{Value, json};

use crate::support::{Client, Site, site::password_of};

fn ann(password: &str) -> Value {
    json!({ "username": "ann", "password": password })
}

#[async_test]
async fn login_follows_the_configured_contract_and_sets_the_cookie_in_both() {
    let first = Site::new().await;
    first.create("ann", "user").await;
    let second = first.another_node(&[("compat.login", "user-crud")]).await;
    for (site, done) in [(&first, "Login successful"), (&second, "Done!")] {
        let mut ann = site.anon();
        let reply = ann.log_in("ann", &password_of("ann")).await;
        reply.assert_json(200, json!({ "message": done }));
        assert!(reply.set_cookie().unwrap().starts_with("session=dws_"));
        // The cookie of either contract is valid on the routes of the other, on every node.
        for node in [&first, &second] {
            ann.through(&node.router).get("/user/1").await.assert_json(200, json!({ "username": "ann" }));
        }
    }
    first.anon().log_in("ann", "wrong").await.assert_json(401, json!({ "error": "Invalid username or password" }));
    second.anon().log_in("ann", "wrong").await.assert_json(400, json!({ "message": "Invalid credentials!" }));
}

// "All other routes of both contracts are always there"
#[async_test]
async fn both_sign_ups_exist_under_either_contract() {
    for login in ["signup-login", "user-crud"] {
        let site = Site::builder().set("compat.login", login).start().await;
        let new = |name: &str| json!({ "username": name, "password": "p" });
        site.anon()
            .post("/signup", new("ann"))
            .await
            .assert_json(201, json!({ "message": "User registered successfully" }));
        site.anon().post("/user", new("bob")).await.assert_json(200, json!({ "message": "User created." }));
        site.anon().post("/signup", new("bob")).await.assert_json(409, json!({ "error": "Username already exists" }));
        site.anon().post("/user", new("ann")).await.assert_json(400, json!({ "message": "User already exists." }));
    }
}

#[async_test]
async fn without_compat_no_contract_route_exists() {
    let on = Site::new().await;
    let mut admin = on.admin("root").await;
    let off = on.another_node(&[("compat.enabled", "false")]).await;
    let mut client = admin.through(&off.router);
    let routes = [
        (Method::POST, "/signup"),
        (Method::POST, "/login"),
        (Method::GET, "/logout"),
        (Method::POST, "/logout"),
        (Method::POST, "/user"),
        (Method::GET, "/user/1"),
        (Method::DELETE, "/user/1"),
        (Method::PUT, "/user/update-password/1"),
    ];
    for (method, path) in routes {
        let reply = client.send(method.clone(), path, Some(ann("p"))).await;
        reply.assert_json(404, json!({ "error": "Not found" }));
    }
    assert_eq!(client.get("/livez").await.status, 200);
    assert_eq!(on.database.value("SELECT COUNT(*) FROM dw_users").await, "1");
    admin.get("/user/1").await.assert_json(200, json!({ "username": "root" }));
}

// F13
#[async_test]
async fn with_sign_up_disabled_every_contract_sign_up_is_refused() {
    let site = Site::builder().set("signup.enabled", "false").start().await;
    let admin = site.admin("root").await;
    for mut client in [site.anon(), admin] {
        client
            .post("/signup", ann("a long enough password"))
            .await
            .assert_json(403, json!({ "error": "Sign-up is disabled" }));
        client
            .post("/user", ann("a long enough password"))
            .await
            .assert_json(403, json!({ "message": "Sign-up is disabled" }));
        // The answer does not show which names are taken either.
        let taken = json!({ "username": "root", "password": "p" });
        client.post("/signup", taken).await.assert_json(403, json!({ "error": "Sign-up is disabled" }));
    }
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "1");
}

/// Sends `password` to all three routes that set one: two sign-ups with new names, and a change.
async fn set_everywhere(site: &Site, user: &mut Client, path: &str, password: &str) -> [(u16, Value); 3] {
    let mut answers = Vec::new();
    for route in ["/signup", "/user"] {
        let name = format!("{} of {route}", password.chars().count());
        let reply = site.anon().post(route, json!({ "username": name, "password": password })).await;
        answers.push((reply.status.as_u16(), reply.json()));
    }
    let reply = user.put(path, json!({ "password": password })).await;
    answers.push((reply.status.as_u16(), reply.json()));
    answers.try_into().unwrap()
}

#[async_test]
async fn an_enforced_policy_applies_to_every_route_that_sets_a_password() {
    let site = Site::builder().set("compat.password_policy", "enforce").start().await;
    let mut user = site.user("tester").await;
    let path = format!("/user/update-password/{}", site.id_of("tester").await);

    let short = "Password must be at least 15 characters long";
    let answers = set_everywhere(&site, &mut user, &path, "a road to sea ").await;
    assert_eq!(
        answers,
        [(400, json!({ "error": short })), (400, json!({ "message": short })), (400, json!({ "message": short }))]
    );
    let answers = set_everywhere(&site, &mut user, &path, "a road to sea 7").await;
    assert_eq!(answers.map(|(status, _)| status), [201, 200, 200]);
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "3");
}

#[async_test]
async fn the_shortest_password_is_the_one_configured() {
    let settings = [("compat.password_policy", "enforce"), ("password.min_length", "8")];
    let site = settings.into_iter().fold(Site::builder(), |builder, (key, value)| builder.set(key, value));
    let site = site.start().await;
    site.anon().post("/signup", ann("pebbles")).await.assert_refused(400, "error");
    site.anon()
        .post("/signup", ann("pebbles!"))
        .await
        .assert_json(201, json!({ "message": "User registered successfully" }));
}

// The policy applies to new passwords only. An earlier password is still accepted at login.
#[async_test]
async fn an_enforced_policy_does_not_lock_users_out() {
    let site = Site::new().await;
    site.anon().post("/signup", ann("p")).await;
    let strict = site.another_node(&[("compat.password_policy", "enforce")]).await;
    strict.anon().log_in("ann", "p").await.assert_json(200, json!({ "message": "Login successful" }));
}

#[async_test]
async fn an_unknown_path_is_refused_in_the_error_format_of_its_neighbours() {
    let site = Site::new().await;
    for path in ["/user/1/2", "/user/1/", "/user/update-password/1/2"] {
        for mut client in [site.anon(), site.anon().with_header("sec-fetch-site", "cross-site")] {
            client.get(path).await.assert_json(404, json!({ "message": "Not found" }));
        }
    }
    site.anon().get("/users").await.assert_json(404, json!({ "error": "Not found" }));
    let off = site.another_node(&[("compat.enabled", "false")]).await;
    off.anon().get("/user/1").await.assert_json(404, json!({ "error": "Not found" }));
}
