//! The table `dw_jobs`: the leases by which one node at a time runs a job.
//!
//! Invariant: one conditional statement takes a lease, so two nodes never both take it. After a node dies, its lease
//! expires.

use super::db::{Conn, Inserted, Tx};
use crate::{Error, Result, model::UnixMillis};

/// The row of a job.
#[derive(Debug, Clone, Copy)]
pub struct JobLease {
    pub lease_until: UnixMillis,
    /// The end of the last run that succeeded.
    pub last_run_at: Option<UnixMillis>,
    pub next_run_at: UnixMillis,
}

impl JobLease {
    /// Returns the time from which a node may take the job.
    #[must_use]
    pub fn free_at(&self) -> UnixMillis {
        self.next_run_at.max(self.lease_until)
    }
}

/// Returns the row of a job; `None` before its first run.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn find(conn: &mut Conn, name: &str) -> Result<Option<JobLease>> {
    let sql = "SELECT lease_until, last_run_at, next_run_at FROM dw_jobs WHERE name = ?";
    conn.optional(sql, &[name.into()], |row| {
        Ok(JobLease {
            lease_until: row.instant(0)?,
            last_run_at: row.integer_or_null(1)?.map(UnixMillis),
            next_run_at: row.instant(2)?,
        })
    })
    .await
}

/// Takes the lease of a job that is due. Returns false if the job is not due, or another node holds the lease.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn take(tx: &mut Tx, name: &str, holder: i64, now: UnixMillis, until: UnixMillis) -> Result<bool> {
    let sql = "UPDATE dw_jobs SET holder = ?, lease_until = ? WHERE name = ? AND next_run_at <= ? AND lease_until <= ?";
    let params = [holder.into(), until.into(), name.into(), now.into(), now.into()];
    if tx.execute(sql, &params).await? == 1 {
        return Ok(true);
    }
    let sql = "INSERT INTO dw_jobs (name, holder, lease_until, next_run_at) VALUES (?, ?, ?, ?)";
    match tx.insert(sql, &[name.into(), holder.into(), until.into(), now.into()]).await? {
        Inserted::Row(_) => Ok(true),
        Inserted::Duplicate => Ok(false),
        Inserted::Unfit => Err(Error::Corrupt("the name of a job that does not fit its row")),
    }
}

/// Extends the lease of a long run. Returns false if another node holds it.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn renew(tx: &mut Tx, name: &str, holder: i64, until: UnixMillis) -> Result<bool> {
    let sql = "UPDATE dw_jobs SET lease_until = ? WHERE name = ? AND holder = ?";
    Ok(tx.execute(sql, &[until.into(), name.into(), holder.into()]).await? == 1)
}

/// Ends the lease after a run, at `now`, and schedules the next run. A failed run keeps the time of the last success.
/// Does nothing if another node holds the lease.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn finish(
    tx: &mut Tx,
    name: &str,
    holder: i64,
    (now, succeeded): (UnixMillis, bool),
    next_run_at: UnixMillis,
) -> Result<()> {
    let last_run_at = succeeded.then_some(now);
    let sql = "UPDATE dw_jobs SET lease_until = ?, last_run_at = COALESCE(?, last_run_at), next_run_at = ?
               WHERE name = ? AND holder = ?";
    let params = [now.into(), last_run_at.into(), next_run_at.into(), name.into(), holder.into()];
    tx.execute(sql, &params).await.map(drop)
}
