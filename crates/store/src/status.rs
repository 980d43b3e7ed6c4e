//! How the database is: whether it answers, and what it is.

use std::time::Duration;

use super::{
    db::{Db, EngineKind},
    dialect,
};
use crate::Result;

/// The engine's name and version, as in `MariaDB 10.11.19` or `SQLite 3.54.1`. Answers before the schema is ready.
///
/// # Errors
/// The database's; on MySQL within `limit`.
pub async fn version(db: &Db, limit: Duration) -> Result<String> {
    let mut conn = db.connect(Some(limit)).await?;
    let version = conn.optional(dialect::version(db.kind()), &[], |row| row.text(0)).await?.unwrap_or_default();
    Ok(match db.kind() {
        EngineKind::Sqlite => format!("SQLite {version}"),
        EngineKind::MySql => match version.split_once("-MariaDB") {
            Some((number, _)) => format!("MariaDB {number}"),
            None => format!("MySQL {version}"),
        },
    })
}

/// Asks the database for nothing, to see whether it answers; on MySQL within `limit`, on SQLite at once.
///
/// # Errors
/// The database's.
pub async fn ping(db: &Db, limit: Duration) -> Result<()> {
    let mut conn = db.connect(Some(limit)).await?;
    conn.optional("SELECT 1", &[], |_| Ok(())).await.map(drop)
}

/// The number that the next user who signs up gets, or one below it.
///
/// # Errors
/// The database's.
pub async fn next_user_number(db: &Db) -> Result<i64> {
    let mut conn = db.read().await?;
    let next = conn.optional(dialect::next_user_number(db.kind()), &[], |row| row.integer_or_null(0)).await?;
    Ok(next.flatten().unwrap_or(1))
}

/// Whether the database has a table of this name; also one that is not migrated yet.
///
/// # Errors
/// The database's.
pub async fn has_table(db: &Db, name: &str) -> Result<bool> {
    let mut conn = db.read().await?;
    Ok(conn.optional(dialect::table_exists(db.kind()), &[name.into()], |_| Ok(())).await?.is_some())
}
