//! Searches in the table `dw_users`: accounts by the beginning of their name, their role and their state, in the order of
//! their keys.
//!
//! Invariant: each combination of filters has an index that gives its rows in order, so a page costs the same however
//! many users there are and wherever it begins. The hints (comments to SQLite) make MySQL take that index as a range:
//! left to itself it prefers the equality alone, and reads everything before the page.

use super::{
    db::{Conn, Param, Row},
    users,
};
use crate::{
    Result,
    model::{Attributes, RoleId, User, UserAttributes},
};

/// Which users.
pub struct UserSearch<'a> {
    /// The least key that is wanted.
    pub from: &'a [u8],
    /// The least one that is no longer wanted.
    pub until: &'a [u8],
    pub role: Option<RoleId>,
    pub is_disabled: Option<bool>,
    pub limit: u32,
}

/// A user, with what their place in the order is told by.
pub struct Placed {
    pub user: User,
    pub name_key: Vec<u8>,
    pub attributes: UserAttributes,
}

/// The users that `search` is for, in the order of their keys.
///
/// # Errors
/// The database's.
pub async fn page(conn: &mut Conn, search: &UserSearch<'_>) -> Result<Vec<Placed>> {
    let (from, until, limit) = (search.from.into(), search.until.into(), i64::from(search.limit).into());
    let role = |role: RoleId| Param::from(role.0);
    let state = |is_disabled: bool| Param::from(i64::from(is_disabled));
    match (search.role, search.is_disabled) {
        (None, None) => {
            conn.all(
                "SELECT id, uid, name, role_id, created_at, last_login_at, disabled_at,
                        password_change_required_at, version, name_key, attributes, admin_attributes
                 FROM dw_users /*! FORCE INDEX (dw_users_name_key) */
                 WHERE name_key >= ? AND name_key < ? ORDER BY name_key LIMIT ?",
                &[from, until, limit],
                placed,
            )
            .await
        }
        (Some(of), None) => {
            conn.all(
                "SELECT id, uid, name, role_id, created_at, last_login_at, disabled_at,
                        password_change_required_at, version, name_key, attributes, admin_attributes
                 FROM dw_users /*! FORCE INDEX (dw_users_role) */
                 WHERE role_id = ? AND name_key >= ? AND name_key < ? ORDER BY name_key LIMIT ?",
                &[role(of), from, until, limit],
                placed,
            )
            .await
        }
        (None, Some(is_disabled)) => {
            conn.all(
                "SELECT id, uid, name, role_id, created_at, last_login_at, disabled_at,
                        password_change_required_at, version, name_key, attributes, admin_attributes
                 FROM dw_users /*! FORCE INDEX (dw_users_state) */
                 WHERE is_disabled = ? AND name_key >= ? AND name_key < ? ORDER BY name_key LIMIT ?",
                &[state(is_disabled), from, until, limit],
                placed,
            )
            .await
        }
        (Some(of), Some(is_disabled)) => {
            conn.all(
                "SELECT id, uid, name, role_id, created_at, last_login_at, disabled_at,
                        password_change_required_at, version, name_key, attributes, admin_attributes
                 FROM dw_users /*! FORCE INDEX (dw_users_role_state) */
                 WHERE role_id = ? AND is_disabled = ? AND name_key >= ? AND name_key < ?
                 ORDER BY name_key LIMIT ?",
                &[role(of), state(is_disabled), from, until, limit],
                placed,
            )
            .await
        }
    }
}

/// The keys that begin with `prefix`: the least, and the least beyond them.
#[must_use]
pub fn bounds_of(prefix: &str) -> (Vec<u8>, Vec<u8>) {
    // No byte of UTF-8 is 0xff (RFC 3629 §3), so this stands behind every key that begins with the prefix.
    (prefix.as_bytes().to_vec(), [prefix.as_bytes(), &[0xff]].concat())
}

/// The least key behind `key`, to go on after it.
#[must_use]
pub fn after(key: &[u8]) -> Vec<u8> {
    [key, &[0]].concat()
}

fn placed(row: &Row<'_>) -> Result<Placed> {
    let attributes = |column| Attributes::from_stored(row.text_or_null(column)?.as_deref());
    Ok(Placed {
        user: users::user(row)?,
        name_key: row.bytes(9, |bytes| Ok(bytes.to_vec()))?,
        attributes: UserAttributes { own: attributes(10)?, admin: attributes(11)? },
    })
}
