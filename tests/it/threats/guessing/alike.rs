//! Guessing shows no difference between names, and other spellings of a name give no additional attempts.

use doorward_test_macros::async_test;
use std::time::Duration;

use serde_json::json;

use super::rows;
use crate::support::{Reply, Site, site::password_of};

/// All that a client sees of an answer, except for the request id.
fn visible(reply: &Reply) -> (u16, String, Vec<String>) {
    let of = |name: &axum::http::HeaderName| match name.as_str() {
        // The length of a request id can differ, and the length of the body with it.
        "x-request-id" | "content-length" => String::new(),
        _ => format!("{name}: {:?}", reply.headers[name]),
    };
    let body = match reply.json().get("request_id") {
        Some(number) => reply.text().replace(number.as_str().unwrap(), "…"),
        None => reply.text(),
    };
    (reply.status.as_u16(), body, reply.headers.keys().map(of).collect())
}

// A5: each attempt looks the same for every name, even if the password of a disabled account is right.
#[async_test]
async fn known_unknown_and_disabled_accounts_are_throttled_alike() {
    for (login, path) in [("signup-login", "/login"), ("user-crud", "/login"), ("signup-login", "/api/v1/sessions")] {
        let site = Site::builder().set("compat.login", login).start().await;
        site.create("open", "user").await;
        site.create("shut", "user").await;
        site.disable("shut").await;
        let mut ways = Vec::new();
        for (name, password) in
            [("nobody", "wrong"), ("open", "wrong"), ("shut", "wrong"), ("shut", &password_of("shut"))]
        {
            if name == "shut" {
                site.database.remove_failures().await;
            }
            let field = if path == "/login" { "username" } else { "name" };
            let mut way = Vec::new();
            let mut waited = Duration::ZERO;
            for _ in 0..12 {
                let reply = site.anon().post(path, json!({ field: name, "password": password })).await;
                if reply.status == 429 {
                    let wait = Duration::from_secs(reply.assert_throttled());
                    site.advance(wait);
                    waited += wait;
                }
                way.push(visible(&reply));
            }
            assert!(waited > Duration::ZERO);
            ways.push(way);
        }
        assert!(ways.iter().all(|way| *way == ways[0]), "{path}: {ways:#?}");
        let refusal = &ways[0].iter().find(|(status, ..)| *status == 429).unwrap().1;
        match (login, path) {
            (_, "/api/v1/sessions") => assert!(refusal.contains(r#""code":"too_many_attempts""#), "{refusal}"),
            ("user-crud", _) => assert_eq!(refusal, r#"{"message":"Too many attempts; try again later"}"#),
            _ => assert_eq!(refusal, r#"{"error":"Too many attempts; try again later"}"#),
        }
    }
}

// C4
#[async_test]
async fn all_spellings_of_a_name_share_one_failure_count() {
    for name in ["Zoë Ann", "Nobody Ë"] {
        let site = Site::new().await;
        site.create("Zoë Ann", "user").await;
        let spellings = [name.to_owned(), name.to_uppercase(), format!(" {name} "), name.replace('ë', "e\u{308}")];
        for number in 0..5 {
            assert_eq!(site.anon().log_in(&spellings[number % 4], "wrong").await.status, 401);
        }
        for spelling in spellings.iter().chain([&name.replace('A', "Ａ")]) {
            site.anon().log_in(spelling, "wrong").await.assert_throttled();
        }
        assert_eq!(rows(&site).await, "1");
    }
}
