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
