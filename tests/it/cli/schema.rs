//! `doorward migrate …`, and other commands on a database that is not migrated.

use doorward_test_macros::async_test;
use serde_json::{Value, json};

use super::{Operator, one_line};

const NOT_MIGRATED: &str = "error: the database is not migrated yet: run `doorward migrate up`";

#[async_test]
async fn status_and_up() {
    let operator = Operator::new().await;
    let ran = operator.program.run(&["migrate", "status", "--json"]);
    assert_eq!(ran.code, 1, "pending migrations are exit code 1");
    let pending: Value = serde_json::from_str(&ran.stdout).unwrap();
    let statements = pending[0]["statements"].as_u64().unwrap();
    let first = json!([
        { "version": 1, "name": "0001_first_schema", "statements": statements, "done": 0, "finished_at": null },
    ]);
    assert_eq!(pending, first);
    let ran = operator.program.run(&["migrate", "status"]);
    assert!(ran.code == 1 && ran.stdout.contains(&format!("pending, 0 of {statements} statements done")), "{ran:?}");

    let performed = operator.does(&["migrate", "up"]);
    assert!(performed.ends_with("; the schema is up to date\n"), "{performed}");
    assert_eq!(operator.does(&["migrate", "up"]), "statements performed: 0; the schema is up to date\n");
    let done = operator.shows(&["migrate", "status"]);
    assert_eq!(done.as_array().unwrap().len(), pending.as_array().unwrap().len());
    assert!(
        done.as_array().unwrap().iter().all(|row| row["finished_at"].is_string() && row["done"] == row["statements"])
    );
    let table = operator.does(&["migrate", "status"]);
    assert!(
        table.lines().any(|line| line.starts_with("0001_first_schema ") && line.contains(" finished 20")),
        "{table}"
    );
}

#[async_test]
async fn with_database_migrate_off_only_migrate_up_migrates() {
    let mut operator = Operator::new().await;
    operator.program = operator.program.set("database.migrate", "false");
    for arguments in [["serve", "--listen", "127.0.0.1:0"].as_slice(), &["user", "list"], &["session", "list"]] {
        assert_eq!(one_line(&operator.program.run(arguments), 1), NOT_MIGRATED, "{arguments:?}");
    }
    let ran = operator.program.run(&["doctor", "--json"]);
    assert_eq!(ran.code, 1);
    let findings: Value = serde_json::from_str(&ran.stdout).unwrap();
    let schema = findings.as_array().unwrap().iter().find(|finding| finding["about"] == "schema").unwrap();
    assert_eq!(schema["state"], json!("wrong"));
    assert!(schema["detail"].as_str().unwrap().contains("doorward migrate up"));
    assert_eq!(operator.program.run(&["migrate", "status"]).code, 1);

    operator.does(&["migrate", "up"]);
    assert_eq!(operator.does(&["user", "list", "--json"]), "[]\n");
    let server = operator.program.serve();
    server.web.clone().get("/readyz").assert_json(200, json!({ "status": "ready" }));
}

#[async_test]
async fn a_newer_schema_is_refused_by_every_command() {
    let operator = Operator::new().await;
    operator.creates("ann", "user");
    operator.database.insert_newer_migration().await;
    for arguments in [
        ["serve", "--listen", "127.0.0.1:0"].as_slice(),
        &["user", "delete", "ann"],
        &["session", "revoke", "--all"],
        &["migrate", "up"],
        &["migrate", "status"],
    ] {
        let ran = operator.program.run(arguments);
        assert!(one_line(&ran, 1).contains("a newer Doorward has migrated this database"), "{arguments:?}: {ran:?}");
    }
    assert_eq!(operator.database.value("SELECT COUNT(*) FROM dw_users").await, "1");
}

/// The tables that record migrations had another form before release 0.1.0.
#[async_test]
async fn a_schema_from_before_the_first_release_is_refused_by_every_command() {
    let operator = Operator::new().await;
    let record = "CREATE TABLE dw_migrations (
        version BIGINT NOT NULL PRIMARY KEY, statements_done BIGINT NOT NULL, finished_at BIGINT)";
    operator.database.execute(record).await;
    let rows: Vec<String> = (1..=10).map(|version| format!("({version}, 1, 1)")).collect();
    operator.database.execute(&format!("INSERT INTO dw_migrations VALUES {}", rows.join(", "))).await;
    for arguments in
        [["serve", "--listen", "127.0.0.1:0"].as_slice(), &["user", "list"], &["migrate", "up"], &["migrate", "status"]]
    {
        let ran = operator.program.run(arguments);
        let line = one_line(&ran, 1);
        assert!(line.contains("before release 0.1.0") && line.contains("empty database"), "{arguments:?}: {ran:?}");
    }
    assert_eq!(operator.database.value("SELECT COUNT(*) FROM dw_migrations").await, "10");
}

/// J5: several processes start on an empty database at once.
#[async_test]
async fn processes_that_start_at_once_migrate_once() {
    for _ in 0..3 {
        let operator = Operator::new().await;
        let starts: Vec<_> = (0..4)
            .map(|_| {
                let program = operator.program.clone();
                std::thread::spawn(move || program.run(&["migrate", "up"]))
            })
            .collect();
        for start in starts {
            let ran = start.join().unwrap();
            assert_eq!(ran.code, 0, "{ran:?}");
        }
        assert_eq!(operator.database.value("SELECT COUNT(*) FROM dw_roles").await, "2");
        assert_eq!(operator.program.run(&["migrate", "status"]).code, 0);
    }
}
