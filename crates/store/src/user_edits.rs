//! Changes of accounts in `dw_users`: edits, disabling, enabling and deletion.
//!
//! `version` counts the changes of an account. Invariant: a write names the version that its caller read, does nothing
//! for another version, and increases it. Only changes by an adoption name no version.

use super::{
    credentials,
    db::{Tx, Updated},
};
use crate::{
    Result,
    model::{Name, RoleId, UnixMillis, UserAttributes, UserId},
};

/// The values of an account after an edit.
pub struct Edited<'a> {
    /// The new name. `None` keeps the stored name and key, even if the current version folds the name differently.
    pub name: Option<&'a Name>,
    pub role_id: RoleId,
    pub password_change_required_at: Option<UnixMillis>,
    pub attributes: &'a UserAttributes,
}

/// The outcome of an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserEdit {
    Done,
    /// Another user has the name.
    NameTaken,
    /// The account has another version, or is deleted.
    Outdated,
}

/// Edits the account if it still has this version.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn edit(tx: &mut Tx, id: UserId, version: i64, edited: &Edited<'_>) -> Result<UserEdit> {
    let (own, admin) = (edited.attributes.own.stored(), edited.attributes.admin.stored());
    let rest = [
        edited.role_id.0.into(),
        edited.password_change_required_at.into(),
        own.as_deref().into(),
        admin.as_deref().into(),
        id.0.into(),
        version.into(),
    ];
    let outcome = match edited.name {
        Some(name) => {
            let sql = "UPDATE dw_users SET name = ?, name_key = ?, role_id = ?, password_change_required_at = ?,
                           attributes = ?, admin_attributes = ?, version = version + 1
                       WHERE id = ? AND version = ?";
            let name = [name.as_typed().into(), name.key().as_bytes().into()];
            tx.update(sql, &[name.as_slice(), &rest].concat()).await?
        }
        None => {
            let sql = "UPDATE dw_users SET role_id = ?, password_change_required_at = ?, attributes = ?,
                           admin_attributes = ?, version = version + 1
                       WHERE id = ? AND version = ?";
            tx.update(sql, &rest).await?
        }
    };
    Ok(match outcome {
        Updated::Rows(1) => UserEdit::Done,
        Updated::Rows(_) => UserEdit::Outdated,
        Updated::Duplicate => UserEdit::NameTaken,
    })
}

/// Disables the account from `now` on. Returns false if it has another version, or is deleted.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn disable(tx: &mut Tx, id: UserId, version: i64, now: UnixMillis) -> Result<bool> {
    let sql = "UPDATE dw_users SET disabled_at = ?, version = version + 1 WHERE id = ? AND version = ?";
    Ok(tx.execute(sql, &[now.into(), id.0.into(), version.into()]).await? == 1)
}

/// Disables an account that an adoption creates in this transaction, because the legacy table disables its user.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn disable_adopted(tx: &mut Tx, id: UserId) -> Result<()> {
    let sql = "UPDATE dw_users SET disabled_at = created_at WHERE id = ?";
    tx.execute(sql, &[id.0.into()]).await.map(drop)
}

/// Enables an account that its adoption disabled. Returns false if it was disabled or enabled locally since.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn enable_adopted(tx: &mut Tx, id: UserId) -> Result<bool> {
    let sql = "UPDATE dw_users SET disabled_at = NULL, version = version + 1 WHERE id = ? AND disabled_at = created_at";
    Ok(tx.execute(sql, &[id.0.into()]).await? == 1)
}

/// Enables the account. Returns false if it has another version, or is deleted.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn enable(tx: &mut Tx, id: UserId, version: i64) -> Result<bool> {
    let sql = "UPDATE dw_users SET disabled_at = NULL, version = version + 1 WHERE id = ? AND version = ?";
    Ok(tx.execute(sql, &[id.0.into(), version.into()]).await? == 1)
}

/// Deletes the account with its credentials. Returns false if it has another version, or is already deleted.
///
/// # Errors
/// Returns an error if the database fails.
pub async fn delete(tx: &mut Tx, id: UserId, version: i64) -> Result<bool> {
    let sql = "DELETE FROM dw_users WHERE id = ? AND version = ?";
    let is_deleted = tx.execute(sql, &[id.0.into(), version.into()]).await? == 1;
    if is_deleted {
        credentials::delete_all_of(tx, id).await?;
    }
    Ok(is_deleted)
}
