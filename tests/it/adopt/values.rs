//! The values of the legacy table are read as what they are, whatever type its columns declare.

use doorward_test_macros::async_test;
use serde_json::json;

use super::{LegacySetup, Location, bcrypt, log_in};

/// The types of the columns for id, name, password and role.
type Types = [&'static str; 4];

const SQLITE: [Types; 8] = [
    ["", "", "", ""],
    ["TEXT", "BIGINT", "BLOB", "BOOLEAN"],
    ["INT PRIMARY KEY", "STRING", "STRING", "INT"],
    ["SERIAL", "DECIMAL(20,0)", "VARCHAR(80)", "TEXT"],
    ["DOUBLE", "NUMERIC", "TEXT", "REAL"],
    ["DECIMAL(20,0)", "DOUBLE", "CLOB", "BLOB"],
    ["BLOB", "BLOB", "BLOB", "BLOB"],
    ["VARCHAR(20) COLLATE NOCASE", "TEXT COLLATE NOCASE", "TEXT", "TEXT"],
];

const MYSQL: [Types; 8] = [
    ["SERIAL", "BIGINT", "VARBINARY(100)", "TINYINT(1)"],
    ["BIGINT UNSIGNED", "DECIMAL(20,0)", "BINARY(80)", "BIT(1)"],
    ["DECIMAL(20,0)", "DOUBLE", "BLOB", "BOOLEAN"],
    ["DECIMAL(20,4)", "VARBINARY(80)", "LONGTEXT", "DECIMAL(3,1)"],
    ["DOUBLE", "BINARY(20)", "VARCHAR(80) CHARACTER SET latin1", "ENUM('0','1')"],
    ["VARCHAR(20)", "INT UNSIGNED", "TEXT", "FLOAT"],
    ["VARCHAR(20) CHARACTER SET latin1", "BLOB", "TINYBLOB", "CHAR(1)"],
    ["VARBINARY(20)", "ENUM('15','4917012')", "TEXT", "INT"],
];

#[async_test]
async fn numbers_are_names_roles_and_ids_in_columns_of_any_type() {
    for location in [Location::File, Location::Other] {
        let is_sqlite = LegacySetup::users(location).await.legacy.is_sqlite();
        for types in if is_sqlite { SQLITE } else { MYSQL } {
            numbers_are_read(location, types).await;
        }
    }
}

async fn numbers_are_read(location: Location, types: Types) {
    let setup = LegacySetup::users(location).await;
    setup.legacy.execute("DROP TABLE users").await;
    let [id, name, password, role] = types;
    setup
        .legacy
        .execute(&format!("CREATE TABLE users (id {id}, username {name}, password {password}, is_admin {role})"))
        .await;
    let number = |number: &str| {
        if name.contains("ENUM") || name.contains("BINARY") || name.contains("BLOB") {
            format!("'{number}'")
        } else {
            number.to_owned()
        }
    };
    for (id, name, password, admin) in [(7, "4917012", "secret of seven", 1), (12, "15", "secret of twelve", 0)] {
        let (name, hash) = (number(name), bcrypt(password));
        let (hash, name) = if setup.legacy.is_sqlite() && types[2] == "BLOB" {
            (format!("CAST('{hash}' AS BLOB)"), format!("CAST({name} AS BLOB)"))
        } else {
            (format!("'{hash}'"), name)
        };
        let admin = if types[3].starts_with("ENUM") { format!("'{admin}'") } else { admin.to_string() };
        setup.legacy.execute(&format!("INSERT INTO users VALUES ({id}, {name}, {hash}, {admin})")).await;
    }
    // The sync finds the users before any run.
    let synced = setup.synced_with(&[("adopt.columns", "role=is_admin:1=admin")]).await;
    assert_eq!(log_in(&synced, "4917012", "secret of seven").await.0, 200, "{types:?}");
    assert_eq!(log_in(&synced, "4917012", "secret of twelve").await.0, 401, "{types:?}");
    assert_eq!(log_in(&synced, "15", "secret of twelve").await.0, 200, "{types:?}");
    assert_eq!(synced.id_of("15").await, 12, "{types:?}");

    let columns = ["--columns", "role=is_admin:1=admin"];
    let scan = setup.shows_with("scan", &columns);
    assert_eq!((&scan["adoptable"], &scan["left_behind"]), (&json!(2), &json!([])), "{types:?}: {scan}");
    let roles = json!([
        { "there": "0", "here": "user", "is_known": false, "rows": 1 },
        { "there": "1", "here": "admin", "is_known": true, "rows": 1 }
    ]);
    assert_eq!(scan["roles"], roles, "{types:?}: {scan}");
    let (left, summary) = setup.run_with(&columns);
    assert_eq!((left.len(), &summary["adopted"]), (0, &json!(2)), "{types:?}: {left:?}");
    let (_, again) = setup.run_with(&columns);
    assert_eq!((&again["already_here"], &again["gone_there"]), (&json!(2), &json!(0)), "{types:?}");
    let names = "SELECT u.id, u.name, r.name FROM dw_users u JOIN dw_roles r ON r.id = u.role_id ORDER BY u.id";
    assert_eq!(setup.own.rows(names).await, [["7", "4917012", "admin"], ["12", "15", "user"]], "{types:?}");
    let site = setup.site().await;
    assert_eq!(log_in(&site, "4917012", "secret of seven").await.0, 200, "{types:?}");
    // The row is found again by its key.
    setup.legacy.execute("DELETE FROM users WHERE id = 7").await;
    let (_, gone) = setup.run_with(&columns);
    assert_eq!((&gone["gone_there"], &gone["already_here"]), (&json!(1), &json!(1)), "{types:?}");
    assert_eq!(site.anon().log_in("15", "secret of twelve").await.status, 200, "{types:?}");
}

#[async_test]
async fn a_role_that_does_not_exist_is_refused_by_name() {
    let setup = LegacySetup::user(Location::Other).await;
    setup.add(1, "ann", &bcrypt("secret of ann")).await;
    for command in ["scan", "run"] {
        let ran = setup.tries(&[command, "--columns", "role=role:user=owner"]);
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.stderr.contains("Doorward has no role owner"), "{ran:?}");
    }
}

#[async_test]
async fn a_number_that_lost_its_digits_is_neither_a_name_nor_an_id() {
    let setup = LegacySetup::users(Location::Other).await;
    setup.legacy.execute("CREATE TABLE people (id DOUBLE, username DOUBLE, password VARCHAR(80))").await;
    let hash = bcrypt("a secret");
    setup
        .legacy
        .execute(&format!("INSERT INTO people VALUES (1, 1e17, '{hash}'), (1e17, 5, '{hash}'), (3, 6, '{hash}')"))
        .await;
    let (left, summary) = setup.run_with(&["--table", "people"]);
    let reasons: Vec<_> =
        left.iter().map(|row| (row["code"].as_str().unwrap(), row["reason"].as_str().unwrap())).collect();
    let lost = "it is a floating-point number whose last digits are lost";
    assert_eq!(
        reasons,
        [
            ("name_not_text", format!("its name cannot be read: {lost}").as_str()),
            ("number_unreadable", format!("its id cannot be read: {lost}").as_str())
        ]
    );
    assert_eq!(summary["adopted"], 1);
}
