//! Inserts of many users and adoptions in few statements, for the import of a whole table.
//!
//! Invariant: a statement writes all of its rows or none. After a duplicate, the caller inserts the rows one at a time.

use std::{collections::HashMap, sync::LazyLock};

use super::{
    adoptions,
    db::{Conn, Inserted, Param, Tx},
    new_users::{NewUser, unfit},
};
use crate::{
    Error, Result,
    model::{Fingerprint, LegacyId, LegacyKey, UnixMillis, UserId},
};

/// The exact number of rows of one statement.
pub const ROWS: usize = 50;

static USERS: LazyLock<String> = LazyLock::new(|| {
    let rows = vec!["(?, ?, ?, ?, ?, ?)"; ROWS].join(", ");
    format!("INSERT INTO dw_users (id, uid, name, name_key, role_id, created_at) VALUES {rows}")
});
static USERS_WITHOUT_ID: LazyLock<String> = LazyLock::new(|| {
    let rows = vec!["(?, ?, ?, ?, ?, ?)"; ROWS].join(", ");
    format!("INSERT INTO dw_users (uid, name, name_key, role_id, created_at, admin_attributes) VALUES {rows}")
});
static IDS: LazyLock<String> =
    LazyLock::new(|| format!("SELECT uid, id FROM dw_users WHERE uid IN ({})", vec!["?"; ROWS].join(", ")));
static PASSWORDS: LazyLock<String> = LazyLock::new(|| {
    let rows = vec!["(?, 'password', 0, ?, 1, ?)"; ROWS].join(", ");
    format!("INSERT INTO dw_credentials (user_id, kind, slot, secret, version, created_at) VALUES {rows}")
});
static ADOPTIONS: LazyLock<String> = LazyLock::new(|| {
    let rows = vec!["(?, ?, ?, ?, ?)"; ROWS].join(", ");
    format!("INSERT INTO dw_adoptions (legacy_id, user_id, fingerprint, adopted_at, legacy_key) VALUES {rows}")
});

/// A user, the key of the row in the legacy table, and the fingerprint of the row's password.
pub struct AdoptedRow<'a> {
    pub key: &'a LegacyKey,
    pub user: NewUser<'a>,
    pub fingerprint: Fingerprint,
    /// The stored attributes for administrators. Only a user whose key is not a number has them.
    pub admin_attributes: Option<String>,
}

/// Adds [`ROWS`] users with their passwords. Returns their ids in the same order. Returns `None`, and writes nothing, if an
/// id or a name is taken, a user has no password, or only some keys are numbers.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn insert_users(tx: &mut Tx, adopted: &[AdoptedRow<'_>]) -> Result<Option<Vec<UserId>>> {
    let numbers: Vec<UserId> = adopted.iter().filter_map(|row| row.key.number()).map(|id| UserId(id.0)).collect();
    let hashes: Vec<&str> = adopted.iter().filter_map(|row| row.user.password_hash).collect();
    if hashes.len() != adopted.len() || !(numbers.is_empty() || numbers.len() == adopted.len()) {
        return Ok(None);
    }
    let ids = match numbers.is_empty() {
        true => insert_without_id(tx, adopted).await?,
        false => insert_with_id(tx, adopted, numbers).await?,
    };
    let Some(ids) = ids else { return Ok(None) };
    let mut passwords: Vec<Param<'_>> = Vec::with_capacity(ROWS * 3);
    for ((id, hash), row) in ids.iter().zip(hashes).zip(adopted) {
        passwords.extend::<[Param<'_>; 3]>([id.0.into(), hash.into(), row.user.created_at.into()]);
    }
    Ok(all_or_none(tx.insert(&PASSWORDS, &passwords).await?)?.then_some(ids))
}

async fn insert_with_id(tx: &mut Tx, adopted: &[AdoptedRow<'_>], ids: Vec<UserId>) -> Result<Option<Vec<UserId>>> {
    let mut users: Vec<Param<'_>> = Vec::with_capacity(ROWS * 6);
    for (id, row) in ids.iter().zip(adopted) {
        users.push(id.0.into());
        users.extend(row.user.values());
    }
    Ok(all_or_none(tx.insert(&USERS, &users).await?)?.then_some(ids))
}

/// Adds users to whom the database gives ids. The ids are read by `uid`, because the order in which a statement gives them
/// is not defined.
async fn insert_without_id(tx: &mut Tx, adopted: &[AdoptedRow<'_>]) -> Result<Option<Vec<UserId>>> {
    let mut users: Vec<Param<'_>> = Vec::with_capacity(ROWS * 6);
    for row in adopted {
        users.extend(row.user.values());
        users.push(row.admin_attributes.as_deref().into());
    }
    if !all_or_none(tx.insert(&USERS_WITHOUT_ID, &users).await?)? {
        return Ok(None);
    }
    let uids: Vec<Param<'_>> = adopted.iter().map(|row| row.user.uid.as_bytes().into()).collect();
    let found = tx.all(&IDS, &uids, |row| Ok((row.bytes(0, |uid| Ok(uid.to_vec()))?, UserId(row.integer(1)?)))).await?;
    let found: HashMap<Vec<u8>, UserId> = found.into_iter().collect();
    let ids = adopted.iter().map(|row| found.get(row.user.uid.as_bytes()).copied()).collect::<Option<_>>();
    ids.map(Some).ok_or(Error::Corrupt("a new user that cannot be read"))
}

/// Adds the adoptions of the users with these ids. Returns false, and writes nothing, if a row or a user already has an
/// adoption.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn insert_adoptions(tx: &mut Tx, adopted: &[AdoptedRow<'_>], ids: &[UserId]) -> Result<bool> {
    let mut params: Vec<Param<'_>> = Vec::with_capacity(ROWS * 5);
    for (AdoptedRow { key, user, fingerprint, .. }, id) in adopted.iter().zip(ids) {
        let (legacy_id, other) = adoptions::stored_key(key, *id);
        params.extend::<[Param<'_>; 5]>([
            legacy_id.0.into(),
            id.0.into(),
            fingerprint.as_bytes().into(),
            user.created_at.into(),
            other.into(),
        ]);
    }
    all_or_none(tx.insert(&ADOPTIONS, &params).await?)
}

fn all_or_none(inserted: Inserted) -> Result<bool> {
    match inserted {
        Inserted::Row(_) => Ok(true),
        Inserted::Duplicate => Ok(false),
        Inserted::Unfit => Err(unfit()),
    }
}

/// Ensures that all ids up to `number` stay unused by new users: adds and deletes a row with this id. `uid` must be
/// unused.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn skip_numbers(tx: &mut Tx, number: UserId, uid: &[u8], now: UnixMillis) -> Result<()> {
    let params = [number.0.into(), uid.into(), uid.into(), now.into()];
    let inserted = tx
        .insert(
            "INSERT INTO dw_users (id, uid, name, name_key, role_id, created_at) VALUES (?, ?, '', ?, 0, ?)",
            &params,
        )
        .await?;
    match inserted {
        Inserted::Row(_) => tx.execute("DELETE FROM dw_users WHERE id = ?", &[number.0.into()]).await.map(drop),
        // A user has this id, so the next id is higher.
        Inserted::Duplicate => Ok(()),
        Inserted::Unfit => Err(unfit()),
    }
}

/// Returns the name keys of up to `limit` users with ids above `after`, in order.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn name_keys(conn: &mut Conn, after: UserId, limit: u32) -> Result<Vec<(UserId, Vec<u8>)>> {
    conn.all(
        "SELECT id, name_key FROM dw_users WHERE id > ? ORDER BY id LIMIT ?",
        &[after.0.into(), i64::from(limit).into()],
        |row| Ok((UserId(row.integer(0)?), row.bytes(1, |key| Ok(key.to_vec()))?)),
    )
    .await
}

/// Returns the ids of up to `limit` adoptions above `after`, in order, with the keys that are not numbers.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn adopted_ids(conn: &mut Conn, after: LegacyId, limit: u32) -> Result<Vec<(LegacyId, Option<Vec<u8>>)>> {
    conn.all(
        "SELECT legacy_id, legacy_key FROM dw_adoptions WHERE legacy_id > ? ORDER BY legacy_id LIMIT ?",
        &[after.0.into(), i64::from(limit).into()],
        |row| Ok((LegacyId(row.integer(0)?), row.bytes_or_null(1, |key| Ok(key.to_vec()))?)),
    )
    .await
}

/// Returns up to `limit` adopted users with legacy ids above `after`, in order: the fingerprint of the legacy password,
/// and the local hash.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn adopted_hashes(
    conn: &mut Conn,
    after: LegacyId,
    limit: u32,
) -> Result<Vec<(LegacyId, Fingerprint, String)>> {
    conn.all(
        "SELECT a.legacy_id, a.fingerprint, c.secret FROM dw_adoptions a
         JOIN dw_credentials c ON c.user_id = a.user_id AND c.kind = 'password' AND c.slot = 0
         WHERE a.legacy_id > ? ORDER BY a.legacy_id LIMIT ?",
        &[after.0.into(), i64::from(limit).into()],
        |row| Ok((LegacyId(row.integer(0)?), row.bytes(1, Fingerprint::from_stored)?, row.text(2).unwrap_or_default())),
    )
    .await
}
