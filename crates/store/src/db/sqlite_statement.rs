//! Statements on a connection to an SQLite file.

use rusqlite::Connection;

use super::{
    failure::Failure,
    value::{Param, Row},
};
use crate::Result;

/// Returns the first row.
pub(super) fn optional<T>(
    connection: &Connection,
    sql: &'static str,
    params: &[Param<'_>],
    read: impl FnOnce(&Row<'_>) -> Result<T>,
) -> Result<Option<T>> {
    let first = || -> std::result::Result<Option<Result<T>>, rusqlite::Error> {
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query(rusqlite::params_from_iter(params))?;
        Ok(rows.next()?.map(|row| read(&Row::Sqlite(row))))
    };
    first().map_err(Failure::from)?.transpose()
}

/// Returns all rows.
pub(super) fn all<T>(
    connection: &Connection,
    sql: &'static str,
    params: &[Param<'_>],
    mut read: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    step_aside(|| {
        let mut found = Vec::new();
        let mut collect = || -> std::result::Result<Result<()>, rusqlite::Error> {
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query(rusqlite::params_from_iter(params))?;
            while let Some(row) = rows.next()? {
                match read(&Row::Sqlite(row)) {
                    Ok(value) => found.push(value),
                    Err(error) => return Ok(Err(error)),
                }
            }
            Ok(Ok(()))
        };
        collect().map_err(Failure::from)??;
        Ok(found)
    })
}

/// Executes a statement and returns the number of rows that it matched.
pub(super) fn execute(
    connection: &Connection,
    sql: &'static str,
    params: &[Param<'_>],
) -> std::result::Result<u64, Failure> {
    let mut statement = connection.prepare_cached(sql)?;
    let matched = statement.execute(rusqlite::params_from_iter(params))?;
    Ok(u64::try_from(matched).unwrap_or(u64::MAX))
}

/// Executes a statement without parameters: `BEGIN`, `COMMIT`, a definition.
pub(super) fn execute_once(connection: &Connection, sql: &str) -> std::result::Result<(), Failure> {
    connection.execute_batch(sql).map_err(Failure::from)
}

/// Counts this commit in the header of the database, for [`super::wal`].
pub(super) fn count_commit(connection: &Connection) -> std::result::Result<(), Failure> {
    let count: i32 = connection.prepare_cached("PRAGMA application_id")?.query_row([], |row| row.get(0))?;
    // 0 would mean that nothing was counted.
    let next = count.checked_add(1).filter(|next| *next > 0).unwrap_or(1);
    Ok(connection.pragma_update(None, "application_id", next)?)
}

/// Runs `work`, which may wait for the disk, without blocking the other tasks of this thread.
pub(super) fn step_aside<T>(work: impl FnOnce() -> T) -> T {
    use tokio::runtime::{Handle, RuntimeFlavor};
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        _ => work(),
    }
}
