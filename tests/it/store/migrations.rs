//! Migrations: of an empty database, after a stop at any statement, by several nodes at once, and of a newer schema.

use doorward_test_macros::async_test;
use std::time::Duration;

use doorward::{
    Error,
    store::migrate::{self, Step},
};

use super::tables::{Tables, live};
use crate::support::{Database, Program, Site};

const RECORD: &str =
    "SELECT version, name, statements_done, finished_at IS NOT NULL FROM dw_migrations ORDER BY version";
const SEEDS: [&str; 2] =
    ["SELECT id, name, permissions FROM dw_roles ORDER BY id", "SELECT name, passed FROM dw_guards"];

/// A node with `database` that has not been migrated.
async fn node(database: &Database) -> Site {
    Site::builder().database(database.clone()).start_unmigrated().await
}

async fn up(site: &Site) -> doorward::Result<usize> {
    migrate::up(&site.app.db, &site.app.clock, &site.app.rng).await
}

/// The schema and the rows after an undisturbed migration of an empty database.
struct Undisturbed(Tables, Vec<Vec<Vec<String>>>);

impl Undisturbed {
    async fn new() -> Self {
        Self::of(&Site::new().await.database).await
    }

    async fn of(database: &Database) -> Self {
        let mut rows = Vec::new();
        for sql in SEEDS.into_iter().chain([RECORD]) {
            rows.push(database.rows(sql).await);
        }
        Self(live(database).await, rows)
    }

    /// Asserts that `database` has the same schema and rows.
    async fn is(&self, database: &Database, what: &str) {
        let found = Self::of(database).await;
        assert_eq!((&found.0, &found.1), (&self.0, &self.1), "{what}");
    }
}

#[async_test]
async fn status_shows_the_progress_and_changes_nothing() {
    let database = Database::new().await;
    let site = node(&database).await;
    let before = migrate::status(&site.app.db).await.unwrap();
    assert!(!before.is_empty() && before.iter().all(|migration| migration.done == 0 && !migration.is_finished()));
    assert!(live(&database).await.is_empty());
    assert_eq!(migrate::check(&site.app.db).await.unwrap().unwrap(), before[0]);
    let statements: usize = before.iter().map(|migration| migration.statements).sum();
    assert_eq!(up(&site).await.unwrap(), statements);
    let after = migrate::status(&site.app.db).await.unwrap();
    assert!(after.iter().all(|migration| migration.is_finished() && migration.done == migration.statements));
    assert_eq!(migrate::check(&site.app.db).await.unwrap(), None);
    assert_eq!(up(&site).await.unwrap(), 0);
    Undisturbed::new().await.is(&database, "fresh").await;
}

#[async_test]
async fn nothing_is_served_before_the_schema_is_ready() {
    let site = node(&Database::new().await).await;
    assert!(matches!(site.app.db.read().await, Err(Error::Unavailable(_))));
    site.anon().get("/readyz").await.assert_json(503, serde_json::json!({ "status": "unavailable" }));
    let reply = site.anon().log_in("ann", "any").await;
    reply.assert_json(503, serde_json::json!({ "error": "Failed to connect to the database" }));
    up(&site).await.unwrap();
    site.anon().get("/readyz").await.assert_json(200, serde_json::json!({ "status": "ready" }));
}

/// J4: a kill between any two statements.
#[async_test]
async fn a_migration_continues_after_a_stop_between_any_two_statements() {
    let undisturbed = Undisturbed::new().await;
    let mut stop_after = 0;
    loop {
        let database = Database::new().await;
        let first = node(&database).await;
        migrate::make_tables(&first.app.db).await.unwrap();
        for _ in 0..stop_after {
            assert_eq!(migrate::step(&first.app.db, &first.app.clock).await.unwrap(), Step::Done);
        }
        drop(first);
        let second = node(&database).await;
        let left = up(&second).await.unwrap();
        undisturbed.is(&database, &format!("stopped after {stop_after}")).await;
        assert_eq!(migrate::step(&second.app.db, &second.app.clock).await.unwrap(), Step::NoneLeft);
        if left == 0 {
            break;
        }
        stop_after += 1;
    }
    assert!(stop_after > 10, "only {stop_after} statements");
}

/// J4: MySQL commits a definition by itself, so a kill can come before its record.
#[async_test]
async fn a_statement_performed_but_not_recorded_is_repeated_safely() {
    let undisturbed = Undisturbed::new().await;
    let mut stop_after = 1;
    loop {
        let database = Database::new().await;
        if database.is_sqlite() {
            // On SQLite the statement and its record are one transaction.
            return;
        }
        let first = node(&database).await;
        migrate::make_tables(&first.app.db).await.unwrap();
        for _ in 0..stop_after {
            assert_eq!(migrate::step(&first.app.db, &first.app.clock).await.unwrap(), Step::Done);
        }
        let latest = "version = (SELECT version FROM (SELECT MAX(version) AS version FROM dw_migrations) AS latest)";
        let forget = format!(
            "UPDATE dw_migrations SET statements_done = statements_done - 1, finished_at = NULL WHERE {latest}"
        );
        database.execute(&forget).await;
        drop(first);
        let second = node(&database).await;
        let left = up(&second).await.unwrap();
        undisturbed.is(&database, &format!("forgot statement {stop_after}")).await;
        if left == 1 {
            break;
        }
        stop_after += 1;
    }
    assert!(stop_after > 10, "only {stop_after} statements");
}

/// J5: four nodes start at once on an empty database.
#[async_test(worker_threads = 4)]
async fn nodes_that_migrate_at_once_create_one_schema() {
    let undisturbed = Undisturbed::new().await;
    for round in 0..3 {
        let database = Database::new().await;
        let nodes: Vec<_> = (0..4)
            .map(|_| {
                let database = database.clone();
                tokio::spawn(async move { up(&node(&database).await).await })
            })
            .collect();
        let mut performed = 0;
        for node in nodes {
            performed += node.await.unwrap().unwrap();
        }
        undisturbed.is(&database, &format!("round {round}")).await;
        // Each statement was performed by exactly one node.
        let written = database.value("SELECT SUM(statements_done) FROM dw_migrations").await;
        assert_eq!(performed.to_string(), written);
    }
}

#[async_test]
async fn a_node_that_dies_while_migrating_blocks_others_only_until_its_lease_expires() {
    let database = Database::new().await;
    if database.is_sqlite() {
        // On SQLite a dead process holds no lock, so no lease exists.
        return;
    }
    let site = node(&database).await;
    migrate::make_tables(&site.app.db).await.unwrap();
    let end = site.app.clock.now().0 + 5000;
    database.execute(&format!("INSERT INTO dw_migration_lease (id, owner, expires_at) VALUES (1, 7, {end})")).await;
    let waiting = {
        let (db, clock, rng) = (site.app.clone(), site.app.clock.clone(), site.app.rng.clone());
        tokio::spawn(async move { migrate::up(&db.db, &clock, &rng).await })
    };
    let taken = "SELECT COUNT(*) FROM dw_migrations";
    assert_eq!(database.value(taken).await, "0", "the lease was ignored");
    site.advance(Duration::from_millis(5001));
    waiting.await.unwrap().unwrap();
    assert_eq!(database.value("SELECT COUNT(*) FROM dw_migration_lease").await, "0", "the lease was not released");
    Undisturbed::new().await.is(&database, "after a dead node").await;
}

/// Two programs can have different migrations with the same number.
#[async_test]
async fn a_migration_of_another_name_is_refused() {
    let site = Site::new().await;
    site.database.execute("UPDATE dw_migrations SET name = '0001_other'").await;
    let refused = migrate::check(&node(&site.database).await.app.db).await;
    assert!(matches!(refused, Err(Error::Schema(message)) if message.contains("0001_other")));
}

/// The migrations before the first schema of release 0.1.0.
const BEFORE_RELEASE: [&str; 10] = [
    "0001_roles",
    "0002_users",
    "0003_sessions",
    "0004_guards",
    "0005_adoptions",
    "0006_accounts",
    "0007_audit_events",
    "0008_idempotency_keys",
    "0009_login_failures",
    "0010_secrets",
];

#[async_test]
async fn a_database_from_before_the_first_schema_is_named_and_unchanged() {
    let database = Database::new().await;
    migrate::make_tables(&node(&database).await.app.db).await.unwrap();
    for (version, name) in (1..).zip(BEFORE_RELEASE) {
        database.execute(&format!("INSERT INTO dw_migrations VALUES ({version}, '{name}', 1, 1)")).await;
    }
    let (tables, record) = (live(&database).await, database.rows(RECORD).await);
    for command in [&["migrate", "up"][..], &["migrate", "status"], &["serve", "--listen", "127.0.0.1:0"], &["doctor"]]
    {
        let ran = Program::new(&database).run(command);
        let printed = format!("{}{}", ran.stdout, ran.stderr);
        assert!(ran.code == 1 && printed.contains("from before release 0.1.0"), "{command:?}: {ran:?}");
        assert!(printed.contains("import the users again") && !printed.contains("newer"), "{printed}");
    }
    assert_eq!((live(&database).await, database.rows(RECORD).await), (tables, record));
}

/// J5: an older program on a newer schema.
#[async_test]
async fn a_newer_schema_is_refused_and_unchanged() {
    for finished in [true, false] {
        let database = Database::new().await;
        let site = node(&database).await;
        migrate::make_tables(&site.app.db).await.unwrap();
        let steps = if finished { usize::MAX } else { 3 };
        for _ in 0..steps {
            if migrate::step(&site.app.db, &site.app.clock).await.unwrap() == Step::NoneLeft {
                break;
            }
        }
        database.insert_newer_migration().await;
        let (tables, record) = (live(&database).await, database.rows(RECORD).await);
        let older = node(&database).await;
        let (db, clock) = (&older.app.db, &older.app.clock);
        assert!(matches!(migrate::status(db).await, Err(Error::Schema(message)) if message.contains("99")));
        assert!(matches!(migrate::check(db).await, Err(Error::Schema(_))));
        assert!(matches!(migrate::step(db, clock).await, Err(Error::Schema(_))));
        assert!(matches!(up(&older).await, Err(Error::Schema(_))));
        assert!(!db.is_schema_ready());
        assert_eq!((live(&database).await, database.rows(RECORD).await), (tables, record));
    }
}
