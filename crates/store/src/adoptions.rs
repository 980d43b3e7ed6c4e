//! The table `dw_adoptions`: the users that were imported from the legacy table.
//!
//! Invariants: a row outlives its user, so a user who was deleted locally is never imported again. A key that is not a
//! number is in `legacy_key`, and its `legacy_id` is the negative id of the user, which no number of a row ever is.

use super::db::{Conn, Inserted, Row, Tx};
use crate::{
    Error, Result,
    model::{Fingerprint, LegacyId, LegacyKey, OtherKey, UnixMillis, UserId},
};

/// The adoption of a row of the legacy table as a user.
#[derive(Debug, Clone)]
pub struct Adoption {
    /// The key of the row.
    pub key: LegacyKey,
    /// The id of this record.
    pub legacy_id: LegacyId,
    pub user_id: UserId,
    /// The fingerprint of the password column when it was last read.
    pub fingerprint: Fingerprint,
    /// The time since which the password is a local one that is not in the legacy table.
    pub password_set_locally_at: Option<UnixMillis>,
    /// The time since which the row is known to be missing from the legacy table.
    pub gone_at: Option<UnixMillis>,
}

/// The numbers of adoptions, by state.
#[derive(Debug, Clone, Copy, Default)]
pub struct AdoptionCounts {
    pub all: i64,
    pub password_set_here: i64,
    pub gone: i64,
    /// Adoptions whose user was deleted locally.
    pub deleted_here: i64,
    /// Adoptions whose user has logged in.
    pub logged_in: i64,
}

pub(super) fn adoption(row: &Row<'_>) -> Result<Adoption> {
    let legacy_id = LegacyId(row.integer(0)?);
    let other = row.bytes_or_null(5, |key| OtherKey::new(key.to_vec()).ok_or(Error::Corrupt("the key of a row")))?;
    Ok(Adoption {
        key: other.map_or(LegacyKey::Number(legacy_id), LegacyKey::Other),
        legacy_id,
        user_id: UserId(row.integer(1)?),
        fingerprint: row.bytes(2, Fingerprint::from_stored)?,
        password_set_locally_at: row.integer_or_null(3)?.map(UnixMillis),
        gone_at: row.integer_or_null(4)?.map(UnixMillis),
    })
}

/// Returns the adoption of the legacy row with this id.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn by_legacy_id(conn: &mut Conn, id: LegacyId) -> Result<Option<Adoption>> {
    conn.optional(
        "SELECT legacy_id, user_id, fingerprint, password_set_locally_at, gone_at, legacy_key
         FROM dw_adoptions WHERE legacy_id = ?",
        &[id.0.into()],
        adoption,
    )
    .await
}

/// Returns the adoption of this user; `None` for a user who was not imported.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn by_user(conn: &mut Conn, id: UserId) -> Result<Option<Adoption>> {
    conn.optional(
        "SELECT legacy_id, user_id, fingerprint, password_set_locally_at, gone_at, legacy_key
         FROM dw_adoptions WHERE user_id = ?",
        &[id.0.into()],
        adoption,
    )
    .await
}

/// Returns the adoption of the legacy row with this key.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn by_key(conn: &mut Conn, key: &LegacyKey) -> Result<Option<Adoption>> {
    match key {
        LegacyKey::Number(id) => by_legacy_id(conn, *id).await,
        LegacyKey::Other(key) => {
            conn.optional(
                "SELECT legacy_id, user_id, fingerprint, password_set_locally_at, gone_at, legacy_key
                 FROM dw_adoptions WHERE legacy_key = ?",
                &[key.as_bytes().into()],
                adoption,
            )
            .await
        }
    }
}

/// Returns the columns `legacy_id` and `legacy_key` of an adoption.
pub(super) fn stored_key(key: &LegacyKey, user_id: UserId) -> (LegacyId, Option<&[u8]>) {
    match key {
        LegacyKey::Number(id) => (*id, None),
        LegacyKey::Other(key) => (LegacyId(-user_id.0), Some(key.as_bytes())),
    }
}

/// Records an adoption. Returns false if the row or the user already has one.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn insert(
    tx: &mut Tx,
    key: &LegacyKey,
    user_id: UserId,
    fingerprint: Fingerprint,
    now: UnixMillis,
) -> Result<bool> {
    let (legacy_id, other) = stored_key(key, user_id);
    let inserted = tx
        .insert(
            "INSERT INTO dw_adoptions (legacy_id, user_id, fingerprint, adopted_at, legacy_key) VALUES (?, ?, ?, ?, ?)",
            &[legacy_id.0.into(), user_id.0.into(), fingerprint.as_bytes().into(), now.into(), other.into()],
        )
        .await?;
    match inserted {
        Inserted::Row(_) => Ok(true),
        Inserted::Duplicate => Ok(false),
        Inserted::Unfit => Err(Error::Corrupt("an adoption that does not fit its row")),
    }
}

/// Records that the local password is that of the legacy table, with this fingerprint. Returns false if the recorded
/// fingerprint is no longer `seen`.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn password_is_from_there(
    tx: &mut Tx,
    legacy_id: LegacyId,
    seen: Fingerprint,
    fingerprint: Fingerprint,
) -> Result<bool> {
    let params = [fingerprint.as_bytes().into(), legacy_id.0.into(), seen.as_bytes().into()];
    let matched = tx
        .execute(
            "UPDATE dw_adoptions SET fingerprint = ?, password_set_locally_at = NULL, gone_at = NULL
             WHERE legacy_id = ? AND fingerprint = ?",
            &params,
        )
        .await?;
    Ok(matched == 1)
}

/// Records that the local password is also that of the legacy table, into which it is being written. The previous
/// fingerprint does not matter.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn password_is_the_same(tx: &mut Tx, legacy_id: LegacyId, fingerprint: Fingerprint) -> Result<()> {
    let sql =
        "UPDATE dw_adoptions SET fingerprint = ?, password_set_locally_at = NULL, gone_at = NULL WHERE legacy_id = ?";
    tx.execute(sql, &[fingerprint.as_bytes().into(), legacy_id.0.into()]).await.map(drop)
}

/// Returns the highest legacy id that was ever adopted.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn highest(conn: &mut Conn) -> Result<Option<LegacyId>> {
    conn.optional("SELECT legacy_id FROM dw_adoptions ORDER BY legacy_id DESC LIMIT 1", &[], |row| {
        row.integer(0).map(LegacyId)
    })
    .await
}

/// Records that this user's password was set locally and is not in the legacy table. `legacy` is the fingerprint of the
/// legacy password if it was read. Does nothing for a user who was not imported.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn password_is_from_here(
    tx: &mut Tx,
    user_id: UserId,
    legacy: Option<Fingerprint>,
    now: UnixMillis,
) -> Result<()> {
    let legacy = legacy.as_ref().map(Fingerprint::as_bytes);
    tx.execute(
        "UPDATE dw_adoptions SET password_set_locally_at = ?, fingerprint = COALESCE(?, fingerprint) WHERE user_id = ?",
        &[now.into(), legacy.into(), user_id.0.into()],
    )
    .await
    .map(drop)
}

/// Records that the row is missing or locked. Neither its password nor an earlier local one is valid any more. Returns
/// false, and writes nothing, if the password has changed since `seen` was read.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn shut_out(tx: &mut Tx, seen: &Adoption, now: UnixMillis) -> Result<bool> {
    let set_locally_at = seen.password_set_locally_at.map_or(0, |at| at.0);
    let matched = tx
        .execute(
            "UPDATE dw_adoptions SET gone_at = ?, password_set_locally_at = NULL
             WHERE legacy_id = ? AND fingerprint = ? AND COALESCE(password_set_locally_at, 0) = ?",
            &[now.into(), seen.legacy_id.0.into(), seen.fingerprint.as_bytes().into(), set_locally_at.into()],
        )
        .await?;
    Ok(matched == 1)
}

/// Records the time since which the row is missing from the legacy table, or that it exists again. Does nothing if that
/// record has changed since `seen` was read.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn set_gone(tx: &mut Tx, seen: &Adoption, gone_at: Option<UnixMillis>) -> Result<()> {
    let seen_gone_at = seen.gone_at.map_or(0, |at| at.0);
    let params = [gone_at.into(), seen.legacy_id.0.into(), seen_gone_at.into()];
    let sql = "UPDATE dw_adoptions SET gone_at = ? WHERE legacy_id = ? AND COALESCE(gone_at, 0) = ?";
    tx.execute(sql, &params).await.map(drop)
}

/// Returns the numbers of adoptions, by state. Reads the whole table.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn counts(conn: &mut Conn) -> Result<AdoptionCounts> {
    let counts = conn
        .all(
            "SELECT COUNT(*), COUNT(a.password_set_locally_at), COUNT(a.gone_at), COUNT(*) - COUNT(u.id),
                    COUNT(u.last_login_at)
             FROM dw_adoptions a LEFT JOIN dw_users u ON u.id = a.user_id",
            &[],
            |row| {
                Ok(AdoptionCounts {
                    all: row.integer(0)?,
                    password_set_here: row.integer(1)?,
                    gone: row.integer(2)?,
                    deleted_here: row.integer(3)?,
                    logged_in: row.integer(4)?,
                })
            },
        )
        .await?;
    Ok(counts.first().copied().unwrap_or_default())
}
