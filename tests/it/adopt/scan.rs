//! `adopt scan`: its counts, its lists and its progress.

use doorward_test_macros::async_test;
use serde_json::{Value, json};

use super::{ACCEPT, LOCATIONS, LegacySetup, Location, bcrypt, quoted, werkzeug};

#[async_test]
async fn a_scan_counts_schemes_roles_and_clear_text_passwords() {
    for location in LOCATIONS {
        let setup =
            LegacySetup::with_columns(location, "user", "username VARCHAR(80), password TEXT, role VARCHAR(80)").await;
        let strong = "pbkdf2:sha256:600000$abcdefghijklmnop$".to_owned() + &"ab".repeat(32);
        for (id, name, password, role) in [
            (1, "root", Some(bcrypt("a")), "'admin'"),
            (2, "ann", Some(werkzeug("b")), "'user'"),
            (3, "bob", Some(werkzeug("c")), "'user'"),
            (4, "carl", Some(strong), "'editor'"),
            (5, "dora", Some("in clear".to_owned()), "NULL"),
            (6, "emil", Some("me, too".to_owned()), "'user'"),
            (7, "fay", Some(String::new()), "'user'"),
            (8, "gus", None, "'user'"),
            (9, "hal", Some("!".to_owned()), "'user'"),
            (10, "ida", Some("$2b$31$".to_owned() + &"a".repeat(53)), "'user'"),
        ] {
            let password = password.map_or("NULL".to_owned(), |password| quoted(&password));
            let columns = "id, username, password, role";
            setup
                .legacy
                .execute(&format!("INSERT INTO user ({columns}) VALUES ({id}, '{name}', {password}, {role})"))
                .await;
        }
        let scan = setup.shows("scan");
        assert_eq!((&scan["table"], &scan["rows"], &scan["adoptable"]), (&json!("user"), &json!(10), &json!(4)));
        assert_eq!(setup.shows_with("scan", &ACCEPT)["adoptable"], json!(6));
        let columns = json!({ "id": "id", "username": "username", "password": "password", "role": "role" });
        assert_eq!(scan["columns"], columns);
        let kinds: Vec<_> = scan["passwords"]
            .as_array()
            .unwrap()
            .iter()
            .map(|kind| {
                let name = kind["scheme"].as_str().or(kind["why"].as_str()).or(kind["kind"].as_str()).unwrap();
                (name, kind["strength"].as_str().unwrap_or(""), kind["rows"].as_u64().unwrap())
            })
            .collect();
        let expected = [
            ("bcrypt", "weak", 1),
            ("werkzeug-pbkdf2-sha256", "weak", 2),
            ("werkzeug-pbkdf2-sha256", "strong", 1),
            ("unrecognized", "", 2),
            ("too_costly", "", 1),
            ("locked", "", 1),
            ("empty", "", 1),
            ("null", "", 1),
        ];
        assert_eq!(kinds, expected, "{location:?}");
        assert_eq!(scan["unrecognized"], json!({ "rows": 2, "first": [5, 6] }), "{location:?}");
        let roles = json!([
            { "there": "admin", "here": "admin", "is_known": true, "rows": 1 },
            { "there": "editor", "here": "user", "is_known": false, "rows": 1 },
            { "there": "user", "here": "user", "is_known": true, "rows": 2 },
        ]);
        assert_eq!(scan["roles"], roles, "{location:?}");

        let text = setup.adopt(&["scan"]);
        for line in [
            "rows    10\n  a run would adopt   4\n  already here        0\n  and leave behind    6\n",
            "not recognised: the passwords of 5, 6\n",
            "editor      user   1     no such role here\n",
            "1 left behind: it is locked\n  9 \"hal\": it is locked\n",
        ] {
            assert!(text.contains(line), "{line:?} is not in:\n{text}");
        }
    }
}

#[async_test]
async fn lists_of_a_scan_are_limited_and_totals_are_complete() {
    let setup = LegacySetup::loose(Location::Other).await;
    setup.add_many(1300, "in clear").await;
    setup.legacy.execute("INSERT INTO users (id, username, password) SELECT id + 2000, username, '!' FROM users").await;
    setup
        .legacy
        .execute(
            "INSERT INTO users (id, username, password) SELECT id + 5000, username, 'x y' FROM users WHERE id < 2000",
        )
        .await;
    let scan = setup.shows_with("scan", &ACCEPT);
    let length = |list: &Value| list.as_array().unwrap().len();
    assert_eq!((&scan["unrecognized"]["rows"], length(&scan["unrecognized"]["first"])), (&json!(2600), 1000));
    for kind in scan["left_behind"].as_array().unwrap() {
        assert_eq!((&kind["rows"], length(&kind["first"])), (&json!(1300), 1000), "{}", kind["code"]);
    }
    assert_eq!((&scan["collisions"]["names"], length(&scan["collisions"]["first"])), (&json!(1300), 1000));
    assert_eq!(
        scan["collisions"]["first"][0],
        json!([{ "id": 1, "name": "person 1" }, { "id": 5001, "name": "person 1" }])
    );
    assert_eq!(scan["adoptable"], json!(1300));
    let text = setup.adopt(&["scan"]);
    assert_eq!(text.lines().filter(|line| line.contains("it is locked")).count(), 21, "{text}");
    assert!(text.contains(", 20 …\n"), "{text}");
}

#[async_test]
async fn a_scan_after_a_run_has_only_new_rows_to_adopt() {
    for location in LOCATIONS {
        let setup = LegacySetup::users(location).await;
        setup.add(1, "ann", &werkzeug("secret of ann")).await;
        setup.add(2, "bob", &werkzeug("secret of bob")).await;
        setup.run();
        setup.add(3, "carl", &werkzeug("secret of carl")).await;
        let scan = setup.shows("scan");
        assert_eq!((&scan["already_here"], &scan["adoptable"], &scan["rows"]), (&json!(2), &json!(1), &json!(3)));
        assert_eq!(scan["left_behind"], json!([]), "{location:?}");
    }
}

#[async_test]
async fn a_scan_reports_progress_on_standard_error() {
    let setup = LegacySetup::users(Location::File).await;
    setup
        .legacy
        .execute(
            "INSERT INTO users (username, password) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
             WHERE i < 120000) SELECT 'person ' || i, '!' FROM n",
        )
        .await;
    let ran = setup.tries(&["scan"]);
    assert_eq!(ran.code, 0);
    // On a slow machine, earlier lines show the progress after each five seconds.
    let at_100_000 = ran.stderr.lines().filter(|line| line.starts_with("100000 of 120000 rows, ")).count();
    assert!(at_100_000 == 1 && !ran.stderr.contains('\r'), "{}", ran.stderr);
    assert!(!ran.stdout.contains("rows a second"));
}
