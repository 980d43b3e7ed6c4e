//! Keys that are not numbers: the users get new numbers, and are found again by the old key.

use doorward_test_macros::async_test;
use serde_json::{Value, json};

use super::{LegacySetup, Location, bcrypt, log_in};

const ANN: &str = "b3f0e2d4-93a1-4c55-8a0e-2f4d1c6b7a80";
const BOB: &str = "00000000-93a1-4c55-8a0e-2f4d1c6b7a81";

/// The type of the key column, and the SQL for a key.
type Form = (&'static str, fn(&str) -> String);

fn forms(is_sqlite: bool) -> Vec<Form> {
    let text: fn(&str) -> String = |key| format!("'{key}'");
    let bytes: fn(&str) -> String = |key| format!("X'{}'", key.replace('-', ""));
    if is_sqlite {
        vec![("TEXT PRIMARY KEY", text), ("BLOB", bytes), ("", text), ("INTEGER", text), ("UUID", text)]
    } else {
        vec![
            ("CHAR(36) PRIMARY KEY", text),
            ("BINARY(16) PRIMARY KEY", bytes),
            ("VARCHAR(50) CHARACTER SET latin1 COLLATE latin1_bin", text),
            ("VARBINARY(40)", text),
        ]
    }
}

async fn setup_with(location: Location, kind: &str, key: fn(&str) -> String) -> LegacySetup {
    let setup = LegacySetup::users(location).await;
    setup.legacy.execute("DROP TABLE users").await;
    setup.legacy.execute(&format!("CREATE TABLE users (id {kind}, username VARCHAR(80), password VARCHAR(80))")).await;
    for (id, name) in [(ANN, "ann"), (BOB, "bob")] {
        let hash = bcrypt(&format!("secret of {name}"));
        setup.legacy.execute(&format!("INSERT INTO users VALUES ({}, '{name}', '{hash}')", key(id))).await;
    }
    setup
}

#[async_test]
async fn users_with_other_keys_get_new_numbers_and_are_found_by_the_old_key() {
    for location in [Location::File, Location::Other] {
        let is_sqlite = LegacySetup::users(location).await.legacy.is_sqlite();
        for (kind, key) in forms(is_sqlite) {
            let setup = setup_with(location, kind, key).await;
            let scan = setup.shows("scan");
            assert_eq!((&scan["adoptable"], &scan["renumbered"]["rows"]), (&json!(2), &json!(2)), "{kind}: {scan}");
            assert_eq!(scan["renumbered"]["first"], json!([BOB, ANN]), "{kind}: {scan}");
            let (left, summary) = setup.run();
            assert_eq!((left.len(), &summary["adopted"], &summary["renumbered"]), (0, &json!(2), &json!(2)), "{kind}");
            assert_eq!(setup.shows("scan")["already_here"], 2, "{kind}");
            let attributes = setup.own.value("SELECT admin_attributes FROM dw_users WHERE name = 'ann'").await;
            assert_eq!(attributes, json!({ "legacy_id": ANN }).to_string(), "{kind}");
            assert_eq!(setup.own.value("SELECT MIN(id) FROM dw_users").await, "1", "{kind}");

            // A password that changes there is taken over, and a row that is removed there shuts its user out.
            let hash = bcrypt("a later secret");
            setup.legacy.execute(&format!("UPDATE users SET password = '{hash}' WHERE username = 'ann'")).await;
            setup.legacy.execute("DELETE FROM users WHERE username = 'bob'").await;
            let (_, summary) = setup.run();
            assert_eq!((&summary["changed_there"], &summary["gone_there"]), (&json!(1), &json!(1)), "{kind}");
            let site = setup.site().await;
            assert_eq!(log_in(&site, "ann", "a later secret").await.0, 200, "{kind}");
            assert_eq!(log_in(&site, "bob", "secret of bob").await.0, 401, "{kind}");
        }
    }
}

#[async_test]
async fn the_sync_finds_a_user_by_the_old_key() {
    for location in [Location::File, Location::Other] {
        let is_sqlite = LegacySetup::users(location).await.legacy.is_sqlite();
        for (kind, key) in forms(is_sqlite) {
            let setup = setup_with(location, kind, key).await;
            let site = setup.synced().await;
            assert_eq!(log_in(&site, "ann", "secret of ann").await.0, 200, "{kind}");
            assert_eq!(log_in(&site, "ann", "secret of ann").await.0, 200, "{kind}");
            let hash = bcrypt("a later secret");
            setup.legacy.execute(&format!("UPDATE users SET password = '{hash}' WHERE username = 'ann'")).await;
            assert_eq!(log_in(&site, "ann", "secret of ann").await.0, 401, "{kind}");
            assert_eq!(log_in(&site, "ann", "a later secret").await.0, 200, "{kind}");
            // The key may have another owner now.
            setup.legacy.execute("UPDATE users SET username = 'anne' WHERE username = 'ann'").await;
            assert_eq!(log_in(&site, "anne", "a later secret").await.0, 401, "{kind}");
            assert_eq!(log_in(&site, "ann", "a later secret").await.0, 401, "{kind}");
        }
    }
}

#[async_test]
async fn text_keeps_its_number_only_in_the_form_of_the_number() {
    for location in [Location::File, Location::Other] {
        let setup = LegacySetup::users(location).await;
        setup.legacy.execute("DROP TABLE users").await;
        setup.legacy.execute("CREATE TABLE users (id VARCHAR(30), username VARCHAR(80), password VARCHAR(80))").await;
        let hash = bcrypt("a secret");
        let keys = ["7", "007", "12.0", "1.5", "-3", "0", "9007199254740992", "99999999999999999999", " ", "9"];
        for (index, key) in keys.iter().enumerate() {
            setup.legacy.execute(&format!("INSERT INTO users VALUES ('{key}', 'n{index}', '{hash}')")).await;
        }
        let (left, summary) = setup.run();
        let mut left: Vec<_> =
            left.iter().map(|row| (row["name"].as_str().unwrap(), row["code"].as_str().unwrap())).collect();
        left.sort_unstable();
        let expected = [
            ("n3", "number_unreadable"),
            ("n4", "number_not_positive"),
            ("n5", "number_not_positive"),
            ("n6", "number_too_high"),
            ("n7", "number_too_high"),
            ("n8", "number_unreadable"),
        ];
        assert_eq!(left, expected, "{location:?}");
        assert_eq!((&summary["adopted"], &summary["renumbered"]), (&json!(4), &json!(1)), "{location:?}");
        let numbers = setup.own.rows("SELECT id, name FROM dw_users ORDER BY id").await;
        // The number of `007` is above all numbers of the table.
        assert_eq!(numbers, [["7", "n0"], ["9", "n9"], ["12", "n2"], ["13", "n1"]], "{location:?}");
    }
}

#[async_test]
async fn two_forms_of_one_number_are_not_one_user() {
    for location in [Location::File, Location::Other] {
        let setup = LegacySetup::users(location).await;
        setup.legacy.execute("DROP TABLE users").await;
        setup.legacy.execute("CREATE TABLE users (id VARCHAR(30), username VARCHAR(80), password VARCHAR(80))").await;
        for (key, name) in [("7", "ann"), ("7.0", "bob"), ("8", "carl")] {
            let hash = bcrypt(&format!("secret of {name}"));
            setup.legacy.execute(&format!("INSERT INTO users VALUES ('{key}', '{name}', '{hash}')")).await;
        }
        let (left, summary) = setup.run();
        assert_eq!((left.len(), &summary["adopted"]), (2, &json!(1)), "{location:?}: {left:?}");
        assert!(left.iter().all(|row| row["code"] == "number_not_unique"), "{left:?}");
    }
}

#[async_test]
async fn every_row_is_read_once_whatever_the_order_of_its_key() {
    for location in [Location::File, Location::Other] {
        for kind in ["VARCHAR(30)", "DECIMAL(20,0)"] {
            let setup = LegacySetup::users(location).await;
            setup.legacy.execute("DROP TABLE users").await;
            let columns = format!("id {kind}, username VARCHAR(80), password VARCHAR(80)");
            setup.legacy.execute(&format!("CREATE TABLE users ({columns})")).await;
            setup.add_many(2500, "!").await;
            // The database may take these keys for equal.
            if kind.starts_with("VARCHAR") {
                for key in ["500a", "500A", "500á"] {
                    setup.legacy.execute(&format!("INSERT INTO users VALUES ('{key}', 'n{key}', '!')")).await;
                }
            }
            let rows = if kind.starts_with("VARCHAR") { 2503 } else { 2500 };
            let scan: Value = setup.shows("scan");
            let read = (&scan["rows"], &scan["left_behind"][0]["code"], &scan["left_behind"][0]["rows"]);
            assert_eq!(read, (&json!(rows), &json!("locked"), &json!(rows)), "{location:?} {kind}: {scan}");
        }
    }
}

/// Users with other keys are inserted many at a time. A taken name, a row with a number and an interrupted run change nothing.
#[async_test]
async fn many_users_with_other_keys_are_imported_together() {
    for location in [Location::File, Location::Other] {
        let setup = LegacySetup::users(location).await;
        setup.legacy.execute("DROP TABLE users").await;
        setup.legacy.execute("CREATE TABLE users (id VARCHAR(40), username VARCHAR(80), password VARCHAR(80))").await;
        let hash = bcrypt("secret of all");
        let rows: Vec<_> = (0..230).map(|index| format!("('u-{index:03}', 'person {index}', '{hash}')")).collect();
        setup.legacy.execute(&format!("INSERT INTO users VALUES {}", rows.join(", "))).await;
        // The second fifty has a name twice, and the third a number.
        setup.legacy.execute("UPDATE users SET username = 'Person 60' WHERE id = 'u-070'").await;
        setup.legacy.execute("UPDATE users SET id = '5000' WHERE id = 'u-120'").await;
        let (left, summary) = setup.run();
        let left: Vec<_> =
            left.iter().map(|row| (row["id"].as_str().unwrap(), row["code"].as_str().unwrap())).collect();
        assert_eq!(left, [("u-070", "name_taken")], "{location:?}");
        assert_eq!((&summary["adopted"], &summary["renumbered"]), (&json!(229), &json!(228)), "{location:?}");
        let wrong = "SELECT COUNT(*) FROM dw_adoptions a JOIN dw_users u ON u.id = a.user_id
                     WHERE a.legacy_key IS NOT NULL AND a.legacy_id <> -u.id";
        assert_eq!(setup.own.value(wrong).await, "0");
        for (name, key) in
            [("person 0", "u-000"), ("person 49", "u-049"), ("person 60", "u-060"), ("person 229", "u-229")]
        {
            let sql = format!("SELECT admin_attributes FROM dw_users WHERE name = '{name}'");
            assert_eq!(setup.own.value(&sql).await, json!({ "legacy_id": key }).to_string());
            let sql = "SELECT u.name FROM dw_users u JOIN dw_adoptions a ON a.user_id = u.id WHERE a.legacy_key =";
            let hexadecimal: String = key.bytes().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(setup.own.value(&format!("{sql} X'{hexadecimal}'")).await, name);
        }
        assert_eq!(setup.own.value("SELECT id FROM dw_users WHERE name = 'person 120'").await, "5000");
        let (_, summary) = setup.run();
        assert_eq!((&summary["already_here"], &summary["adopted"]), (&json!(229), &json!(0)), "{location:?}");
        let site = setup.site().await;
        for name in ["person 0", "person 120", "person 229"] {
            assert_eq!(log_in(&site, name, "secret of all").await.0, 200, "{name}");
        }
    }
}
