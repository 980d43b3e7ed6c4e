//! Where the two engines differ in more than their migrations: one named function each, with its reason.

use super::db::EngineKind;

/// The catalogue of tables has another name on each engine.
pub(super) fn table_exists(kind: EngineKind) -> &'static str {
    match kind {
        EngineKind::Sqlite => "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?",
        EngineKind::MySql => {
            "SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?"
        }
    }
}

/// So has the catalogue of columns: each one's name, type, length in characters (if it has a limit), whether an
/// insert has to name it, whether it is numbered by the database, its character set and collation where those have
/// names, and its default as SQL or, on MySQL, as a value.
pub(super) fn columns(kind: EngineKind) -> &'static str {
    match kind {
        EngineKind::Sqlite => {
            "SELECT name, type, NULL, \"notnull\" = 1 AND dflt_value IS NULL AND pk = 0,
                    pk = 1 AND UPPER(type) = 'INTEGER', NULL, NULL, dflt_value
             FROM pragma_table_info(?) ORDER BY cid LIMIT 1000"
        }
        EngineKind::MySql => {
            "SELECT column_name, data_type, CAST(character_maximum_length AS SIGNED),
                    is_nullable = 'NO' AND column_default IS NULL AND extra NOT LIKE '%auto_increment%',
                    extra LIKE '%auto_increment%',
                    character_set_name, collation_name, column_default
             FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ?
             ORDER BY ordinal_position LIMIT 1000"
        }
    }
}

/// The number that the next new user gets stands in the catalogue. MySQL keeps what it says there for a day, so it may be
/// too low; it is never too high.
pub(super) fn next_user_number(kind: EngineKind) -> &'static str {
    match kind {
        EngineKind::Sqlite => "SELECT seq + 1 FROM sqlite_sequence WHERE name = 'dw_users'",
        EngineKind::MySql => {
            "SELECT CAST(auto_increment AS SIGNED) FROM information_schema.tables
             WHERE table_schema = DATABASE() AND table_name = 'dw_users'"
        }
    }
}

/// Neither folds case where a column compares exactly, and each folds it in words of its own: what comes before and after
/// the column.
pub(super) fn folding(kind: EngineKind) -> [&'static str; 2] {
    match kind {
        EngineKind::Sqlite => ["", " COLLATE NOCASE"],
        EngineKind::MySql => ["CONVERT(", " USING utf8mb4) COLLATE utf8mb4_general_ci"],
    }
}

/// Asking an engine for its name and version is spelled differently on each.
pub(super) fn version(kind: EngineKind) -> &'static str {
    match kind {
        EngineKind::Sqlite => "SELECT sqlite_version()",
        EngineKind::MySql => "SELECT VERSION()",
    }
}

/// On SQLite a migration's statement and its record are one transaction behind one write lock; MySQL commits each
/// statement that defines something by itself, so nodes must take turns by other means.
pub(super) fn migrations_need_lease(kind: EngineKind) -> bool {
    kind == EngineKind::MySql
}

/// The tables in which migrations are recorded exist before the first migration, so they are defined here. MySQL's tables
/// state their engine and character set.
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
