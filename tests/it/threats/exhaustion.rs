//! Section D of threats.md: unauthenticated requests write no rows.

use axum::http::Method;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward_test_macros::async_test;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::guessing::close;
use crate::support::{Site, routes, site::password_of};

/// The rows of every table that the database lists.
async fn everything(site: &Site) -> Vec<(String, Vec<Vec<String>>)> {
    let tables = match site.database.is_sqlite() {
        true => "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'dw\\_%' ESCAPE '\\' ORDER BY name",
        false => "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME",
    };
    let mut all = Vec::new();
    for table in site.database.rows(tables).await {
        let mut rows = site.database.rows(&format!("SELECT * FROM {}", table[0])).await;
        rows.sort();
        all.push((table[0].clone(), rows));
    }
    assert!(all.iter().any(|(table, rows)| table == "dw_users" && !rows.is_empty()));
    all
}

/// A different random-looking text for each number.
fn junk(number: u32) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(number.to_le_bytes()))
}

// D15: on every route in turn.
#[async_test]
async fn junk_cookies_write_no_rows() {
    let site = Site::new().await;
    site.create("ann", "user").await;
    let before = everything(&site).await;
    let concrete = |(method, path): (String, String)| {
        let path = path.replace("{id}", "1").replace("{session}", "1").replace("{name}", "admin");
        (Method::from_bytes(method.as_bytes()).unwrap(), path)
    };
    let all: Vec<_> = routes().into_iter().map(concrete).collect();
    for number in 0..2_000_u32 {
        let junk = junk(number);
        let mut client = site.anon();
        client.cookie = Some(match number % 4 {
            // The right form, a wrong prefix, too long, and a number.
            0 => format!("session=dws_{junk}"),
            1 => format!("session={junk}"),
            2 => format!("session=dws_{junk}{junk}"),
            _ => format!("session={number}"),
        });
        client.device = Some(format!("device=dwd_{junk}"));
        // Every form is sent to every route.
        let (method, path) = &all[number as usize / 4 % all.len()];
        let reply = client.send(method.clone(), path, None).await;
        let is_of_a_session = !matches!(path.as_str(), "/docs" | "/livez" | "/openapi.json" | "/readyz" | "/version");
        assert!(!is_of_a_session || reply.status.is_client_error(), "{method} {path}: {}", reply.text());
        assert!(reply.set_cookies().iter().all(|cookie| cookie.contains("=;")), "{:?}", reply.set_cookies());
        client.get("/user/1").await.assert_json(401, json!({ "message": "Unauthorized" }));
    }
    assert!(all.len() * 4 < 2_000);
    assert_eq!(everything(&site).await, before);
}

// D15: junk devices share the strangers' failure count, and write no row once login is closed.
#[async_test]
async fn junk_devices_write_no_rows() {
    let site = Site::new().await;
    site.create("ann", "user").await;
    let device = |number: u32| format!("device=dwd_{}", junk(number));
    for number in 0..5 {
        let mut client = site.anon().on_device(Some(&device(number)));
        assert_eq!(client.log_in("ann", "wrong").await.status, 401);
    }
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_login_failures").await, "1");
    close(&site, "ann").await;
    let before = everything(&site).await;
    let mut logins = tokio::task::JoinSet::new();
    for number in 5..200 {
        let mut client = site.anon().on_device(Some(&device(number)));
        logins.spawn(async move { client.log_in("ann", &password_of("ann")).await });
    }
    for reply in logins.join_all().await {
        reply.assert_throttled();
        assert!(reply.set_cookies().is_empty());
    }
    assert_eq!(everything(&site).await, before);
}
