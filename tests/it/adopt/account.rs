//! The account of a run: every row that is left behind, why, and that a scan says the same before.

use doorward_test_macros::async_test;
use serde_json::{Value, json};

use super::{ACCEPT, Move, PLACES, Place, bcrypt, is_let_in, log_in, werkzeug};

/// A table with everything wrong that may be wrong: number, name, password as SQL, and the code of the reason.
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

async fn hostile(place: Place) -> Move {
    let it = Move::with_columns(place, "users", "username VARCHAR(300), password TEXT").await;
    let table = if it.old.is_sqlite() { "" } else { "ALTER TABLE users MODIFY id BIGINT NOT NULL" };
    if !table.is_empty() {
        it.old.execute(table).await;
    }
    let (hash, long) = (werkzeug("secret of ann"), "x".repeat(101));
    for (id, name, password, _) in ROWS {
        let name = name.replace("{long}", &long).replace("{width}", "zero\u{200b}width");
        let password = password.replace("{hash}", &hash);
        it.old.execute(&format!("INSERT INTO users (id, username, password) VALUES ({id}, {name}, {password})")).await;
    }
    // Somebody of Doorward's own.
    let ran = it.program.run_with_input(&["user", "create", "Taken", "--password-stdin"], b"the password of taken");
    assert_eq!(ran.code, 0, "{ran:?}");
    it
}

fn codes(rows: &[Value]) -> Vec<(String, String)> {
    let mut codes: Vec<_> =
        rows.iter().map(|row| (row["id"].to_string(), row["code"].as_str().unwrap().to_owned())).collect();
    codes.sort();
    codes
}

#[async_test]
async fn every_row_that_is_left_behind_is_told_with_its_reason() {
    for place in PLACES {
        let it = hostile(place).await;
        let scan = it.shows_with("scan", &ACCEPT);
        let (left, summary) = it.run_accepting();
        let mut expected: Vec<_> = ROWS
            .iter()
            .filter(|(.., code)| !code.is_empty())
            .map(|(id, _, _, code)| ((*id).to_owned(), (*code).to_owned()))
            .collect();
        expected.sort();
        assert_eq!(codes(&left), expected, "{place:?}");
        assert_eq!((&summary["adopted"], &summary["plain_text_hashed"]), (&json!(3), &json!(1)), "{place:?}");
        assert_eq!(summary["rows"], json!(ROWS.len()));

        // What the scan said is what the run did.
        assert_eq!(scan["adoptable"], summary["adopted"], "{place:?}");
        let foreseen: Vec<Value> = scan["left_behind"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|kind| kind["first"].as_array().unwrap().clone())
            .collect();
        assert_eq!(codes(&foreseen), expected, "{place:?}");
        for kind in scan["left_behind"].as_array().unwrap() {
            assert_eq!(summary["left_behind"][kind["code"].as_str().unwrap()], kind["rows"], "{place:?}: {kind}");
        }
        // Who was here before is as before.
        let site = it.site().await;
        is_let_in(log_in(&site, "taken", "the password of taken").await.0, true, "taken");
        is_let_in(log_in(&site, "taken", "secret of ann").await.0, false, "taken");
        is_let_in(log_in(&site, "number", "secret of ann").await.0, false, "number");
    }
}

#[async_test]
async fn names_and_passwords_that_are_no_text_are_left_behind() {
    let it = Move::with_columns(Place::Other, "users", "username BLOB, password BLOB").await;
    it.old.execute("INSERT INTO users (id, username, password) VALUES (1, X'ff00fe', 'in clear')").await;
    it.old.execute("INSERT INTO users (id, username, password) VALUES (2, 'ann', X'ff00fe')").await;
    let hash = bcrypt("secret of bob");
    it.old.execute(&format!("INSERT INTO users (id, username, password) VALUES (3, 'bob', '{hash}')")).await;
    let (left, summary) = it.run();
    let expected = [("1", "name_not_text"), ("2", "password_not_text")];
    assert_eq!(codes(&left), expected.map(|(id, code)| (id.to_owned(), code.to_owned())));
    assert_eq!((&left[0]["name"], &summary["adopted"]), (&Value::Null, &json!(1)));
    is_let_in(log_in(&it.site().await, "bob", "secret of bob").await.0, true, "bob");
}

#[async_test]
async fn rows_that_share_a_number_are_all_left_behind() {
    let it = Move::loose(Place::Other).await;
    it.old.execute("CREATE TABLE members (id INT, username VARCHAR(80), password VARCHAR(255))").await;
    let mut rows = vec![];
    for id in 1..=2100 {
        rows.push(format!("({id}, 'person {id}', '!')"));
    }
    // Shared in the middle of a page, over the end of one, and by the last.
    for (id, name) in [(500, "eve"), (1000, "mallory"), (1001, "oscar"), (1002, "trudy"), (2100, "victor")] {
        rows.push(format!("({id}, '{name}', 'secret of {name}')"));
    }
    it.old.execute(&format!("INSERT INTO members (id, username, password) VALUES {}", rows.join(", "))).await;
    it.old.execute("INSERT INTO members (id, username, password) VALUES (3000, 'ann', 'secret of ann')").await;
    let table = ["--table", "members", "--plain-text", "accept"];
    let scan: Value = serde_json::from_str(&it.adopt(&[&["scan", "--json"], &table[..]].concat())).unwrap();
    let stdout = it.adopt(&[&["run", "--json"], &table[..]].concat());
    let summary: Value = serde_json::from_str(stdout.lines().last().unwrap()).unwrap();
    for (what, left) in
        [("scan", &scan["left_behind"][1]["rows"]), ("run", &summary["summary"]["left_behind"]["number_not_unique"])]
    {
        assert_eq!(left, &json!(10), "{what}: {scan}");
    }
    assert_eq!((&summary["summary"]["adopted"], &summary["summary"]["rows"]), (&json!(1), &json!(2106)));
    assert_eq!(it.own.value("SELECT name FROM dw_users").await, "ann");
}

#[async_test]
async fn numbers_that_cannot_be_read_are_counted() {
    let it = Move::loose(Place::File).await;
    it.old.execute("CREATE TABLE members (id INT, username TEXT, password TEXT)").await;
    it.old
        .execute(
            "INSERT INTO members VALUES ('seven', 'text', 'secret'), (1.5, 'half', 'secret'), (NULL, 'none', 'secret'),
             (X'01', 'bytes', 'secret'), (1, 'ann', 'secret of ann'), (2, 'bob', 'secret of bob')",
        )
        .await;
    let scan: Value =
        serde_json::from_str(&it.adopt(&["scan", "--json", "--table", "members", "--plain-text", "accept"])).unwrap();
    assert_eq!((&scan["adoptable"], &scan["number_unreadable"]), (&json!(2), &json!(4)), "{scan}");
    let stdout = it.adopt(&["run", "--json", "--table", "members", "--plain-text", "accept"]);
    let summary: Value = serde_json::from_str(stdout.lines().last().unwrap()).unwrap();
    assert_eq!(summary["summary"]["adopted"], json!(2));
    assert_eq!(summary["summary"]["left_behind"]["number_unreadable"], json!(4));
    assert_eq!(it.own.value("SELECT COUNT(*) FROM dw_users").await, "2");
}

#[async_test]
async fn what_is_printed_shows_no_password_no_hash_and_moves_no_cursor() {
    for place in PLACES {
        let it = hostile(place).await;
        it.old.execute("UPDATE users SET password = 'canary-in-clear' WHERE password = 'in clear'").await;
        it.old.execute("UPDATE users SET password = '$2b$12$canary-hash' WHERE id = 20").await;
        it.old.execute("UPDATE users SET password = '!canary-locked' WHERE id = 19").await;
        let hash = werkzeug("secret of ann");
        let program = it.program.clone().set("log.level", "trace");
        let flags = it.flags();
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
