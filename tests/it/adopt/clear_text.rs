//! A stored string is a clear-text password only if the operator accepts it, and never if it looks derived.

use doorward_test_macros::async_test;
use serde_json::json;

use super::{ACCEPT, LOCATIONS, LegacySetup, Location, assert_login, log_in, werkzeug};

/// Strings that look derived from a password.
const DERIVED: [&str; 52] = [
    "1|8d2e0ee4c3b9ba0b",
    "2|$argon2i$v=19$m=65536,t=4,p=1$c29tZXNhbHQ$aGFzaA",
    "3|$argon2id$v=19$m=65536,t=4,p=1$c29tZXNhbHQ$aGFzaA",
    "#jbcrypt:$2a$10$hnp7kSXM9F84Zp34qbsL0O71sgO4qtACXVEn.un5MkUV1jgETb4B2",
    ":pbkdf2:sha512:30000:64:c2FsdA==:aGFzaA==",
    ":A:5f4dcc3b5aa765d61d8327deb882cf99",
    ":B:838c83e1:e4ab7024509eef084cdabd03d8b2972c",
    "[\"$2b$10$hnp7kSXM9F84Zp34qbsL0O71sgO4qtACXVEn.un5MkUV1jgETb4B2\"]",
    "{\"bcrypt\":\"$2b$10$hnp7kSXM9F84Zp34qbsL0O\"}",
    "c2FsdHNhbHQ=$XohImNooBHFR0OVvjcYpJw==",
    "c2FsdHNhbHQ=:XohImNooBHFR0OVvjcYpJw==",
    "c2FsdHNhbHQ=|XohImNooBHFR0OVvjcYpJw==",
    "c2FsdHNhbHQ=;XohImNooBHFR0OVvjcYpJw==",
    "c2FsdHNhbHQ=,XohImNooBHFR0OVvjcYpJw==",
    "c2FsdHNhbHQ=-XohImNooBHFR0OVvjcYpJw==",
    "c2FsdHNhbHQ.XohImNooBHFR0OVvjcYpJw",
    "%242b%2410%24hnp7kSXM9F84Zp34qbsL0O71sgO4qtACXVEn.un5MkUV1jgETb4B2",
    "&#36;2b&#36;10&#36;hnp7kSXM9F84Zp34qbsL0O71sgO4qtACXVEn.un5MkUV1jgETb4B2",
    "\u{feff}$2b$10$hnp7kSXM9F84Zp34qbsL0O71sgO4qtACXVEn.un5MkUV1jgETb4B2",
    "\u{200b}9cc2ae8a1ba7a93da39b46fc1019c481",
    "3610a686",
    "D87F7E0C",
    "ZuYF4h0e3GZGg",
    "565491d704013245",
    "5F4DCC3B5AA765D61D8327DEB882CF99AA",
    "5f:4d:cc:3b:5a:a7:65:d6:1d:83:27:de:b8:82:cf:99",
    "5f4dcc3b-5aa765d6-1d8327de-b882cf99",
    "XohImNooBHFR0OVvjcYpJ3NgPQ1qq73WKhHvch0VQtg",
    "LRSWKZRVMFZXI2LOM5WGK3DM",
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    "0x0200F733058A07892C5CACE899768F89965F6BD1DED7955FE89E",
    "x'5f4dcc3b5aa765d6'",
    "b'5f4dcc3b5aa765d61d8327deb882cf99'",
    "\"5f4dcc3b5aa765d61d8327deb882cf99\"",
    "eyJhbGciOiJIUzI1NiJ9.e30.c2ln",
    "018f3c1e-7b1a-7c3d-9e2f-0123456789ab",
    "a:1:{s:4:\"hash\";s:4:\"x\";}",
    "S:8F2D65FB5547B71C8DA3760F10960428CD307B1C6271691FC55C1F56554A;T:EA2F",
    "md5a6343a68d964ca596d9752250d54bb8a",
    "SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy",
    "U$S$DTestTestTestTestTestTest",
    "d9a1b2c3d4e5f60718293a4b5c6d7e8f:hT0kDq9Z",
    "sha1$abc$def",
    "(GDpOtD35gGlyDksQRxEU)",
    "0x742d35Cc6634C0532925a3b844Bc454e4438f44e",
    "aad3b435b51404ee:31d6cfe0d16ae931",
    "sha256|17|lMzlNz0XK9eiPIYPY96QCQ==|1ZJ/R3qLEF0oCBVNtvNKLw==",
    "vault:v1:8SDd3WHDOjf7mq69",
    "OBF:1v2j1uum1xtv1zej",
    "[B@1b6d3586",
    "-1989271643",
    "<Buffer 5f 4d cc 3b>",
];
const CHOSEN: [&str; 5] = ["hunter2", "Pa$$w0rd", "correct horse battery staple", "summer2024!", "letmein"];

async fn table(location: Location) -> LegacySetup {
    let setup = LegacySetup::loose(location).await;
    for (number, value) in (1..).zip(DERIVED) {
        setup.add(number, &format!("derived {number}"), value).await;
    }
    for (number, value) in (101..).zip(CHOSEN) {
        setup.add(number, &format!("chosen {number}"), value).await;
    }
    setup.add(201, "hashed", &werkzeug("the password")).await;
    setup
}

#[async_test]
async fn clear_text_is_adopted_only_if_the_operator_accepts_it() {
    for location in LOCATIONS {
        let setup = table(location).await;
        let ran = setup.tries(&["run"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.stdout.contains("        1  adopted\n"), "{}", ran.stdout);
        assert!(
            ran.stdout.contains("        5  left behind: its password is in no recognised form\n"),
            "{}",
            ran.stdout
        );
        assert!(
            ran.stderr.contains("5 passwords are in no recognised form") && ran.stderr.contains("--plain-text accept")
        );
        let (left, summary) = setup.run();
        assert_eq!(summary["left_behind"], json!({ "password_unreadable": 52, "password_unrecognized": 5 }));
        assert!(left.iter().any(|row| row["id"] == 101 && row["code"] == "password_unrecognized"), "{location:?}");

        let (_, summary) = setup.run_accepting();
        assert_eq!((&summary["adopted"], &summary["plain_text_hashed"]), (&json!(5), &json!(5)), "{location:?}");
        assert_eq!(summary["left_behind"], json!({ "password_unreadable": 52 }), "{location:?}");
        let site = setup.site().await;
        for (number, value) in (1..).zip(DERIVED) {
            assert_login(log_in(&site, &format!("derived {number}"), value).await.0, false, value);
        }
        for (number, value) in (101..).zip(CHOSEN) {
            assert_login(log_in(&site, &format!("chosen {number}"), value).await.0, true, value);
        }
        // A run without the flag keeps the accepted passwords.
        let before = setup.state().await;
        let (left, summary) = setup.run();
        assert_eq!((left.len(), &summary["already_here"], &summary["gone_there"]), (52, &json!(6), &json!(0)));
        assert_eq!(setup.state().await, before, "{location:?}");
    }
}

#[async_test]
async fn a_change_to_an_unrecognised_value_invalidates_the_password_until_accepted() {
    let setup = LegacySetup::loose(Location::Other).await;
    setup.add(1, "ann", &werkzeug("the password")).await;
    setup.run();
    setup.set_password(1, "letmein please").await;
    let (left, summary) = setup.run();
    assert_eq!((&left[0]["code"], &summary["gone_there"]), (&json!("password_unrecognized"), &json!(1)));
    let site = setup.site().await;
    for password in ["the password", "letmein please"] {
        assert_login(log_in(&site, "ann", password).await.0, false, password);
    }
    let (_, summary) = setup.run_accepting();
    assert_eq!(summary["changed_there"], json!(1));
    assert_login(log_in(&site, "ann", "letmein please").await.0, true, "ann");
    assert_login(log_in(&site, "ann", "the password").await.0, false, "ann");
}

#[async_test]
async fn a_scan_shows_shapes_and_the_flag_to_accept_them() {
    let setup = table(Location::Other).await;
    let scan = setup.shows("scan");
    assert_eq!((&scan["adoptable"], &scan["unrecognized"]["rows"]), (&json!(1), &json!(5)));
    let shapes = scan["shapes"].as_array().unwrap();
    let find =
        |shape: &str| shapes.iter().find(|known| known["shape"] == shape).unwrap_or_else(|| panic!("{shapes:#?}"));
    assert_eq!(
        find("lowercase letters, digits: 6 to 8 characters"),
        &json!({ "shape": "lowercase letters, digits: 6 to 8 characters", "looks_derived": false, "rows": 1, "masks": ["aaaaaa9"] })
    );
    assert_eq!(find("hexadecimal digits: 8 characters")["looks_derived"], json!(true));
    assert_eq!(find("hexadecimal digits: 8 characters")["rows"], json!(2));
    let derived: u64 =
        shapes.iter().filter(|shape| shape["looks_derived"] == true).map(|s| s["rows"].as_u64().unwrap()).sum();
    // Strings of a known scheme, such as `U$S$…`, are counted by the reason why they cannot be verified.
    assert!((45..=52).contains(&derived), "{derived}");
    let text = setup.adopt(&["scan"]);
    assert!(text.contains("unrecognised") && text.contains("aaaaaa9"), "{text}");
    assert!(text.contains("`doorward adopt run --plain-text accept`"), "{text}");
    let printed = text + &scan.to_string();
    for value in DERIVED.iter().chain(&CHOSEN) {
        assert!(!printed.contains(value), "{value}");
    }
    let text = setup.adopt(&["scan", ACCEPT[0], ACCEPT[1]]);
    assert!(text.contains("a run would adopt   6\n") && !text.contains("--plain-text"), "{text}");
}
