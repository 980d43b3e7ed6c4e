//! The report of a run: every row that is left behind, with the reason. A scan reports the same before the run.

use doorward_test_macros::async_test;
use serde_json::{Value, json};

use super::{ACCEPT, LOCATIONS, LegacySetup, Location, assert_login, bcrypt, log_in, werkzeug};

/// Rows with every possible fault: the id, the name and the password as SQL, and the code of the reason.
const ROWS: [(&str, &str, &str, &str); 24] = [
    ("-5", "'negative'", "'{hash}'", "number_not_positive"),
    ("9007199254740992", "'too high'", "'{hash}'", "number_too_high"),
    ("10", "NULL", "'{hash}'", "no_name"),
    ("11", "''", "'{hash}'", "no_name"),
    ("12", "'  '", "'{hash}'", "no_name"),
    ("13", "CONCAT('tab', CHAR(9), 'inside')", "'{hash}'", "name_refused"),
    ("14", "'{long}'", "'{hash}'", "name_refused"),
    ("15", "'null'", "NULL", "no_password"),
    ("16", "'empty'", "''", "no_password"),
    ("17", "'blanks'", "'   '", "no_password"),
    ("18", "'star'", "'*'", "locked"),
    ("19", "'bang'", "'!{hash}'", "locked"),
    ("20", "'truncated'", "'$2b$12$abcdefghijklmnopqrstuu'", "password_unreadable"),
    ("21", "'costly'", "'pbkdf2:sha256:1000000000$salt$00'", "password_unreadable"),
    ("22", "'unknown'", "'{WEIRD}c2VjcmV0'", "password_unreadable"),
    ("23", "'noop'", "'{noop}secret'", "password_unreadable"),
    ("24", "'digest'", "'5ebe2294ecd0e0f08eab7690d2a6ee695ebe2294'", "password_unreadable"),
    ("30", "'ann'", "'{hash}'", ""),
    ("31", "'ANN'", "'{hash}'", "name_taken"),
    ("32", "' ann '", "'{hash}'", "name_taken"),
    ("33", "'taken'", "'{hash}'", "name_taken"),
    ("1", "'number'", "'{hash}'", "number_taken"),
    ("34", "'zero width'", "'in clear'", ""),
    ("35", "'{width}'", "'{hash}'", ""),
];

async fn hostile(location: Location) -> LegacySetup {
    let setup = LegacySetup::with_columns(location, "users", "username VARCHAR(300), password TEXT").await;
    let table = if setup.legacy.is_sqlite() { "" } else { "ALTER TABLE users MODIFY id BIGINT NOT NULL" };
    if !table.is_empty() {
        setup.legacy.execute(table).await;
    }
    let (hash, long) = (werkzeug("secret of ann"), "x".repeat(101));
    for (id, name, password, _) in ROWS {
        let name = name.replace("{long}", &long).replace("{width}", "zero\u{200b}width");
        let password = password.replace("{hash}", &hash);
        setup
            .legacy
            .execute(&format!("INSERT INTO users (id, username, password) VALUES ({id}, {name}, {password})"))
            .await;
    }
    // A user of Doorward's own.
    let ran = setup.program.run_with_input(&["user", "create", "Taken", "--password-stdin"], b"the password of taken");
    assert_eq!(ran.code, 0, "{ran:?}");
    setup
}

fn codes(rows: &[Value]) -> Vec<(String, String)> {
    let mut codes: Vec<_> =
        rows.iter().map(|row| (row["id"].to_string(), row["code"].as_str().unwrap().to_owned())).collect();
    codes.sort();
    codes
}

#[async_test]
async fn every_row_that_is_left_behind_is_reported_with_its_reason() {
    for location in LOCATIONS {
        let setup = hostile(location).await;
        let scan = setup.shows_with("scan", &ACCEPT);
        let (left, summary) = setup.run_accepting();
        let mut expected: Vec<_> = ROWS
            .iter()
            .filter(|(.., code)| !code.is_empty())
            .map(|(id, _, _, code)| ((*id).to_owned(), (*code).to_owned()))
            .collect();
        expected.sort();
        assert_eq!(codes(&left), expected, "{location:?}");
        assert_eq!((&summary["adopted"], &summary["plain_text_hashed"]), (&json!(3), &json!(1)), "{location:?}");
        assert_eq!(summary["rows"], json!(ROWS.len()));

        // The scan and the run agree.
        assert_eq!(scan["adoptable"], summary["adopted"], "{location:?}");
        let foreseen: Vec<Value> = scan["left_behind"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|kind| kind["first"].as_array().unwrap().clone())
            .collect();
        assert_eq!(codes(&foreseen), expected, "{location:?}");
        for kind in scan["left_behind"].as_array().unwrap() {
            assert_eq!(summary["left_behind"][kind["code"].as_str().unwrap()], kind["rows"], "{location:?}: {kind}");
        }
        // Users from before the run are unchanged.
        let site = setup.site().await;
        assert_login(log_in(&site, "taken", "the password of taken").await.0, true, "taken");
        assert_login(log_in(&site, "taken", "secret of ann").await.0, false, "taken");
        assert_login(log_in(&site, "number", "secret of ann").await.0, false, "number");
    }
}

#[async_test]
async fn names_and_passwords_that_are_not_text_are_left_behind() {
    let setup = LegacySetup::with_columns(Location::Other, "users", "username BLOB, password BLOB").await;
    setup.legacy.execute("INSERT INTO users (id, username, password) VALUES (1, X'ff00fe', 'in clear')").await;
    setup.legacy.execute("INSERT INTO users (id, username, password) VALUES (2, 'ann', X'ff00fe')").await;
    let hash = bcrypt("secret of bob");
    setup.legacy.execute(&format!("INSERT INTO users (id, username, password) VALUES (3, 'bob', '{hash}')")).await;
    let (left, summary) = setup.run();
    let expected = [("1", "name_not_text"), ("2", "password_not_text")];
    assert_eq!(codes(&left), expected.map(|(id, code)| (id.to_owned(), code.to_owned())));
    assert_eq!((&left[0]["name"], &summary["adopted"]), (&Value::Null, &json!(1)));
    assert_login(log_in(&setup.site().await, "bob", "secret of bob").await.0, true, "bob");
}

#[async_test]
async fn rows_that_share_an_id_are_all_left_behind() {
    let setup = LegacySetup::loose(Location::Other).await;
    setup.legacy.execute("CREATE TABLE members (id INT, username VARCHAR(80), password VARCHAR(255))").await;
    let mut rows = vec![];
    for id in 1..=2100 {
        rows.push(format!("({id}, 'person {id}', '!')"));
    }
    // Shared within a page, across the end of a page, and by the last row.
    for (id, name) in [(500, "eve"), (1000, "mallory"), (1001, "oscar"), (1002, "trudy"), (2100, "victor")] {
        rows.push(format!("({id}, '{name}', 'secret of {name}')"));
    }
    setup.legacy.execute(&format!("INSERT INTO members (id, username, password) VALUES {}", rows.join(", "))).await;
    setup.legacy.execute("INSERT INTO members (id, username, password) VALUES (3000, 'ann', 'secret of ann')").await;
    let table = ["--table", "members", "--plain-text", "accept"];
    let scan: Value = serde_json::from_str(&setup.adopt(&[&["scan", "--json"], &table[..]].concat())).unwrap();
    let stdout = setup.adopt(&[&["run", "--json"], &table[..]].concat());
    let summary: Value = serde_json::from_str(stdout.lines().last().unwrap()).unwrap();
    for (what, left) in
        [("scan", &scan["left_behind"][1]["rows"]), ("run", &summary["summary"]["left_behind"]["number_not_unique"])]
    {
        assert_eq!(left, &json!(10), "{what}: {scan}");
    }
    assert_eq!((&summary["summary"]["adopted"], &summary["summary"]["rows"]), (&json!(1), &json!(2106)));
    assert_eq!(setup.own.value("SELECT name FROM dw_users").await, "ann");
}

#[async_test]
async fn unreadable_ids_are_left_behind_with_their_cause() {
    let setup = LegacySetup::loose(Location::File).await;
    setup.legacy.execute("CREATE TABLE members (id INT, username TEXT, password TEXT)").await;
    setup
        .legacy
        .execute(
            "INSERT INTO members VALUES ('seven', 'text', 'secret'), (1.5, 'half', 'secret'), (NULL, 'none', 'secret'),
             (X'01', 'bytes', 'secret'), (1, 'ann', 'secret of ann'), (2, 'bob', 'secret of bob')",
        )
        .await;
    let scan: Value =
        serde_json::from_str(&setup.adopt(&["scan", "--json", "--table", "members", "--plain-text", "accept"]))
            .unwrap();
    // `seven` and the bytes are keys, although they are not numbers.
    assert_eq!((&scan["adoptable"], &scan["renumbered"]["rows"]), (&json!(4), &json!(2)), "{scan}");
    let left = &scan["left_behind"][0];
    assert_eq!((&left["code"], &left["rows"]), (&json!("number_unreadable"), &json!(2)), "{scan}");
    assert_eq!(left["first"][0]["id"], "1.5", "{scan}");
    assert_eq!(left["first"][0]["reason"], "its id cannot be read: a number with a fraction", "{scan}");
    assert_eq!(left["first"][1]["reason"], "its id cannot be read: null", "{scan}");
    let stdout = setup.adopt(&["run", "--json", "--table", "members", "--plain-text", "accept"]);
    let summary: Value = serde_json::from_str(stdout.lines().last().unwrap()).unwrap();
    assert_eq!((&summary["summary"]["adopted"], &summary["summary"]["renumbered"]), (&json!(4), &json!(2)));
    assert_eq!(summary["summary"]["left_behind"]["number_unreadable"], json!(2));
    assert_eq!(setup.own.value("SELECT COUNT(*) FROM dw_users").await, "4");
}

#[async_test]
async fn the_output_has_no_password_no_hash_and_no_control_characters() {
    for location in LOCATIONS {
        let setup = hostile(location).await;
        setup.legacy.execute("UPDATE users SET password = 'canary-in-clear' WHERE password = 'in clear'").await;
        setup.legacy.execute("UPDATE users SET password = '$2b$12$canary-hash' WHERE id = 20").await;
        setup.legacy.execute("UPDATE users SET password = '!canary-locked' WHERE id = 19").await;
        let hash = werkzeug("secret of ann");
        let program = setup.program.clone().set("log.level", "trace");
        let flags = setup.flags();
        let mut printed = String::new();
        for command in ["scan", "run", "status", "run"] {
            for json in [[].as_slice(), &["--json"]] {
                let arguments = [&["adopt", command, &flags[0], &flags[1]], json].concat();
                let ran = program.run(&arguments);
                assert_eq!(ran.code, 0, "{ran:?}");
                printed.push_str(&ran.stdout);
                printed.push_str(&ran.stderr);
            }
        }
        assert!(printed.contains("left behind: 13 \"tab\\u{9}inside\""), "{printed}");
        assert!(!printed.contains("canary") && !printed.contains(&hash) && !printed.contains("argon2id$"), "{printed}");
        assert!(!printed.contains(['\t', '\u{1b}', '\u{200b}']), "{printed}");
    }
}
