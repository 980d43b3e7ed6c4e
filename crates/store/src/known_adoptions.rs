//! Reads of many adoptions with their users, for a run over the whole legacy table.

use std::sync::LazyLock;

use super::{
    adoptions::{Adoption, adoption},
    db::{Conn, Param, Row},
};
use crate::{
    Result,
    model::{LegacyId, LegacyKey, UnixMillis},
};

/// The number of keys of one statement.
const KEYS: usize = 100;

const SELECT: &str = "SELECT a.legacy_id, a.user_id, a.fingerprint, a.password_set_locally_at, a.gone_at, a.legacy_key,
                             u.id, u.name_key, u.disabled_at, u.created_at
                      FROM dw_adoptions a LEFT JOIN dw_users u ON u.id = a.user_id";

static BY_NUMBERS: LazyLock<String> =
    LazyLock::new(|| format!("{SELECT} WHERE a.legacy_id IN ({})", vec!["?"; KEYS].join(", ")));
static BY_KEYS: LazyLock<String> =
    LazyLock::new(|| format!("{SELECT} WHERE a.legacy_key IN ({})", vec!["?"; KEYS].join(", ")));
static BEFORE: LazyLock<String> =
    LazyLock::new(|| format!("{SELECT} WHERE a.legacy_id > ? AND a.adopted_at <= ? ORDER BY a.legacy_id LIMIT ?"));

/// A user who was imported from the legacy table.
#[derive(Debug)]
pub struct AdoptedUser {
    pub name_key: Vec<u8>,
    pub is_disabled: bool,
    /// Whether the adoption disabled the user, because the legacy table did.
    pub is_disabled_by_adoption: bool,
}

/// An adoption with its user; `None` if the user was deleted locally.
pub type KnownAdoption = (Adoption, Option<AdoptedUser>);

fn known(row: &Row<'_>) -> Result<KnownAdoption> {
    if row.integer_or_null(6)?.is_none() {
        return Ok((adoption(row)?, None));
    }
    let (disabled_at, created_at) = (row.integer_or_null(8)?, row.integer(9)?);
    let user = AdoptedUser {
        name_key: row.bytes(7, |key| Ok(key.to_vec()))?,
        is_disabled: disabled_at.is_some(),
        is_disabled_by_adoption: disabled_at == Some(created_at),
    };
    Ok((adoption(row)?, Some(user)))
}

/// Returns the adoptions of the rows with these keys.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn of_keys(conn: &mut Conn, keys: &[LegacyKey]) -> Result<Vec<KnownAdoption>> {
    let mut numbers: Vec<Param<'_>> = Vec::new();
    let mut others: Vec<Param<'_>> = Vec::new();
    for key in keys {
        match key {
            LegacyKey::Number(id) => numbers.push(id.0.into()),
            LegacyKey::Other(key) => others.push(key.as_bytes().into()),
        }
    }
    let mut found = Vec::new();
    for (sql, params) in [(BY_NUMBERS.as_str(), numbers), (BY_KEYS.as_str(), others)] {
        for chunk in params.chunks(KEYS) {
            // A shorter list is filled with its first key.
            let filled = chunk.iter().chain(std::iter::repeat(chunk.first().unwrap_or(&Param::Null)));
            let filled: Vec<Param<'_>> = filled.take(KEYS).copied().collect();
            found.extend(conn.all(sql, &filled, known).await?);
        }
    }
    Ok(found)
}

/// Returns up to `limit` adoptions with ids above `after` that were recorded up to `until`, in the order of their ids.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn recorded_until(
    conn: &mut Conn,
    after: LegacyId,
    until: UnixMillis,
    limit: u32,
) -> Result<Vec<KnownAdoption>> {
    conn.all(&BEFORE, &[after.0.into(), until.into(), i64::from(limit).into()], known).await
}
