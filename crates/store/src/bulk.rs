//! Many new users and adoptions in few statements, for those who bring a whole table over.
//!
//! Invariant: a statement writes all of its rows or none, so that a duplicate among them can be looked for one by one.

use std::sync::LazyLock;

use super::{
    db::{Conn, Inserted, Param, Tx},
    users::NewUser,
};
use crate::{
    Error, Result,
    model::{Fingerprint, LegacyId, UnixMillis, UserId},
};

/// Rows that one statement writes: exactly so many.
pub const ROWS: usize = 50;

static USERS: LazyLock<String> = LazyLock::new(|| {
    let rows = vec!["(?, ?, ?, ?, ?, ?, 1, ?)"; ROWS].join(", ");
    format!(
        "INSERT INTO dw_users (id, uid, name, name_key, role_id, password_hash, password_version, created_at) VALUES {rows}"
    )
});
static ADOPTIONS: LazyLock<String> = LazyLock::new(|| {
    let rows = vec!["(?, ?, ?, ?)"; ROWS].join(", ");
    format!("INSERT INTO dw_adoptions (legacy_id, user_id, fingerprint, adopted_at) VALUES {rows}")
});

/// A user under a number that was given out elsewhere, and the fingerprint of the password of there.
pub struct AdoptedRow<'a> {
    pub legacy_id: LegacyId,
    pub user: NewUser<'a>,
    pub fingerprint: Fingerprint,
}

/// Adds [`ROWS`] users; false, and nothing is written, when a number or a name is taken.
///
/// # Errors
/// The database's.
pub async fn insert_users(tx: &mut Tx, adopted: &[AdoptedRow<'_>]) -> Result<bool> {
    let mut params: Vec<Param<'_>> = Vec::with_capacity(ROWS * 7);
    for AdoptedRow { legacy_id, user, .. } in adopted {
        params.extend::<[Param<'_>; 7]>([
            legacy_id.0.into(),
            user.uid.as_bytes().into(),
            user.name.as_typed().into(),
            user.name.key().as_bytes().into(),
            user.role_id.0.into(),
            user.password_hash.into(),
            user.created_at.into(),
        ]);
    }
    all_or_none(tx.insert(&USERS, &params).await?)
}

/// Writes their adoptions down; false, and nothing is written, when a row or a user is adopted already.
///
/// # Errors
/// The database's.
pub async fn insert_adoptions(tx: &mut Tx, adopted: &[AdoptedRow<'_>]) -> Result<bool> {
    let mut params: Vec<Param<'_>> = Vec::with_capacity(ROWS * 4);
    for AdoptedRow { legacy_id, user, fingerprint } in adopted {
        params.extend::<[Param<'_>; 4]>([
            legacy_id.0.into(),
            legacy_id.0.into(),
            fingerprint.as_bytes().into(),
            user.created_at.into(),
        ]);
    }
    all_or_none(tx.insert(&ADOPTIONS, &params).await?)
}

fn all_or_none(inserted: Inserted) -> Result<bool> {
    match inserted {
        Inserted::Row(_) => Ok(true),
        Inserted::Duplicate => Ok(false),
        Inserted::Unfit => Err(Error::Corrupt("a user who does not fit the row")),
    }
}

/// Gives out no number up to and with `number` any more: a row of that number comes and goes. `uid` is nobody's.
///
/// # Errors
/// The database's.
pub async fn skip_numbers(tx: &mut Tx, number: UserId, uid: &[u8], now: UnixMillis) -> Result<()> {
    let params = [number.0.into(), uid.into(), uid.into(), now.into()];
    let inserted = tx
        .insert(
            "INSERT INTO dw_users (id, uid, name, name_key, role_id, password_hash, password_version, created_at)
             VALUES (?, ?, '', ?, 0, '', 0, ?)",
            &params,
        )
        .await?;
    match inserted {
        Inserted::Row(_) => tx.execute("DELETE FROM dw_users WHERE id = ?", &[number.0.into()]).await.map(drop),
        // Somebody has this number, so the next one is above it.
        Inserted::Duplicate => Ok(()),
        Inserted::Unfit => Err(Error::Corrupt("a user who does not fit the row")),
    }
}

/// The keys of the names of up to `limit` users with numbers above `after`, in their order.
///
/// # Errors
/// The database's.
pub async fn name_keys(conn: &mut Conn, after: UserId, limit: u32) -> Result<Vec<(UserId, Vec<u8>)>> {
    conn.all(
        "SELECT id, name_key FROM dw_users WHERE id > ? ORDER BY id LIMIT ?",
        &[after.0.into(), i64::from(limit).into()],
        |row| Ok((UserId(row.integer(0)?), row.bytes(1, |key| Ok(key.to_vec()))?)),
    )
    .await
}

/// The numbers of up to `limit` rows that were adopted, above `after`, in their order.
///
/// # Errors
/// The database's.
pub async fn adopted_ids(conn: &mut Conn, after: LegacyId, limit: u32) -> Result<Vec<LegacyId>> {
    conn.all(
        "SELECT legacy_id FROM dw_adoptions WHERE legacy_id > ? ORDER BY legacy_id LIMIT ?",
        &[after.0.into(), i64::from(limit).into()],
        |row| Ok(LegacyId(row.integer(0)?)),
    )
    .await
}

/// Up to `limit` adopted users with numbers of there above `after`: the fingerprint of the password of there, and what is
/// stored here.
///
/// # Errors
/// The database's.
pub async fn adopted_hashes(
    conn: &mut Conn,
    after: LegacyId,
    limit: u32,
) -> Result<Vec<(LegacyId, Fingerprint, String)>> {
    conn.all(
        "SELECT a.legacy_id, a.fingerprint, u.password_hash FROM dw_adoptions a JOIN dw_users u ON u.id = a.user_id
         WHERE a.legacy_id > ? ORDER BY a.legacy_id LIMIT ?",
        &[after.0.into(), i64::from(limit).into()],
        |row| Ok((LegacyId(row.integer(0)?), row.bytes(1, Fingerprint::from_stored)?, row.text(2).unwrap_or_default())),
    )
    .await
}
