//! New users: their rows in `dw_users`, and their passwords in `dw_credentials`.
//!
//! Invariant: a user and the user's password are written in the same transaction.

use super::{
    credentials,
    db::{Inserted, Param, Tx},
};
use crate::{
    Error, Result,
    model::{Name, RoleId, Uid, UnixMillis, UserAttributes, UserId},
};

/// A new user.
pub struct NewUser<'a> {
    pub uid: Uid,
    pub name: &'a Name,
    pub role_id: RoleId,
    /// The hash of the password. Without one, the user cannot log in by password.
    pub password_hash: Option<&'a str>,
    pub created_at: UnixMillis,
}

impl NewUser<'_> {
    /// Returns the values of `uid, name, name_key, role_id, created_at`.
    pub(super) fn values(&self) -> [Param<'_>; 5] {
        [
            self.uid.as_bytes().into(),
            self.name.as_typed().into(),
            self.name.key().as_bytes().into(),
            self.role_id.0.into(),
            self.created_at.into(),
        ]
    }
}

/// Adds a user. Returns `None` if the name is taken.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn insert(tx: &mut Tx, new: &NewUser<'_>) -> Result<Option<UserId>> {
    let sql = "INSERT INTO dw_users (uid, name, name_key, role_id, created_at) VALUES (?, ?, ?, ?, ?)";
    match tx.insert(sql, &new.values()).await? {
        Inserted::Row(id) => insert_credentials(tx, UserId(id), new).await.map(Some),
        Inserted::Duplicate => Ok(None),
        Inserted::Unfit => Err(unfit()),
    }
}

/// Adds a user with an id from another table. Returns false if the id, the name or the uid is taken.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn insert_numbered(tx: &mut Tx, id: UserId, new: &NewUser<'_>) -> Result<bool> {
    let [uid, name, name_key, role_id, created_at] = new.values();
    let sql = "INSERT INTO dw_users (id, uid, name, name_key, role_id, created_at) VALUES (?, ?, ?, ?, ?, ?)";
    match tx.insert(sql, &[id.0.into(), uid, name, name_key, role_id, created_at]).await? {
        Inserted::Row(_) => insert_credentials(tx, id, new).await.map(|_| true),
        Inserted::Duplicate => Ok(false),
        Inserted::Unfit => Err(unfit()),
    }
}

async fn insert_credentials(tx: &mut Tx, id: UserId, new: &NewUser<'_>) -> Result<UserId> {
    if let Some(password_hash) = new.password_hash {
        credentials::insert_password(tx, id, password_hash, new.created_at).await?;
    }
    Ok(id)
}

pub(super) fn unfit() -> Error {
    Error::Corrupt("a user who does not fit the row")
}

/// Completes a user who was added in the same transaction.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn complete(
    tx: &mut Tx,
    id: UserId,
    password_change_required_at: Option<UnixMillis>,
    attributes: &UserAttributes,
) -> Result<()> {
    let (own, admin) = (attributes.own.stored(), attributes.admin.stored());
    let sql = "UPDATE dw_users SET password_change_required_at = ?, attributes = ?, admin_attributes = ? WHERE id = ?";
    let params = [password_change_required_at.into(), own.as_deref().into(), admin.as_deref().into(), id.0.into()];
    tx.execute(sql, &params).await.map(drop)
}

/// Removes a user who was added in the same transaction, or who never logged in.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn delete(tx: &mut Tx, id: UserId) -> Result<bool> {
    let is_deleted = tx.execute("DELETE FROM dw_users WHERE id = ?", &[id.0.into()]).await? == 1;
    credentials::delete_all_of(tx, id).await?;
    Ok(is_deleted)
}
