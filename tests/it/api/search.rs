//! `GET /api/v1/users`: prefixes, filters and pages. Section G of threats.md.

use doorward_test_macros::async_test;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Client, Site, items};

/// Percent-encodes `text` for a query.
fn percent_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

async fn names(client: &mut Client, query: &str) -> Vec<String> {
    let found = items(&client.get(&format!("/api/v1/users?{query}")).await);
    found.iter().map(|user| user["name"].as_str().unwrap().to_owned()).collect()
}

async fn with_prefix(client: &mut Client, prefix: &str) -> Vec<String> {
    names(client, &format!("name={}", percent_encoded(prefix))).await
}

#[async_test]
async fn a_prefix_is_folded_like_a_name() {
    let site = Site::new().await;
    let mut root = site.holder("zz root", "users:read").await;
    for name in
        ["Ann", "anna", "\u{ff21}nnika", "\u{c5}nn", "Bob Smith", "bobby", "100%", "1000", "a_b", "axb", "Stra\u{df}e"]
    {
        site.create(name, "user").await;
    }
    for (prefix, expected) in [
        ("an", &["Ann", "anna", "\u{ff21}nnika"][..]),
        ("ANN", &["Ann", "anna", "\u{ff21}nnika"]),
        ("\u{ff41}nn", &["Ann", "anna", "\u{ff21}nnika"]),
        (" ann", &["Ann", "anna", "\u{ff21}nnika"]),
        ("anna", &["anna"]),
        ("\u{e5}", &["\u{c5}nn"]),
        ("a\u{30a}", &["\u{c5}nn"]),
        ("\u{212b}", &["\u{c5}nn"]),
        ("bob", &["Bob Smith", "bobby"]),
        ("bob s", &["Bob Smith"]),
        ("bob\u{a0}s", &["Bob Smith"]),
        ("strass", &["Stra\u{df}e"]),
        ("STRA\u{1e9e}", &["Stra\u{df}e"]),
        // The wildcards of LIKE have no special meaning.
        ("100%", &["100%"]),
        ("%", &[]),
        ("_", &[]),
        ("a_", &["a_b"]),
        ("a%b", &[]),
        ("smith", &[]),
        ("\u{1f980}", &[]),
        ("annb", &[]),
    ] {
        assert_eq!(with_prefix(&mut root, prefix).await, expected, "{prefix}");
    }
    assert_eq!(with_prefix(&mut root, "").await.len(), 12);
    assert_eq!(with_prefix(&mut root, "  ").await.len(), 12);
    // A plus means a blank, as in forms.
    assert_eq!(names(&mut root, "name=bob+s").await, ["Bob Smith"]);
    root.get(&format!("/api/v1/users?name={}", "x".repeat(101))).await.assert_invalid("?name", "too_long");
    root.get("/api/v1/users?name=a%00").await.assert_invalid("?name", "unseen_characters");
}

// G16, G17
#[async_test]
async fn sql_is_text_like_any_other() {
    let site = Site::new().await;
    let mut root = site.admin("root").await;
    let before = site.dump().await;
    let payloads = [
        "' OR '1'='1",
        "\" OR \"\"=\"",
        "'; DROP TABLE dw_users;--",
        "') UNION SELECT password_hash FROM dw_users--",
        "\\' OR 1=1 #",
        "%' --",
        "root'/*",
        "${7*7}",
        "{{7*7}}",
        "1; SELECT SLEEP(5)",
        "root\\",
        "0x726f6f74",
        // Not ASCII: MySQL refuses to compare it with an ASCII column.
        "\u{e9}\u{4e2d}",
    ];
    for payload in payloads {
        assert!(with_prefix(&mut root, payload).await.is_empty(), "{payload}");
        let text = percent_encoded(payload);
        root.get(&format!("/api/v1/users?role={text}")).await.assert_invalid("?role", "malformed");
        root.get(&format!("/api/v1/users?state={text}")).await.assert_invalid("?state", "not_a_choice");
        root.get(&format!("/api/v1/users?cursor={text}")).await.assert_invalid("?cursor", "invalid_cursor");
        root.get(&format!("/api/v1/users?limit={text}")).await.assert_invalid("?limit", "malformed");
        root.get(&format!("/api/v1/users?sort={text}")).await.assert_invalid("?sort", "unknown");
        root.get(&format!("/api/v1/audit-events?event={text}")).await.assert_invalid("?event", "not_a_choice");
        assert!(items(&root.get(&format!("/api/v1/audit-events?request_id={text}")).await).is_empty());
    }
    assert_eq!(site.dump().await, before);
    // As names, they are stored and found.
    for payload in payloads {
        site.create(payload, "user").await;
        assert_eq!(with_prefix(&mut root, payload).await, [payload]);
    }
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, (payloads.len() + 1).to_string());
}

#[async_test]
async fn filters_combine() {
    let site = Site::new().await;
    let mut root = site.admin("root").await;
    site.role("support", "").await;
    for (number, role) in ["user", "support", "user", "support", "admin", "support"].into_iter().enumerate() {
        let name = format!("ann {number}");
        site.create(&name, role).await;
        if number % 2 == 1 || number == 2 {
            site.disable(&name).await;
        }
    }
    let all = items(&root.get("/api/v1/users").await);
    assert_eq!(all.len(), 7);
    for role in [None, Some("user"), Some("support"), Some("admin")] {
        for state in [None, Some("enabled"), Some("disabled")] {
            for prefix in ["", "ann", "root", "ann 3", "bob"] {
                let fits = |user: &&Value| {
                    role.is_none_or(|role| user["role"] == role)
                        && state.is_none_or(|state| user["state"] == state)
                        && user["name"].as_str().unwrap().starts_with(prefix)
                };
                let expected: Vec<&Value> = all.iter().filter(fits).collect();
                let role = role.map_or(String::new(), |role| format!("&role={role}"));
                let state = state.map_or(String::new(), |state| format!("&state={state}"));
                let query = format!("/api/v1/users?name={}{role}{state}", percent_encoded(prefix));
                let found = items(&root.get(&query).await);
                assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{query}");
            }
        }
    }
    // A role that does not exist.
    let none = root.get("/api/v1/users?role=nobodys").await.assert_status(200);
    assert_eq!(none, serde_json::json!({ "items": [], "next": null }));
}

/// The names on all pages of this size. Runs `between` after each page.
async fn pages(client: &mut Client, query: &str, limit: usize, mut between: impl AsyncFnMut(usize)) -> Vec<String> {
    let (mut found, mut cursor, mut number) = (Vec::new(), String::new(), 0);
    loop {
        let page = client.get(&format!("/api/v1/users?limit={limit}{query}{cursor}")).await.assert_status(200);
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= limit);
        found.extend(items.iter().map(|user| user["name"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { return found };
        assert_eq!(items.len(), limit);
        cursor = format!("&cursor={next}");
        between(number).await;
        number += 1;
    }
}

#[async_test]
async fn pages_of_every_size_list_every_user_once_in_order() {
    let site = Site::new().await;
    let mut root = site.holder("zz", "users:read").await;
    let expected: Vec<String> = (0..250).map(|number| format!("user {number:03}")).collect();
    let roles = ["admin", "user"].into_iter().cycle();
    site.database.insert_users(&expected.iter().cloned().zip(roles).collect::<Vec<_>>()).await;
    for limit in [1, 2, 3, 7, 49, 50, 83, 99, 100] {
        assert_eq!(pages(&mut root, "&name=user", limit, async |_| ()).await, expected, "{limit}");
    }
    let admins: Vec<String> = expected.iter().step_by(2).cloned().collect();
    assert_eq!(pages(&mut root, "&role=admin&state=enabled", 11, async |_| ()).await, admins);
    assert_eq!(items(&root.get("/api/v1/users").await).len(), 50);
    // Users created and deleted during the reading do not move other users between pages.
    let (deleted, made) = (std::cell::RefCell::new(BTreeSet::new()), std::cell::Cell::new(0));
    let found = pages(&mut root, "&name=user", 10, async |number| {
        let (behind, ahead) = (format!("user {:03}", number * 10), format!("user {:03}", 249 - number));
        site.database.remove_users(&[&behind, &ahead]).await;
        deleted.borrow_mut().extend([behind, ahead]);
        site.create(&format!("user 0 {number}"), "user").await;
        made.set(made.get() + 1);
    })
    .await;
    assert!(made.get() > 20);
    let unique: BTreeSet<&String> = found.iter().collect();
    assert_eq!(unique.len(), found.len());
    for name in expected.iter().filter(|name| !deleted.borrow().contains(*name)) {
        assert!(unique.contains(name), "{name}");
    }
}
