//! What changes an account in `dw_users`: edits, disabling, enabling, deletion.
//!
//! `version` counts the changes of an account. Every write here names the version that its writer saw, changes nothing when
//! the account has moved on since, and counts itself.

use super::{
    credentials,
    db::{Tx, Updated},
};
use crate::{
    Result,
    model::{Name, RoleId, UnixMillis, UserAttributes, UserId},
};

/// What an edit leaves an account with.
pub struct Edited<'a> {
    /// Another name; without one the stored key stays as it is, whatever today's folding would make of the name.
    pub name: Option<&'a Name>,
    pub role_id: RoleId,
    pub password_change_required_at: Option<UnixMillis>,
    pub attributes: &'a UserAttributes,
}

/// What an edit came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserEdit {
    Done,
    /// Another user has the name.
    NameTaken,
    /// The account is not of this version any more, or gone.
    Outdated,
}

/// Writes an edit of the account as it was in `version`.
///
/// # Errors
/// The database's.
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

/// Disables the account as it was in `version`, since `now`; false when it is not of that version any more, or gone.
///
/// # Errors
/// The database's.
pub async fn disable(tx: &mut Tx, id: UserId, version: i64, now: UnixMillis) -> Result<bool> {
    let sql = "UPDATE dw_users SET disabled_at = ?, version = version + 1 WHERE id = ? AND version = ?";
    Ok(tx.execute(sql, &[now.into(), id.0.into(), version.into()]).await? == 1)
}

/// Closes an account that an adoption makes in this transaction, since the old table has shut its user out.
///
/// # Errors
/// The database's.
pub async fn disable_adopted(tx: &mut Tx, id: UserId) -> Result<()> {
    let sql = "UPDATE dw_users SET disabled_at = created_at WHERE id = ?";
    tx.execute(sql, &[id.0.into()]).await.map(drop)
}

/// Opens an account that its adoption has closed; false when it was closed or opened here since.
///
/// # Errors
/// The database's.
pub async fn enable_adopted(tx: &mut Tx, id: UserId) -> Result<bool> {
    let sql = "UPDATE dw_users SET disabled_at = NULL, version = version + 1 WHERE id = ? AND disabled_at = created_at";
    Ok(tx.execute(sql, &[id.0.into()]).await? == 1)
}

/// Enables the account as it was in `version`; false when it is not of that version any more, or gone.
///
/// # Errors
/// The database's.
pub async fn enable(tx: &mut Tx, id: UserId, version: i64) -> Result<bool> {
    let sql = "UPDATE dw_users SET disabled_at = NULL, version = version + 1 WHERE id = ? AND version = ?";
    Ok(tx.execute(sql, &[id.0.into(), version.into()]).await? == 1)
}

/// Deletes the account with its credentials. Returns false when it has another version by now, or is gone.
///
/// # Errors
/// The database's.
pub async fn delete(tx: &mut Tx, id: UserId, version: i64) -> Result<bool> {
    let sql = "DELETE FROM dw_users WHERE id = ? AND version = ?";
    let is_deleted = tx.execute(sql, &[id.0.into(), version.into()]).await? == 1;
    if is_deleted {
        credentials::delete_all_of(tx, id).await?;
    }
    Ok(is_deleted)
}
