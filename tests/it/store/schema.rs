//! The schema: both engines' migration files agree, and the database has the schema that they describe.

use doorward_test_macros::async_test;
use std::fs;

use super::tables::{Kind, MigrationFiles, live};
use crate::{architecture::root, support::Site};

/// The names of an engine's migrations, and the schema that they describe together.
fn migration_files(engine: &str) -> (Vec<String>, MigrationFiles) {
    let folder = root().join("crates/store/migrations").join(engine);
    let mut names: Vec<String> =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let mut migration_files = MigrationFiles::default();
    for name in &names {
        migration_files.read(&fs::read_to_string(folder.join(name)).unwrap());
    }
    (names, migration_files)
}

#[test]
fn both_engines_have_the_same_migrations() {
    let (sqlite_names, sqlite) = migration_files("sqlite");
    let (mysql_names, mysql) = migration_files("mysql");
    assert_eq!(sqlite_names, mysql_names);
    for (number, name) in sqlite_names.iter().enumerate() {
        assert!(name.starts_with(&format!("{:04}_", number + 1)), "{name} is out of order");
    }
    assert!(sqlite.tables.len() >= 4, "{:?}", sqlite.tables.keys());
    assert_eq!(sqlite, mysql);
}

#[test]
fn tables_follow_the_naming_and_type_rules() {
    let (_, migration_files) = migration_files("mysql");
    for (name, table) in migration_files.tables {
        assert!(name.starts_with("dw_"), "{name}");
        for (column, what) in &table.columns {
            let must_be = match column {
                _ if column.ends_with("_at") => Kind::Integer,
                _ if column.ends_with("_key") || column == "uid" || column == "token_hash" => Kind::Bytes,
                _ => continue,
            };
            assert_eq!(what.kind, must_be, "{name}.{column}");
        }
    }
}

#[async_test]
async fn the_database_has_the_schema_of_the_files() {
    let site = Site::new().await;
    let engine = if site.database.is_sqlite() { "sqlite" } else { "mysql" };
    assert_eq!(live(&site.database).await, migration_files(engine).1.tables);
}

#[async_test]
async fn text_is_compared_byte_by_byte() {
    let site = Site::new().await;
    if site.database.is_sqlite() {
        // SQLite compares byte by byte unless a column has another collation, and the test above reads the files.
        return;
    }
    let folding = "SELECT table_name, column_name, collation_name FROM information_schema.columns
        WHERE table_schema = DATABASE() AND collation_name NOT LIKE '%\\_bin'
          AND table_name NOT LIKE 'dw\\_migration%'";
    assert_eq!(site.database.rows(folding).await, Vec::<Vec<String>>::new());
    let engines = "SELECT DISTINCT engine FROM information_schema.tables WHERE table_schema = DATABASE()";
    assert_eq!(site.database.value(engines).await, "InnoDB");
}
