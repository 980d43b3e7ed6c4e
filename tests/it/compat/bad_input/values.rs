//! Valid JSON with invalid values or unknown fields.
//!
//! Login refuses an impossible name or password as a wrong password, if its contract has no other text. Sign-up gives the
//! reason.

use axum::http::Method;
use doorward_test_macros::async_test;
use serde_json::json;

use super::{JSON, all_refuse, every_route, everything};
use crate::support::Site;

#[async_test]
async fn a_value_of_the_wrong_type_is_refused() {
    let wrong = [json!(1), json!(0), json!(1.5), json!(true), json!(false), json!([]), json!(["p"]), json!({})];
    let mut bodies = Vec::new();
    for value in wrong {
        // The other value may be right or wrong.
        bodies.push(json!({ "username": "new", "password": value }).to_string().into_bytes());
        bodies.push(json!({ "username": value, "password": value }).to_string().into_bytes());
    }
    all_refuse(400, JSON, &bodies).await;
}

#[async_test]
async fn a_name_that_is_too_long_or_has_control_characters_is_refused() {
    let names = [
        "x".repeat(101),
        "🦀".repeat(101),
        "x".repeat(60_000),
        "a\u{0}b".to_owned(),
        "a\nb".to_owned(),
        "a\r\nSet-Cookie: session=x".to_owned(),
        "\u{1b}[31mred".to_owned(),
        "a\u{7f}b".to_owned(),
        "a\u{85}b".to_owned(),
    ];
    for (site, routes) in &mut every_route().await {
        let before = everything(site).await;
        for route in routes.iter_mut().filter(|route| route.takes_name) {
            for name in &names {
                let body = json!({ "username": name, "password": "p" });
                route.send(JSON, body.to_string()).await.assert_refused(400, route.key);
            }
        }
        assert_eq!(everything(site).await, before);
    }
}

// Only sign-up refuses such a name. An adopted account may have one, so login looks it up.
#[async_test]
async fn an_invisible_name_is_refused_at_sign_up_and_unknown_at_login() {
    let unseen = [
        " ",
        "   ",
        "\u{a0}",
        "\u{3000}",
        "a\u{200b}",
        "a\u{200d}b",
        "\u{202e}nna",
        "a\u{2066}b",
        "a\u{ad}b",
        "a\u{feff}",
        "a\u{2028}b",
        "a\u{2029}b",
        "\u{115f}",
        "\u{3164}",
        "a\u{fe0f}",
        "\u{e000}",
        "a\u{e0041}",
        "\u{fff0}",
        "\u{180e}",
    ];
    for (site, routes) in &mut every_route().await {
        let before = everything(site).await;
        for route in routes.iter_mut().filter(|route| route.takes_name) {
            for name in unseen {
                let body = json!({ "username": name, "password": "p" });
                let reply = route.send(JSON, body.to_string()).await;
                let status = if (route.path, route.key) == ("/login", "error") { 401 } else { 400 };
                assert_eq!(reply.status.as_u16(), status, "{} {name:?}", route.path);
                reply.assert_refused(status, route.key);
            }
        }
        assert_eq!(everything(site).await, before);
    }
}

// B5, B6
#[async_test]
async fn a_password_of_more_than_1024_code_points_is_refused() {
    for (site, routes) in &mut every_route().await {
        let before = everything(site).await;
        for route in routes {
            for password in
                ["x".repeat(1025), "é".repeat(1025), "🦀".repeat(1025), "e\u{301}".repeat(513), "x".repeat(60_000)]
            {
                let reply = route.send(JSON, route.valid_body(&json!({ "password": password })).to_string()).await;
                let status = if (route.path, route.key) == ("/login", "error") { 401 } else { 400 };
                reply.assert_refused(status, route.key);
            }
        }
        assert_eq!(everything(site).await, before);
    }
}

#[async_test]
async fn a_password_of_1024_code_points_is_compared_whole() {
    let site = Site::new().await;
    let mut ann = site.user("ann").await;
    let password = "🦀".repeat(1023);
    for (path, name) in [("/signup", "bob"), ("/user", "cat")] {
        let body = json!({ "username": name, "password": format!("{password}x") });
        assert!(site.anon().post(path, body).await.status.is_success());
    }
    let body = json!({ "password": format!("{password}x") });
    assert_eq!(ann.put("/user/update-password/1", body).await.status, 200);
    for name in ["ann", "bob", "cat"] {
        assert_eq!(site.anon().log_in(name, &format!("{password}x")).await.status, 200);
        assert_eq!(site.anon().log_in(name, &format!("{password}y")).await.status, 401);
        assert_eq!(site.anon().log_in(name, &password).await.status, 401);
    }
}

// F1: mass assignment.
#[async_test]
async fn unknown_fields_are_ignored_and_have_no_effect() {
    let extra = json!({
        "id": 777, "uid": "00000000-0000-7000-8000-000000000000", "role": "admin", "role_id": 1, "roles": ["admin"],
        "is_admin": true, "isAdmin": true, "admin": 1, "Role": "admin", "ｒｏｌｅ": "admin", "verified": true,
        "permissions": "users:write", "password_hash": "x", "password_version": 9, "created_at": 0, "disabled_at": 1,
        "name": "other", "name_key": "other", "user_id": 2, "Username": "other", "PASSWORD": "other", "": null
    });
    for (site, routes) in &mut every_route().await {
        for (number, route) in routes.iter_mut().enumerate().skip(1) {
            let mut body = route.valid_body(&extra);
            body["username"] = json!(format!("new {number}"));
            assert!(route.send(JSON, body.to_string()).await.status.is_success());
        }
        let columns = "u.id, u.name, u.role_id, c.version, u.created_at, u.last_login_at, u.disabled_at";
        let from = "dw_users u JOIN dw_credentials c ON c.user_id = u.id";
        let rows = site.database.rows(&format!("SELECT {columns} FROM {from} ORDER BY u.id")).await;
        let now = site.app.clock.now().0.to_string();
        let row = |id: &str, name: &str, version: &str, login: &str| {
            [id, name, "2", version, &now, login, "NULL"].map(str::to_owned).to_vec()
        };
        let expected = vec![row("1", "ann", "2", &now), row("2", "new 1", "1", "NULL"), row("3", "new 2", "1", "NULL")];
        assert_eq!(rows, expected);
        let login = &mut routes[0];
        let mut body = login.valid_body(&extra);
        body["username"] = json!("ann");
        let mut ann = login.client.clone();
        ann.send_raw(Method::POST, "/login", JSON, body.to_string()).await;
        let reply = ann.delete("/user/2").await;
        reply.assert_json(401, json!({ "message": "You don't have permission to perform this action." }));
    }
}
