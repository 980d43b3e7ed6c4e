//! Section C of threats.md: two spellings of one name are one account, and different names are different accounts.
//!
//! Invariant: names are compared by `NameKey`, which the database compares byte by byte.

use axum::{
    body::Body,
    http::{HeaderValue, Method, Request, header},
};
use doorward::model::NameKey;
use doorward_test_macros::async_test;
use proptest::prelude::*;
use serde_json::json;

use crate::support::{Site, site::password_of};

/// Marks, capitals with accents, ligatures, letters of many shapes, blanks of all kinds.
const AWKWARD: &str = "[aAsSkKiI\u{130}\u{131}\u{df}\u{1e9e}\u{17f}\u{212a}\u{3c3}\u{3c2}\u{300}-\u{345}\
    \u{1f80}-\u{1ffc}\u{fb00}-\u{fb06}\u{a0}\u{2000}-\u{200a}\u{3000} \u{1d2e}\u{ff21}\u{1e69}\u{323}\u{307}\
    \u{3f4}\u{1fbe}\u{149}\u{1f0}\u{ac00}\u{1100}\u{1161}]{0,12}";

/// The key of `name`, or none if the name is invalid.
fn key(name: &str) -> Option<String> {
    NameKey::to_find(name).ok().map(|key| String::from_utf8(key.as_bytes().to_vec()).unwrap())
}

/// Folding the folded name changes nothing.
fn is_settled(name: &str) -> bool {
    // Some characters fold to eighteen. A key that is longer than a name may be is never folded again.
    let Some(first) = key(name).filter(|first| first.chars().count() <= 100) else { return true };
    key(&first).as_deref() == Some(&first)
}

// C1
#[test]
fn folding_twice_is_folding_once_for_every_code_point() {
    for character in '\0'..=char::MAX {
        assert!(is_settled(&character.to_string()), "U+{:04X}", u32::from(character));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    // C1
    #[test]
    fn folding_twice_is_folding_once_for_any_text(name in "\\PC{0,12}") {
        prop_assert!(is_settled(&name), "{:?}", name);
    }

    // C1: the characters that are most difficult to fold.
    #[test]
    fn folding_twice_is_folding_once_for_awkward_text(name in AWKWARD) {
        prop_assert!(is_settled(&name), "{:?}", name);
    }
}

// C2: each list has several spellings of one name.
#[async_test]
async fn spellings_of_one_name_are_one_account() {
    let site = Site::new().await;
    for spellings in [
        &["Alice", "alice", "ALICE", " alice ", "\u{ff21}lice", "\u{1d2c}\u{2e1}\u{2071}\u{1d9c}\u{1d49}"][..],
        &["stra\u{df}e", "STRASSE", "strasse", "STRA\u{1e9e}E", "\u{17f}tra\u{17f}\u{17f}e"],
        &["kelvin", "\u{212a}elvin", "KELVIN"],
        &["\u{3bf}\u{3b4}\u{3cc}\u{3c2}", "\u{39f}\u{394}\u{38c}\u{3a3}", "\u{3bf}\u{3b4}\u{3cc}\u{3c3}"],
        &["\u{fb01}ne", "fine", "FINE"],
        &["\u{130}rem", "i\u{307}rem", "I\u{307}REM"],
        &["Zo\u{eb}", "zoe\u{308}", "ZO\u{cb}"],
        &["a b", "a\u{a0}b", "\u{3000}A B"],
    ] {
        site.create(spellings[0], "user").await;
        for spelling in spellings {
            let again = json!({ "username": spelling, "password": "another" });
            site.anon().post("/signup", again).await.assert_json(409, json!({ "error": "Username already exists" }));
            assert_eq!(site.anon().log_in(spelling, &password_of(spellings[0])).await.status, 200, "{spelling}");
        }
    }
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "8");
}

// C2: these differ after Unicode folding, though a database's collation may consider them equal.
#[async_test]
async fn different_names_are_different_accounts() {
    let site = Site::unthrottled().await;
    let names =
        ["i", "\u{131}", "\u{130}", "e", "\u{e9}", "\u{ea}", "a b", "a  b", "ab", "\u{430}b", "a_b", "a%b", "ae"];
    let more =
        ["\u{e6}", "o", "\u{f8}", "n", "\u{f1}", "\u{5f3}", "🦀", "🦞", "\u{304b}", "\u{30ab}", "n\u{308}", "0", "00"];
    let all: Vec<&str> = names.into_iter().chain(more).collect();
    for (number, name) in all.iter().enumerate() {
        assert_eq!(site.create(name, "user").await, i64::try_from(number).unwrap() + 1, "{name}");
    }
    for name in &all {
        for other in &all {
            let right = name == other;
            assert_eq!(site.anon().log_in(name, &password_of(other)).await.status == 200, right, "{name} {other}");
        }
    }
}

// C10: a long name is never truncated to an existing one, not even by a server without strict mode.
#[async_test]
async fn a_long_name_is_refused_and_never_truncated() {
    let site = Site::new().await;
    let longest = "n".repeat(100);
    site.create(&longest, "user").await;
    for extra in [1, 200, 9_999_900] {
        let name = "n".repeat(100 + extra);
        let status = if extra > 60_000 { 413 } else { 400 };
        let body = json!({ "username": name, "password": password_of(&longest) });
        for path in ["/signup", "/login"] {
            site.anon().post(path, body.clone()).await.assert_refused(status, "error");
        }
    }
    // The hundred-and-first character is a blank. It is trimmed from a name, but the length is checked before that.
    let body = json!({ "username": format!("{longest} "), "password": "p" });
    site.anon().post("/signup", body).await.assert_refused(400, "error");
    // Folds to eighteen hundred characters.
    let body = json!({ "username": "\u{fdfa}".repeat(100), "password": "p" });
    site.anon().post("/signup", body).await.assert_refused(400, "error");
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "1");
}

// C11
#[async_test]
async fn a_name_that_comes_back_inherits_nothing() {
    let site = Site::new().await;
    let (mut root, mut old) = (site.admin("root").await, site.admin("ann").await);
    let id = site.id_of("ann").await;
    root.delete(&format!("/user/{id}")).await.assert_json(200, json!({ "message": "User successfully deleted." }));
    let new = json!({ "username": "ann", "password": "new" });
    site.anon().post("/signup", new).await.assert_json(201, json!({ "message": "User registered successfully" }));

    assert!(site.id_of("ann").await > id);
    old.get("/user/1").await.assert_json(401, json!({ "message": "Unauthorized" }));
    assert_eq!(site.anon().log_in("ann", &password_of("ann")).await.status, 401);
    let mut ann = site.anon();
    assert_eq!(ann.log_in("ann", "new").await.status, 200);
    ann.delete("/user/1")
        .await
        .assert_json(401, json!({ "message": "You don't have permission to perform this action." }));
    let count = |table: &str| format!("SELECT COUNT(*) FROM {table} WHERE user_id = {id}");
    assert_eq!(site.database.value(&count("dw_sessions")).await, "0");
}

// C12: in a path, a query and a cookie. Bodies are tested in `bad_input`.
#[async_test]
async fn control_bytes_are_refused_in_paths_and_cookies() {
    let site = Site::new().await;
    let mut ann = site.user("ann").await;
    for path in
        ["/user/%00", "/user/1%00", "/user/1%0d%0aX:%20y", "/user/%0a1", "/user/%ff", "/user%00/1", "/user/1%2f"]
    {
        assert_eq!(ann.get(path).await.status, 404, "{path}");
    }
    for path in ["/login%00", "/signup%0d%0a", "/log%0ain"] {
        ann.post(path, json!({ "username": "ann", "password": "p" })).await.assert_refused(404, "error");
    }
    ann.get("/user/1?%00=%0d%0a&x=\u{7f}".trim_end_matches('\u{7f}'))
        .await
        .assert_json(200, json!({ "username": "ann" }));

    let token = ann.cookie.clone().unwrap();
    let cookies: [&[u8]; 6] = [
        b"session=\xff\xfe",
        b"session=dws_\xff",
        b"session=dws_%00",
        b"session=dws_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\xff",
        b"session",
        b"=;=;;session",
    ];
    let quoted = token.replace('=', "=\"") + "\"";
    let longer = format!("{token}A");
    for cookie in
        cookies.into_iter().chain([quoted.as_bytes(), longer.as_bytes(), &token.as_bytes()[..token.len() - 1]])
    {
        let request = Request::builder().method(Method::GET).uri("/user/1");
        let request = request.header(header::COOKIE, HeaderValue::from_bytes(cookie).unwrap());
        let reply = site.anon().send_request(request.body(Body::empty()).unwrap()).await;
        reply.assert_json(401, json!({ "message": "Unauthorized" }));
    }
}

/// URL libraries remove `.` and `..` from a path, also when they are escaped.
#[async_test]
async fn names_that_mean_a_folder_are_refused() {
    let site = Site::new().await;
    let mut root = site.admin("root").await;
    let password = "a violin in the greenhouse";
    for name in [".", "..", " .. ", "\u{ff0e}", "\u{2025}", "\u{2024}\u{2024}"] {
        let body = json!({ "username": name, "password": password });
        for (path, key) in [("/signup", "error"), ("/user", "message")] {
            site.anon().post(path, body.clone()).await.assert_refused(400, key);
        }
        let new = json!({ "name": name, "password": password });
        site.anon().post("/api/v1/users", new.clone()).await.assert_invalid("/name", "malformed");
        let id = root.get("/api/v1/users/me").await.assert_status(200)["id"].as_str().unwrap().to_owned();
        root.patch(&format!("/api/v1/users/{id}"), json!({ "name": name })).await.assert_invalid("/name", "malformed");
    }
    for name in ["...", ".ann", "ann.", "a/b", "../ann", "%2e%2e", "a\\b"] {
        let body = json!({ "username": name, "password": password });
        assert_eq!(site.anon().post("/signup", body).await.status, 201, "{name}");
        assert_eq!(site.anon().log_in(name, password).await.status, 200, "{name}");
    }
}
