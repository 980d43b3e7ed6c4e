//! The table `dw_login_failures`: the recorded failures of each failure key. The rules are in [`crate::model`].
//!
//! Invariant: a row is replaced only if it still has the values that were read. Each failure changes the values, so two
//! concurrent failures never count as one.

use super::db::{Conn, Db, Param, Row, Tx, Updated};
use crate::{
    Result,
    model::{FailureKey, Failures, UnixMillis, UserId},
};

/// Returns the failures of a failure key.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn find(conn: &mut Conn, failure_key: &FailureKey) -> Result<Option<Failures>> {
    let sql = "SELECT failures, delays, recent FROM dw_login_failures WHERE failure_key = ?";
    conn.optional(sql, &[failure_key.as_bytes().as_slice().into()], read_failures).await
}

fn read_failures(row: &Row<'_>) -> Result<Failures> {
    let (count, delays) = (row.integer(0)?, row.integer(1)?);
    row.bytes(2, |recent| Ok(Failures::from_stored(count, delays, recent)))
}

/// Replaces `old` with `new` in a transaction. Returns false if the stored values are no longer `old`.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn replace(
    tx: &mut Tx,
    key: (&FailureKey, Option<UserId>),
    old: Option<&Failures>,
    new: &Failures,
) -> Result<bool> {
    let recent = (old.map(Failures::recent).unwrap_or_default(), new.recent());
    let (sql, params) = replacement(key, (old, new), (&recent.0, &recent.1));
    Ok(tx.update(sql, &params).await? == Updated::Rows(1))
}

/// Replaces `old` with `new` as [`replace`] does, in a transaction of its own.
///
/// # Errors
/// Returns an error if the database fails. The row may nevertheless be replaced.
pub async fn replace_alone(
    db: &Db,
    key: (&FailureKey, Option<UserId>),
    old: Option<&Failures>,
    new: &Failures,
) -> Result<bool> {
    let recent = (old.map(Failures::recent).unwrap_or_default(), new.recent());
    let (sql, params) = replacement(key, (old, new), (&recent.0, &recent.1));
    Ok(db.execute_alone(sql, &params).await? == Updated::Rows(1))
}

/// Returns the statement that replaces `old` with `new`, and its parameters.
fn replacement<'a>(
    (failure_key, user): (&'a FailureKey, Option<UserId>),
    (old, new): (Option<&Failures>, &Failures),
    (old_recent, new_recent): (&'a [u8], &'a [u8]),
) -> (&'static str, Vec<Param<'a>>) {
    let key = failure_key.as_bytes().as_slice().into();
    let mut params = vec![new.count().into(), new.delays().into(), new_recent.into(), new.last_at().into(), key];
    let Some(old) = old else {
        params.push(user.map(|user| user.0).into());
        let sql = "INSERT INTO dw_login_failures (failures, delays, recent, last_failed_at, failure_key, user_id)
                   VALUES (?, ?, ?, ?, ?, ?)";
        return (sql, params);
    };
    params.extend::<[Param<'_>; 3]>([old.count().into(), old.delays().into(), old_recent.into()]);
    let sql = "UPDATE dw_login_failures SET failures = ?, delays = ?, recent = ?, last_failed_at = ?
               WHERE failure_key = ? AND failures = ? AND delays = ? AND recent = ?";
    (sql, params)
}

/// Removes the row of a failure key.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn forget(tx: &mut Tx, failure_key: &FailureKey) -> Result<()> {
    let sql = "DELETE FROM dw_login_failures WHERE failure_key = ?";
    tx.execute(sql, &[failure_key.as_bytes().as_slice().into()]).await.map(drop)
}

/// Removes the row of a failure key if it still has the values `old`, in a transaction of its own. Returns whether it was
/// removed.
///
/// # Errors
/// Returns an error if the database fails. The row may nevertheless be removed.
pub async fn forget_alone(db: &Db, failure_key: &FailureKey, old: &Failures) -> Result<bool> {
    let recent = old.recent();
    let params =
        [failure_key.as_bytes().as_slice().into(), old.count().into(), old.delays().into(), recent.as_slice().into()];
    let sql = "DELETE FROM dw_login_failures WHERE failure_key = ? AND failures = ? AND delays = ? AND recent = ?";
    Ok(db.execute_alone(sql, &params).await? == Updated::Rows(1))
}

/// Returns the number of failure keys of this user that have failures.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn count_of(conn: &mut Conn, user: UserId) -> Result<i64> {
    let sql = "SELECT COUNT(*) FROM dw_login_failures WHERE user_id = ?";
    Ok(conn.optional(sql, &[user.0.into()], |row| row.integer(0)).await?.unwrap_or(0))
}

/// Removes all rows of a user's account and devices. Returns the number of removed rows.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn forget_all_of(tx: &mut Tx, user: UserId) -> Result<u64> {
    tx.execute("DELETE FROM dw_login_failures WHERE user_id = ?", &[user.0.into()]).await
}

/// Returns up to `limit` failure keys whose last failure was before `instant`.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn failed_before(conn: &mut Conn, instant: UnixMillis, limit: u32) -> Result<Vec<Vec<u8>>> {
    let sql = "SELECT failure_key FROM dw_login_failures WHERE last_failed_at < ? LIMIT ?";
    let params = [instant.into(), i64::from(limit).into()];
    conn.all(sql, &params, |row| row.bytes(0, |bytes| Ok(bytes.to_vec()))).await
}

/// Removes the row of a failure key if its last failure was before `instant`. Returns whether it was removed.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn forget_if_failed_before(tx: &mut Tx, failure_key: &[u8], instant: UnixMillis) -> Result<bool> {
    let sql = "DELETE FROM dw_login_failures WHERE failure_key = ? AND last_failed_at < ?";
    Ok(tx.execute(sql, &[failure_key.into(), instant.into()]).await? == 1)
}
