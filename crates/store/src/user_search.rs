//! Searches in the table `dw_users`: accounts by prefix of the name, role and state, in the order of their keys.
//!
//! Invariant: each combination of filters has an index that returns its rows in order. The cost of a page depends
//! neither on the number of users nor on its position. The hints, which are comments to SQLite, make MySQL read that
//! index as a range. Without them, MySQL uses only the equality conditions and reads all rows before the page.

use super::{
    db::{Conn, Param, Row},
    users,
};
use crate::{
    Result,
    model::{Attributes, RoleId, User, UserAttributes},
};

/// The filters and the range of a search.
pub struct UserSearch<'a> {
    /// The first key of the range.
    pub from: &'a [u8],
    /// The end of the range, exclusive.
    pub until: &'a [u8],
    pub role: Option<RoleId>,
    pub is_disabled: Option<bool>,
    pub limit: u32,
}

/// A user, with the key that determines the order.
pub struct Placed {
    pub user: User,
    pub name_key: Vec<u8>,
    pub attributes: UserAttributes,
}

/// Returns the users that match `search`, in the order of their keys.
///
/// # Errors
/// Returns an error if the database fails.
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

/// Returns the range of the keys that start with `prefix`: its start, and its exclusive end.
#[must_use]
pub fn bounds_of(prefix: &str) -> (Vec<u8>, Vec<u8>) {
    // No byte of UTF-8 is 0xff (RFC 3629 §3), so this end sorts after all keys with the prefix.
    (prefix.as_bytes().to_vec(), [prefix.as_bytes(), &[0xff]].concat())
}

/// Returns the first key after `key`, with which the next page starts.
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
