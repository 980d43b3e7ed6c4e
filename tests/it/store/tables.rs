//! A schema as data, read from the migration files or from the database, for comparison.
//!
//! Invariant: it reads only the forms of statements that the migrations use, and panics at any other.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::Database;

/// Tables by name.
pub type Tables = BTreeMap<String, Table>;

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// By name.
    pub columns: BTreeMap<String, Column>,
    /// Columns in order, and whether they are unique; the primary key is one of them.
    pub indexes: BTreeSet<(Vec<String>, bool)>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Column {
    pub kind: Kind,
    pub is_nullable: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Integer,
    Text,
    Bytes,
}

/// The contents of migration files: tables with their indexes, and the inserted rows as text that is equal on both engines.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct MigrationFiles {
    pub tables: Tables,
    pub rows: Vec<String>,
    /// The names of the indexes.
    indexes: BTreeSet<String>,
}

impl MigrationFiles {
    /// Adds the contents of one migration.
    pub fn read(&mut self, text: &str) {
        let lines: Vec<&str> = text.lines().map(|line| line.split("--").next().unwrap()).collect();
        for statement in lines.join(" ").split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
            let statement = statement.split_whitespace().collect::<Vec<_>>().join(" ");
            if let Some(rest) = statement.strip_prefix("CREATE TABLE ") {
                let (name, rest) = rest.split_once(" (").unwrap();
                let inside = rest.rsplit_once(')').unwrap().0;
                let (table, indexes) = table(inside);
                assert!(self.tables.insert(name.to_owned(), table).is_none(), "{name} is created twice");
                assert!(indexes.into_iter().all(|index| self.indexes.insert(index)), "{name} repeats an index");
            } else if let Some(rest) = statement.strip_prefix("CREATE UNIQUE INDEX ") {
                self.add_index(rest, true);
            } else if let Some(rest) = statement.strip_prefix("CREATE INDEX ") {
                self.add_index(rest, false);
            } else if statement.starts_with("INSERT INTO ") {
                self.rows.push(statement.replace("CAST(", "").replace(" AS BLOB)", ""));
            } else {
                panic!("no reader for: {statement}");
            }
        }
    }

    fn add_index(&mut self, rest: &str, is_unique: bool) {
        let (name, on) = rest.split_once(" ON ").unwrap();
        let (table, columns) = on.split_once(" (").unwrap();
        assert!(self.indexes.insert(name.to_owned()), "{name} is created twice");
        assert!(
            self.tables.get_mut(table).unwrap().indexes.insert((columns_of(columns), is_unique)),
            "{rest} is created twice"
        );
    }
}

/// A table from the columns and keys between the brackets of `CREATE TABLE`, and the names of its keys.
fn table(inside: &str) -> (Table, Vec<String>) {
    let (mut table, mut names) = (Table::default(), Vec::new());
    for line in top_level_parts(inside) {
        let line = line.trim();
        let key = line.strip_prefix("UNIQUE ").unwrap_or(line).strip_prefix("KEY ");
        if let Some((name, columns)) = key.and_then(|key| key.split_once(" (")) {
            names.push(name.to_owned());
            let is_new = table.indexes.insert((columns_of(columns), line.starts_with("UNIQUE ")));
            assert!(is_new, "{line} is created twice");
            continue;
        }
        let (name, rest) = line.split_once(' ').unwrap();
        assert!(!matches!(name, "PRIMARY" | "UNIQUE" | "CONSTRAINT" | "FOREIGN"), "no reader for: {line}");
        assert!(!rest.contains(" UNIQUE"), "no reader for: {line}");
        let is_key = rest.contains("PRIMARY KEY");
        if is_key {
            table.indexes.insert((vec![name.to_owned()], true));
        }
        let is_nullable = rest.contains(" GENERATED ALWAYS AS ") || !is_key && !rest.contains("NOT NULL");
        table.columns.insert(name.to_owned(), Column { kind: kind(rest), is_nullable });
    }
    (table, names)
}

fn columns_of(list: &str) -> Vec<String> {
    list.trim_end_matches(')').split(',').map(|column| column.trim().to_owned()).collect()
}

fn top_level_parts(text: &str) -> Vec<String> {
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for character in text.chars() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().unwrap().push(character);
    }
    parts
}

fn kind(written: &str) -> Kind {
    let word: String = written.chars().take_while(char::is_ascii_alphabetic).collect();
    match word.to_ascii_uppercase().as_str() {
        "BIGINT" | "INTEGER" | "TINYINT" => Kind::Integer,
        "VARCHAR" | "TEXT" => Kind::Text,
        "BINARY" | "VARBINARY" | "BLOB" => Kind::Bytes,
        other => panic!("a column of type {other}"),
    }
}

/// The tables of the database, without those that record migrations.
pub async fn live(database: &Database) -> Tables {
    let (columns, indexes) = if database.is_sqlite() {
        (
            // `pragma_table_info` does not list generated columns.
            "SELECT t.name, c.name, c.type, CASE WHEN c.\"notnull\" = 0 AND c.pk = 0 THEN 'YES' ELSE 'NO' END
             FROM sqlite_schema t JOIN pragma_table_xinfo(t.name) c WHERE t.type = 'table' AND t.name LIKE 'dw%'",
            // An INTEGER PRIMARY KEY has no index of its own.
            "SELECT t.name, i.name, 1 - i.\"unique\", c.name
             FROM sqlite_schema t JOIN pragma_index_list(t.name) i JOIN pragma_index_info(i.name) c
             WHERE t.type = 'table' AND t.name LIKE 'dw%'
             UNION ALL
             SELECT t.name, 'PRIMARY', 0, c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c
             WHERE t.type = 'table' AND t.name LIKE 'dw%' AND c.pk > 0",
        )
    } else {
        (
            "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
             WHERE table_schema = DATABASE()",
            "SELECT table_name, index_name, non_unique, column_name FROM information_schema.statistics
             WHERE table_schema = DATABASE() ORDER BY table_name, index_name, seq_in_index",
        )
    };
    let mut tables = Tables::new();
    for row in database.rows(columns).await {
        let column = Column { kind: kind(&row[2]), is_nullable: row[3] == "YES" };
        tables.entry(row[0].clone()).or_default().columns.insert(row[1].clone(), column);
    }
    let mut by_name: BTreeMap<(String, String), (Vec<String>, bool)> = BTreeMap::new();
    for row in database.rows(indexes).await {
        let index = by_name.entry((row[0].clone(), row[1].clone())).or_insert((Vec::new(), row[2] == "0"));
        index.0.push(row[3].clone());
    }
    for ((table, _), index) in by_name {
        tables.get_mut(&table).unwrap().indexes.insert(index);
    }
    tables.retain(|name, _| !name.starts_with("dw_migration"));
    tables
}
