//! Section G of threats.md, for values: SQL in names, passwords and numbers, and numbers out of range.
//!
//! G1, G4, G7 and G8 are in `compat::bad_input`, for every route; G20 is in `failures`. Invariant: text is only data: in
//! requests, in the database, and in answers.

use doorward_test_macros::async_test;
use serde_json::json;

use crate::support::Site;

const PAYLOADS: [&str; 20] = [
    "' OR '1'='1",
    "' OR 1=1 --",
    "' OR 1=1#",
    "admin'--",
    "admin' /*",
    "') OR ('a'='a",
    "\" OR \"\"=\"",
    "\\' OR 1=1 -- ",
    "\\",
    "'; DROP TABLE dw_users; --",
    "'; UPDATE dw_users SET role_id = 1; --",
    "' UNION SELECT 1, password_hash, 1 FROM dw_users --",
    "1 OR 1=1",
    "%",
    "_____",
    "root%",
    "?",
    "${jndi:ldap://127.0.0.1/a}",
    "{{7*7}}<script>alert(1)</script>",
    "🦀'🦀\"🦀`🦀",
];

// G16
#[async_test]
async fn sql_in_a_login_is_a_wrong_name_or_password() {
    let site = Site::unthrottled().await;
    site.create("root", "admin").await;
    for payload in PAYLOADS {
        for (name, password) in
            [(payload, "p"), ("root", payload), (payload, payload), (&format!("root{payload}"), "p")]
        {
            let reply = site.anon().log_in(name, password).await;
            reply.assert_json(401, json!({ "error": "Invalid username or password" }));
        }
    }
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_sessions").await, "0");
}

// G16
#[async_test]
async fn sql_in_an_id_or_a_cookie_finds_nothing() {
    let site = Site::new().await;
    let mut root = site.admin("root").await;
    let payloads = [
        "1%20OR%201=1",
        "1;DROP%20TABLE%20dw_users",
        "1'--",
        "1%27%20OR%20%271%27=%271",
        "1%23",
        "(1)",
        "1/**/",
        "%25",
    ];
    for id in payloads {
        assert_eq!(root.get(&format!("/user/{id}")).await.status, 404, "{id}");
        assert_eq!(root.delete(&format!("/user/{id}")).await.status, 404, "{id}");
        let body = json!({ "password": "p" });
        assert_eq!(root.put(&format!("/user/update-password/{id}"), body).await.status, 404, "{id}");
        let mut thief = site.anon();
        thief.cookie = Some(format!("session=' OR '1'='1{id}"));
        assert_eq!(thief.get("/user/1").await.status, 401);
        // With the length and form of a token.
        thief.cookie = Some(format!("session=dws_{:-<43.43}", "'OR'1'='1'--"));
        assert_eq!(thief.get("/user/1").await.status, 401);
    }
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "1");
}

// G17: stored, found, shown, changed and deleted like any other name.
#[async_test]
async fn sql_in_a_stored_name_is_inert() {
    let site = Site::new().await;
    let mut root = site.admin("root").await;
    for (number, payload) in PAYLOADS.iter().enumerate() {
        let id = number + 2;
        let body = json!({ "username": payload, "password": payload });
        site.anon()
            .post("/signup", body.clone())
            .await
            .assert_json(201, json!({ "message": "User registered successfully" }));
        site.anon().post("/user", body).await.assert_json(400, json!({ "message": "User already exists." }));
        let mut own = site.anon();
        own.log_in(payload, payload).await.assert_json(200, json!({ "message": "Login successful" }));
        own.get(&format!("/user/{id}")).await.assert_json(200, json!({ "username": payload }));
        root.get(&format!("/user/{id}")).await.assert_json(200, json!({ "username": payload }));
        let path = format!("/user/update-password/{id}");
        own.put(&path, json!({ "password": format!("{payload}{payload}") }))
            .await
            .assert_json(200, json!({ "message": "Password successfully changed." }));
        own.log_in(payload, &payload.repeat(2)).await.assert_json(200, json!({ "message": "Login successful" }));
        own.delete("/user/1")
            .await
            .assert_json(401, json!({ "message": "You don't have permission to perform this action." }));
    }
    for id in 2..PAYLOADS.len() + 2 {
        root.delete(&format!("/user/{id}")).await.assert_json(200, json!({ "message": "User successfully deleted." }));
    }
    assert_eq!(site.database.rows("SELECT name, role_id FROM dw_users").await, [["root", "1"]]);
}

// G5: numbers in bodies; those in paths are in `compat::user_crud`.
#[async_test]
async fn a_number_out_of_range_in_a_body_is_refused_or_ignored() {
    let site = Site::new().await;
    let send = async |number: &str| {
        let body = format!(r#"{{"username":"new {number}","password":"p","id":{number},"limit":{number}}}"#);
        let method = axum::http::Method::POST;
        site.anon().send_raw(method, "/signup", Some("application/json"), body).await.status.as_u16()
    };
    for ignored in ["9223372036854775808", "18446744073709551616", "-1", "1.5", "-0", "1000000000", "1e308"] {
        assert_eq!(send(ignored).await, 201, "{ignored}");
    }
    for refused in ["1e400", "-1e400", "0x10", "1_000", "+1", "Infinity", ".5", "1."] {
        assert_eq!(send(refused).await, 400, "{refused}");
    }
    assert_eq!(site.database.value("SELECT MAX(id) FROM dw_users").await, "7");
}
