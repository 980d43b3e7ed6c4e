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

/// The tables must not depend on a server's default engine or character set.
#[test]
fn every_mysql_table_states_its_engine_and_character_set() {
    let files = ["migrations/mysql/0001_first_schema.sql", "src/dialect.rs"];
    let mut tables = 0;
    for file in files {
        let text = fs::read_to_string(root().join("crates/store").join(file)).unwrap();
        let text = text
            .split_once("fn record_tables")
            .and_then(|(_, tables)| tables.split_once("MySql"))
            .map_or(text.as_str(), |(_, mysql)| mysql);
        for table in text.split("CREATE TABLE ").skip(1) {
            let end = table.split_once("\n)").or_else(|| table.split_once(" )")).unwrap().1;
            let options = end.split([';', '"']).next().unwrap();
            assert_eq!(options, " ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", "{table}");
            tables += 1;
        }
    }
    assert!(tables > 10, "{tables}");
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
        WHERE table_schema = DATABASE() AND collation_name NOT LIKE '%\\_bin'";
    assert_eq!(site.database.rows(folding).await, Vec::<Vec<String>>::new());
    let engines = "SELECT DISTINCT engine FROM information_schema.tables WHERE table_schema = DATABASE()";
    assert_eq!(site.database.value(engines).await, "InnoDB");
}
