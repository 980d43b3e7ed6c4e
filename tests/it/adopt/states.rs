//! Columns that disable users of the legacy table: the operator must decide on them, and the decision is applied.
//!
//! Invariant: a disabled row never hides an enabled one.

use doorward_test_macros::async_test;
use serde_json::json;

use super::{LOCATIONS, LegacySetup, Location, assert_login, log_in, quoted, werkzeug};

const COLUMNS: &str =
    "username VARCHAR(80), password VARCHAR(255), banned INT, deleted_at VARCHAR(40), note VARCHAR(40)";

/// Ann is enabled, bob is banned, cid and an earlier dora are deleted. Both doras have the same folded name.
async fn mixed(location: Location) -> LegacySetup {
    let setup = LegacySetup::with_columns(location, "users", COLUMNS).await;
    for (id, name, banned, deleted_at) in [
        (1, "ann", "0", "NULL"),
        (2, "bob", "1", "NULL"),
        (3, "cid", "0", "'2024-03-01 10:00:00'"),
        (4, "DORA", "0", "'2023-01-01 10:00:00'"),
        (5, "dora", "NULL", "NULL"),
    ] {
        let password = quoted(&werkzeug(&format!("secret of {id}")));
        setup
            .legacy
            .execute(&format!(
                "INSERT INTO users (id, username, password, banned, deleted_at) \
                 VALUES ({id}, '{name}', {password}, {banned}, {deleted_at})"
            ))
            .await;
    }
    setup
}

const DECIDED: [&str; 2] = ["--columns", "disabled=banned:1,disabled=deleted_at!null"];

#[async_test]
async fn a_run_needs_the_operators_decision_on_state_columns() {
    for location in LOCATIONS {
        let setup = mixed(location).await;
        let ran = setup.tries(&["run"]);
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.lines().count()), (1, "", 1), "{ran:?}");
        for part in [
            "error: `adopt.columns`: the table users has columns that may say who is shut out",
            "banned (0 in 3, null in 1, 1 in 1)",
            "deleted_at (null in 3, 2023-01-01 10:00:00 in 1, 2024-03-01 10:00:00 in 1)",
            "'disabled=banned!0|null,disabled=deleted_at!null'",
            "disabled=banned:none",
        ] {
            assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
        }
        assert!(!ran.stderr.contains("note"), "{}", ran.stderr);
        assert_eq!(setup.own.value("SELECT COUNT(*) FROM dw_users").await, "0");
        // A decision on one of two columns is not enough.
        let ran = setup.tries(&["run", "--columns", "disabled=banned:1"]);
        assert!(ran.code == 1 && ran.stderr.contains("deleted_at (") && !ran.stderr.contains("banned ("), "{ran:?}");
        // The suggestion works as printed.
        setup.adopt(&["run", "--columns", "disabled=banned!0|null,disabled=deleted_at!null"]);
        // A misspelled value would disable no user, so it is reported.
        let ran = setup.tries(&["run", "--columns", "disabled=banned:ja,disabled=deleted_at!null"]);
        assert!(
            ran.stderr.contains("no row has the value ja in the column banned (0 in 3, null in 1, 1 in 1)"),
            "{ran:?}"
        );
        let scan = setup.adopt(&["scan", "--columns", "disabled=banned:ja,disabled=deleted_at!null"]);
        assert!(scan.contains("no row has the value ja in the column banned"), "{scan}");
        // A rule may name any column, but it must exist.
        let ran = setup.tries(&["run", "--columns", "disabled=none,disabled=nothing:1"]);
        assert!(ran.code == 1 && ran.stderr.contains("has no column nothing, which `disabled` names"), "{ran:?}");
    }
}

#[async_test]
async fn a_disabled_legacy_user_is_adopted_as_disabled_and_hides_no_enabled_one() {
    for location in LOCATIONS {
        let setup = mixed(location).await;
        let scan = setup.shows_with("scan", &DECIDED);
        assert_eq!((&scan["adoptable"], &scan["adoptable_disabled"]), (&json!(2), &json!(2)), "{location:?}: {scan:#}");
        let (left, summary) = setup.run_with(&DECIDED);
        assert_eq!(
            (&summary["adopted"], &summary["adopted_disabled"], &summary["rows"]),
            (&json!(2), &json!(2), &json!(5))
        );
        assert_eq!(
            (left.len(), &left[0]["id"], &left[0]["code"]),
            (1, &json!(4), &json!("name_taken")),
            "{location:?}"
        );
        assert_eq!(scan["left_behind"][0]["first"], json!(left));
        let site = setup.site().await;
        for (id, name, is_in) in
            [(1, "ann", true), (2, "bob", false), (3, "cid", false), (4, "dora", false), (5, "dora", true)]
        {
            assert_login(log_in(&site, name, &format!("secret of {id}")).await.0, is_in, name);
        }
        for name in ["bob", "Cid"] {
            let sign_up = json!({ "username": name, "password": "another" });
            assert_eq!(site.anon().post("/signup", sign_up).await.status, 409, "{name}");
        }
        let before = setup.own.rows("SELECT id, disabled_at, version FROM dw_users ORDER BY id").await;
        let (_, summary) = setup.run_with(&DECIDED);
        assert_eq!((&summary["already_here"], &summary["gone_there"]), (&json!(4), &json!(0)), "{location:?}");
        assert_eq!(setup.own.rows("SELECT id, disabled_at, version FROM dw_users ORDER BY id").await, before);
    }
}

#[async_test]
async fn changed_state_columns_are_applied_by_the_next_run() {
    for location in LOCATIONS {
        let setup = mixed(location).await;
        setup.run_with(&DECIDED);
        let site = setup.site().await;
        let (_, mut ann) = log_in(&site, "ann", "secret of 1").await;
        // Ann is banned, bob is not any more, and a new user has the name of cid.
        setup.legacy.execute("UPDATE users SET banned = 1 - banned WHERE id IN (1, 2)").await;
        let password = quoted(&werkzeug("secret of 9"));
        setup
            .legacy
            .execute(&format!("INSERT INTO users (id, username, password, banned) VALUES (9, 'Cid', {password}, 0)"))
            .await;
        assert_eq!(setup.shows_with("scan", &DECIDED)["adoptable"], json!(1), "{location:?}");
        let (_, summary) = setup.run_with(&DECIDED);
        assert_eq!(
            (&summary["gone_there"], &summary["back_there"], &summary["adopted"]),
            (&json!(1), &json!(1), &json!(1))
        );
        assert_eq!(ann.get("/user/1").await.status, 401);
        for (id, name, is_in) in [(1, "ann", false), (2, "bob", true), (3, "cid", false), (9, "cid", true)] {
            assert_login(log_in(&site, name, &format!("secret of {id}")).await.0, is_in, name);
        }
        setup.legacy.execute("UPDATE users SET banned = 0 WHERE id = 1").await;
        assert_eq!(setup.run_with(&DECIDED).1["back_there"], json!(1), "{location:?}");
        assert_login(log_in(&site, "ann", "secret of 1").await.0, true, "ann");
    }
}

#[async_test]
async fn a_user_disabled_by_an_administrator_is_not_enabled_by_a_run() {
    let setup = mixed(Location::Other).await;
    setup.run_with(&DECIDED);
    assert_eq!(setup.program.run(&["user", "disable", "ann"]).code, 0);
    let site = setup.site().await;
    assert_eq!(setup.run_with(&DECIDED).1["back_there"], json!(0));
    assert_login(log_in(&site, "ann", "secret of 1").await.0, false, "ann");
    // When the operator enables an account in Doorward, its legacy password is valid.
    assert_eq!(setup.program.run(&["user", "enable", "bob"]).code, 0);
    assert_login(log_in(&site, "bob", "secret of 2").await.0, true, "bob");
}

#[async_test]
async fn state_columns_of_every_type_are_shown_and_compared() {
    let types = if LegacySetup::loose(Location::Other).await.legacy.is_sqlite() {
        "active BOOLEAN, status TEXT, is_locked REAL"
    } else {
        "active BIT(1), status ENUM('active', 'banned'), is_locked DECIMAL(3,1), locked_until DATETIME"
    };
    let setup = LegacySetup::with_columns(
        Location::Other,
        "users",
        &format!("username VARCHAR(80), password VARCHAR(255), {types}"),
    )
    .await;
    let password = quoted(&werkzeug("the password"));
    for (id, active, status, is_locked) in [
        (1, "1", "'active'", "0"),
        (2, "0", "'active'", "0"),
        (3, "1", "'banned'", "0"),
        (4, "1", "NULL", "0"),
        (5, "1", "'active'", "1.5"),
    ] {
        let sql = "INSERT INTO users (id, username, password, active, status, is_locked)";
        setup
            .legacy
            .execute(&format!("{sql} VALUES ({id}, 'user {id}', {password}, {active}, {status}, {is_locked})"))
            .await;
    }
    let scan = setup.shows("scan");
    let columns: Vec<_> =
        scan["states"].as_array().unwrap().iter().map(|state| state["column"].as_str().unwrap()).collect();
    assert!(columns.starts_with(&["active", "status", "is_locked"]), "{scan:#}");
    assert_eq!(scan["states"][0]["values"][0], json!({ "value": "1", "rows": 4, "shuts_out": null }));
    assert_eq!(scan["states"][1]["suggestion"], json!("disabled=status!active"));
    let text = setup.adopt(&["scan"]);
    assert!(
        text.contains("STATE COLUMN") && text.contains("undecided") && text.contains("'disabled=active!1,"),
        "{text}"
    );
    let columns = "disabled=active!1,disabled=status!active,disabled=is_locked!0|0.0,disabled=none";
    let (_, summary) = setup.run_with(&["--columns", columns]);
    assert_eq!((&summary["adopted"], &summary["adopted_disabled"]), (&json!(1), &json!(4)));
}
