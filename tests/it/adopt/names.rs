//! Names: compared by Doorward's rules, not by the legacy database's. Also names that look like SQL.

use doorward_test_macros::async_test;
use serde_json::json;

use super::{LOCATIONS, LOOSE, LegacySetup, Location, assert_login, log_in, quoted, werkzeug};

#[async_test]
async fn of_equal_names_the_lowest_id_is_adopted_and_no_user_becomes_another() {
    for location in LOCATIONS {
        // Without a unique key, because a collation may distinguish these names.
        let setup = LegacySetup::loose(location).await;
        for (id, name) in
            [(4, "Ann"), (2, "ann"), (9, "ann "), (5, "ＡＮＮ"), (6, "Änn"), (7, "STRASSE"), (8, "straße")]
        {
            setup.add(id, name, &werkzeug(&format!("secret {id}"))).await;
        }
        let scan = setup.shows("scan");
        assert_eq!((&scan["adoptable"], &scan["collisions"]["names"]), (&json!(3), &json!(2)), "{location:?}");
        let groups = json!([
            [{ "id": 2, "name": "ann" }, { "id": 4, "name": "Ann" }, { "id": 5, "name": "ＡＮＮ" }, { "id": 9, "name": "ann " }],
            [{ "id": 7, "name": "STRASSE" }, { "id": 8, "name": "straße" }],
        ]);
        assert_eq!(scan["collisions"]["first"], groups, "{location:?}");

        let (left, _) = setup.run();
        let told: Vec<_> =
            left.iter().map(|row| (row["id"].as_i64().unwrap(), row["reason"].as_str().unwrap())).collect();
        let of_ann = "its name is the same, once folded, as that of user 2";
        let expected =
            [(4, of_ann), (5, of_ann), (8, "its name is the same, once folded, as that of user 7"), (9, of_ann)];
        assert_eq!(told, expected, "{location:?}");

        let site = setup.site().await;
        for name in ["Ann", "ann", "ann ", "ＡＮＮ"] {
            for id in [2, 4, 5, 9] {
                let (status, mut client) = log_in(&site, name, &format!("secret {id}")).await;
                assert_login(status, id == 2, &format!("{name:?} with the password of {id}"));
                if id == 2 {
                    assert_eq!(client.get("/user/4").await.status, 404);
                    client.get("/user/2").await.assert_json(200, json!({ "username": "ann" }));
                }
            }
        }
        assert_login(log_in(&site, "änn", "secret 6").await.0, true, "accents distinguish names");
        assert_login(log_in(&site, "straße", "secret 8").await.0, false, "straße");
    }
}

#[async_test]
async fn names_of_tables_and_columns_are_never_read_as_sql() {
    for location in LOCATIONS {
        let own = LegacySetup::loose(location).await;
        let table = "we`ird'; DROP TABLE users; -- \"t\"";
        let columns = ["i`d", "the name'", "pass\"word", "`; --"];
        let [id, name, password, role] = columns.map(|column| format!("`{}`", column.replace('`', "``")));
        let kind = if own.legacy.is_sqlite() { "INTEGER" } else { "INT" };
        let escaped = table.replace('`', "``");
        own.legacy
            .execute(&format!(
                "CREATE TABLE `{escaped}` ({id} {kind} PRIMARY KEY, {name} VARCHAR(80), {password} VARCHAR(255), {role} TEXT)"
            ))
            .await;
        let secret = quoted(&werkzeug("secret of ann"));
        for (number, called) in [(5, "ann"), (6, "Robert''); DROP TABLE dw_users; --")] {
            let row = format!("INSERT INTO `{escaped}` VALUES ({number}, '{called}', {secret}, 'admin')");
            own.legacy.execute(&row).await;
        }
        let columns = format!("id={},username={},password={},role={}", columns[0], columns[1], columns[2], columns[3]);
        let flags = ["--table", table, "--columns", &columns, "--json"];
        let scan: serde_json::Value = serde_json::from_str(&own.adopt(&[&["scan"], &flags[..]].concat())).unwrap();
        assert_eq!(
            (&scan["adoptable"], &scan["roles"][0]["here"]),
            (&json!(2), &json!("admin")),
            "{location:?}: {scan}"
        );
        own.adopt(&[&["run"], &flags[..]].concat());
        own.adopt(&[&["status"], &flags[..]].concat());
        let site = own.site().await;
        assert_login(log_in(&site, "ann", "secret of ann").await.0, true, "ann");
        assert_login(log_in(&site, "Robert'); DROP TABLE dw_users; --", "secret of ann").await.0, true, "Robert");
        assert_eq!(own.legacy.rows("SELECT * FROM users").await.len(), 0);
    }
}

#[async_test]
async fn columns_can_have_other_names() {
    let setup =
        LegacySetup::with_columns(Location::Other, "members", "login VARCHAR(80), hash VARCHAR(255), kind VARCHAR(80)")
            .await;
    setup
        .legacy
        .execute(&format!("INSERT INTO members VALUES (1, 'ann', {}, 'admin')", quoted(&werkzeug("secret of ann"))))
        .await;
    setup.adopt(&["run", "--table", "members", "--columns", "username=login,password=hash,role=kind"]);
    let site = setup.site().await;
    let (_, mut ann) = log_in(&site, "ann", "secret of ann").await;
    assert_eq!(ann.delete("/user/1").await.status, 409, "an administrator");
    // Without a column for the role, every user gets the role `user`.
    let setup = LegacySetup::with_columns(Location::Other, "members", LOOSE).await;
    setup.legacy.execute("INSERT INTO members VALUES (1, 'ann', 'secret of ann', 'user')").await;
    setup.adopt(&["run", "--table", "members"]);
    let (_, mut ann) = log_in(&setup.site().await, "ann", "secret of ann").await;
    assert_eq!(ann.delete("/user/1").await.status, 401);
}

#[async_test]
async fn names_that_mean_a_folder_are_left_behind() {
    for location in LOCATIONS {
        let setup = LegacySetup::users(location).await;
        for (id, name) in [(1, "."), (2, ".."), (3, "...")] {
            setup.add(id, name, &werkzeug(&format!("secret {id}"))).await;
        }
        let (left, _) = setup.run();
        let told: Vec<_> = left.iter().map(|row| row["id"].as_i64().unwrap()).collect();
        assert_eq!(told, [1, 2], "{location:?}: {left:?}");
        let reason = left[0]["reason"].as_str().unwrap();
        assert!(reason.contains(". or .."), "{reason}");
    }
}
