//! Accounts: the user, the role and the attributes, read in one statement for operations and responses.
//!
//! Invariant: an account whose role is missing is an error.

use super::db::{Conn, Row};
use crate::{
    Error, Result,
    model::{Attributes, Permissions, Role, RoleId, Uid, User, UserAttributes, UserId},
    roles, users,
};

/// A user with the role and the attributes.
#[derive(Debug, Clone)]
pub struct Account {
    pub user: User,
    pub role: Role,
    pub attributes: UserAttributes,
}

/// The key of an account: the id of the legacy contracts, or the identifier of `/api/v1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountKey {
    Id(UserId),
    Uid(Uid),
}

impl From<UserId> for AccountKey {
    fn from(id: UserId) -> Self {
        Self::Id(id)
    }
}

impl From<Uid> for AccountKey {
    fn from(uid: Uid) -> Self {
        Self::Uid(uid)
    }
}

/// Finds an account.
///
/// # Errors
/// Returns [`Error::Corrupt`] if the user's role is missing, and another error if the database fails.
pub async fn find(conn: &mut Conn, key: AccountKey) -> Result<Option<Account>> {
    match key {
        AccountKey::Id(id) => {
            let sql = "SELECT u.id, u.uid, u.name, u.role_id, u.created_at, u.last_login_at, u.disabled_at,
                    u.password_change_required_at, u.version, u.attributes, u.admin_attributes,
                    r.name, r.permissions, r.version, r.created_at
                FROM dw_users u LEFT JOIN dw_roles r ON r.id = u.role_id WHERE u.id = ?";
            conn.optional(sql, &[id.0.into()], account).await
        }
        AccountKey::Uid(uid) => {
            let sql = "SELECT u.id, u.uid, u.name, u.role_id, u.created_at, u.last_login_at, u.disabled_at,
                    u.password_change_required_at, u.version, u.attributes, u.admin_attributes,
                    r.name, r.permissions, r.version, r.created_at
                FROM dw_users u LEFT JOIN dw_roles r ON r.id = u.role_id WHERE u.uid = ?";
            conn.optional(sql, &[uid.as_bytes().into()], account).await
        }
    }
}

/// Returns the id of an account. A key that is an id is returned without a check.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn id_of(conn: &mut Conn, key: AccountKey) -> Result<Option<UserId>> {
    match key {
        AccountKey::Id(id) => Ok(Some(id)),
        AccountKey::Uid(uid) => {
            let sql = "SELECT id FROM dw_users WHERE uid = ?";
            conn.optional(sql, &[uid.as_bytes().into()], |row| Ok(UserId(row.integer(0)?))).await
        }
    }
}

fn account(row: &Row<'_>) -> Result<Account> {
    let user = users::user(row)?;
    // All columns of a missing role are null.
    if row.integer_or_null(13)?.is_none() {
        return Err(Error::Corrupt("a user whose role is missing"));
    }
    let role = Role {
        id: RoleId(row.integer(3)?),
        name: row.bytes(11, roles::name)?,
        permissions: Permissions::from_stored(row.text(12)?)?,
        version: row.integer(13)?,
        created_at: row.instant(14)?,
    };
    let attributes = UserAttributes {
        own: Attributes::from_stored(row.text_or_null(9)?.as_deref())?,
        admin: Attributes::from_stored(row.text_or_null(10)?.as_deref())?,
    };
    Ok(Account { user, role, attributes })
}
