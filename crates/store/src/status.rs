//! The state of the database: whether it answers, its engine, and its tables.
//!
//! Invariant: nothing in this file changes a row that lasts.

use std::time::Duration;

use super::{
    db::{Db, EngineKind},
    dialect, migrate,
};
use crate::{Result, model::Rng};

/// Returns the engine's name and version, as in `MariaDB 10.11.19` or `SQLite 3.54.1`. Also works before the schema is
/// ready.
///
/// # Errors
/// Returns an error if the database fails; MySQL must answer within `limit`.
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

/// Checks that the database answers: MySQL within `limit`, and SQLite at once.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn ping(db: &Db, limit: Duration) -> Result<()> {
    let mut conn = db.connect(Some(limit)).await?;
    conn.optional("SELECT 1", &[], |_| Ok(())).await.map(drop)
}

/// Checks that a write lasts. A MySQL server is asked for its state and its tables, and at most once a second a
/// transaction is committed there.
///
/// # Errors
/// Returns an error if the database fails, is read-only or full, or lacks a table.
pub async fn write_lasts(db: &Db, rng: &Rng, limit: Duration) -> Result<()> {
    if db.kind() == EngineKind::Sqlite {
        db.prove_writable(limit).await?;
        return migrate::require_tables(db, limit).await;
    }
    if !db.judge_server(limit).await? {
        return ping(db, limit).await;
    }
    let proof = async {
        migrate::require_tables(db, limit).await?;
        migrate::try_to_write(db, rng, limit).await
    };
    let outcome = proof.await;
    db.declare_proven(outcome.is_ok());
    outcome
}

/// Returns the id of the next user to sign up, or a lower one.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn next_user_number(db: &Db) -> Result<i64> {
    let mut conn = db.read().await?;
    let next = conn.optional(dialect::next_user_number(db.kind()), &[], |row| row.integer_or_null(0)).await?;
    Ok(next.flatten().unwrap_or(1))
}

/// Returns whether the database has a table of this name. Also works before the migrations.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn has_table(db: &Db, name: &str) -> Result<bool> {
    let mut conn = db.read().await?;
    Ok(conn.optional(dialect::table_exists(db.kind()), &[name.into()], |_| Ok(())).await?.is_some())
}
