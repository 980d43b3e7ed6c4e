//! The differences between the two engines, except in migrations. Each has one function, which states the reason.

use super::{column_form::ColumnForm, db::EngineKind};

/// Returns the query for a table's existence. Each engine has its own catalogue of tables.
pub(super) fn table_exists(kind: EngineKind) -> &'static str {
    match kind {
        EngineKind::Sqlite => "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?",
        EngineKind::MySql => {
            "SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?"
        }
    }
}

/// Returns the query for the names and storage engines of Doorward's tables. Each engine has its own catalogue, and
/// SQLite has one way of storing.
pub(super) fn tables(kind: EngineKind) -> &'static str {
    match kind {
        EngineKind::Sqlite => {
            "SELECT name, 'InnoDB' FROM sqlite_schema WHERE type = 'table' AND name LIKE 'dw%' LIMIT 1000"
        }
        EngineKind::MySql => {
            "SELECT table_name, COALESCE(engine, 'none') FROM information_schema.tables
             WHERE table_schema = DATABASE() AND table_name LIKE 'dw%' LIMIT 1000"
        }
    }
}

/// The queries for the description of a table.
pub(super) struct TableCatalogue {
    /// The results are: name, type, length limit in characters or null, whether an insert must name it, whether the
    /// database assigns its values, character set, collation, default, the whole type with its values, and whether an
    /// expression computes the values or the default, as far as the catalogue tells. The character set and the collation are
    /// null if the column has none. The default is SQL text on SQLite, and a value on MySQL.
    pub(super) columns: &'static str,
    /// The columns of the unique keys, in order: the name of the key, and the column, or null for an expression.
    ///
    /// Keys of a part of the rows are omitted. On MySQL, a trigger may fill any column before the insert, so a table with
    /// such a trigger has no result.
    pub(super) unique_keys: &'static str,
}

/// Returns the queries for a table's description. Each engine has its own catalogue of columns and keys.
pub(super) fn table_catalogue(kind: EngineKind) -> TableCatalogue {
    match kind {
        EngineKind::Sqlite => TableCatalogue {
            columns: "SELECT name, type, NULL, \"notnull\" = 1 AND dflt_value IS NULL AND pk = 0,
                    pk = 1 AND UPPER(type) = 'INTEGER', NULL, NULL, dflt_value, type, 0
             FROM pragma_table_info(?) ORDER BY cid LIMIT 1000",
            unique_keys:
                "SELECT keys.name, columns.name FROM pragma_index_list(?) AS keys, pragma_index_info(keys.name) AS columns
             WHERE keys.\"unique\" = 1 AND keys.partial = 0 ORDER BY keys.seq, columns.seqno LIMIT 1000",
        },
        EngineKind::MySql => TableCatalogue {
            columns: "SELECT column_name, data_type, CAST(character_maximum_length AS SIGNED),
                    is_nullable = 'NO' AND column_default IS NULL AND extra NOT LIKE '%auto_increment%'
                        AND extra NOT LIKE '%GENERATED%',
                    extra LIKE '%auto_increment%',
                    character_set_name, collation_name, column_default, column_type,
                    extra LIKE '%GENERATED%'
             FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ?
             ORDER BY ordinal_position LIMIT 1000",
            unique_keys: "SELECT index_name, column_name FROM information_schema.statistics AS columns
             WHERE table_schema = DATABASE() AND table_name = ? AND non_unique = 0
                AND NOT EXISTS (SELECT 1 FROM information_schema.triggers AS events
                    WHERE events.event_object_schema = DATABASE()
                        AND events.event_object_table = columns.table_name
                        AND events.event_manipulation = 'INSERT' AND events.action_timing = 'BEFORE')
             ORDER BY index_name, seq_in_index LIMIT 1000",
        },
    }
}

/// Returns the query for the id of the next new user. Each engine keeps it in its own catalogue. MySQL would cache it for a
/// day, so each session sets `information_schema_stats_expiry` to 0.
pub(super) fn next_user_number(kind: EngineKind) -> &'static str {
    match kind {
        EngineKind::Sqlite => "SELECT seq + 1 FROM sqlite_sequence WHERE name = 'dw_users'",
        EngineKind::MySql => {
            "SELECT CAST(auto_increment AS SIGNED) FROM information_schema.tables
             WHERE table_schema = DATABASE() AND table_name = 'dw_users'"
        }
    }
}

/// Returns the SQL before and after a column for a comparison that ignores case. Each engine has its own syntax for it.
pub(super) fn folding(kind: EngineKind) -> [&'static str; 2] {
    match kind {
        EngineKind::Sqlite => ["CAST(", " AS TEXT) COLLATE NOCASE"],
        EngineKind::MySql => ["CONVERT(", " USING utf8mb4) COLLATE utf8mb4_general_ci"],
    }
}

/// Returns how a column of this declared type, in lower case, holds its values. MySQL converts each value to the type of
/// its column. SQLite only prefers a type, its affinity (<https://sqlite.org/datatype3.html>, section 3.1).
pub(super) fn column_form(kind: EngineKind, declared: &str) -> ColumnForm {
    let has_any = |words: &[&str]| words.iter().any(|word| declared.contains(word));
    match kind {
        EngineKind::MySql if has_any(&["int", "decimal", "double", "float"]) && declared != "point" => {
            ColumnForm::Number
        }
        EngineKind::MySql => ColumnForm::Text,
        EngineKind::Sqlite if has_any(&["int"]) => ColumnForm::Numeric,
        EngineKind::Sqlite if declared.is_empty() || has_any(&["char", "clob", "text", "blob"]) => ColumnForm::Any,
        EngineKind::Sqlite => ColumnForm::Numeric,
    }
}

/// Returns the query for the engine's version. Each engine has its own function for it.
pub(super) fn version(kind: EngineKind) -> &'static str {
    match kind {
        EngineKind::Sqlite => "SELECT sqlite_version()",
        EngineKind::MySql => "SELECT VERSION()",
    }
}

/// Returns whether migrating nodes need a lease. On SQLite, a statement and its record are one transaction under the
/// write lock. MySQL commits each definition at once, so the transaction's lock cannot serialise nodes.
pub(super) fn migrations_need_lease(kind: EngineKind) -> bool {
    kind == EngineKind::MySql
}

/// Returns the definitions of the tables in which migrations are recorded. They exist before the first migration. On
/// MySQL, each table states its engine and character set.
pub(super) fn record_tables(kind: EngineKind) -> [&'static str; 2] {
    match kind {
        EngineKind::Sqlite => [
            "CREATE TABLE IF NOT EXISTS dw_migrations (
                version INTEGER PRIMARY KEY,
                name TEXT NOT NULL,
                statements_done INTEGER NOT NULL,
                finished_at INTEGER
            )",
            "CREATE TABLE IF NOT EXISTS dw_migration_lease (
                id INTEGER PRIMARY KEY,
                owner INTEGER NOT NULL,
                expires_at INTEGER NOT NULL
            )",
        ],
        EngineKind::MySql => [
            "CREATE TABLE IF NOT EXISTS dw_migrations (
                version BIGINT NOT NULL PRIMARY KEY,
                name VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
                statements_done BIGINT NOT NULL,
                finished_at BIGINT
            ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
            "CREATE TABLE IF NOT EXISTS dw_migration_lease (
                id BIGINT NOT NULL PRIMARY KEY,
                owner BIGINT NOT NULL,
                expires_at BIGINT NOT NULL
            ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin",
        ],
    }
}
