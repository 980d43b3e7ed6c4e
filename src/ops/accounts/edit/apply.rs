//! Writes an authorised edit, and returns the account after it.

use super::{changes::Changes, refused::EditRefused};
use crate::{
    Error, Result,
    app::App,
    model::{Attributes, AttributesPatch, Role, TooLarge, UserAttributes},
    ops::steps::{Steps, Stop},
    store::{
        Tx,
        accounts::Account,
        adoptions,
        user_edits::{self, Edited, UserEdit},
    },
};

/// An authorised edit.
pub(super) struct Edit<'a> {
    pub changes: &'a Changes,
    pub is_name_reserved: bool,
    /// The role of the account after the edit.
    pub role: Role,
    /// The administrators' attributes after the edit.
    pub admin: Attributes,
}

/// Writes the edit. The caller records it.
pub(super) async fn apply(
    app: &App,
    tx: &mut Tx,
    account: Account,
    Edit { changes, is_name_reserved, role, admin }: Edit<'_>,
) -> Steps<Account, EditRefused> {
    if changes.is_empty() {
        return Ok(account);
    }
    if changes.name.is_some() && app.legacy.is_some() {
        return Err(Stop::refused(EditRefused::NameLinked));
    }
    if is_name_reserved {
        return Err(Stop::refused(EditRefused::NameReserved));
    }
    let Account { mut user, attributes, .. } = account;
    let own = patched(&attributes.own, changes.attributes.as_ref())
        .map_err(|TooLarge| Stop::refused(EditRefused::AttributesTooLarge))?;
    let attributes = UserAttributes { own, admin };
    let edited = Edited {
        name: changes.name.as_ref(),
        role_id: role.id,
        password_change_required_at: match changes.must_change_password {
            None => user.password_change_required_at,
            Some(must_change) => must_change.then(|| user.password_change_required_at.unwrap_or(app.clock.now())),
        },
        attributes: &attributes,
    };
    match user_edits::edit(tx, user.id, user.version, &edited).await? {
        UserEdit::Done => {}
        UserEdit::NameTaken => return Err(Stop::refused(EditRefused::NameTaken)),
        UserEdit::Outdated => return Err(conflict().into()),
    }
    if changes.name.is_some() {
        // If the sync is configured again, the row no longer belongs to an adopted user with another local name.
        adoptions::password_is_from_here(tx, user.id, None, app.clock.now()).await?;
    }
    user.password_change_required_at = edited.password_change_required_at;
    user.role_id = role.id;
    user.version += 1;
    if let Some(name) = &changes.name {
        name.as_typed().clone_into(&mut user.name);
    }
    Ok(Account { user, role, attributes })
}

/// Writes the role alone.
pub(super) async fn set_role(tx: &mut Tx, account: &Account, role: &Role) -> Result<()> {
    let Account { user, attributes, .. } = account;
    let edited = Edited {
        name: None,
        role_id: role.id,
        password_change_required_at: user.password_change_required_at,
        attributes,
    };
    match user_edits::edit(tx, user.id, user.version, &edited).await? {
        UserEdit::Done => Ok(()),
        UserEdit::NameTaken | UserEdit::Outdated => Err(conflict()),
    }
}

/// Merges a patch into attributes.
pub(super) fn patched(
    attributes: &Attributes,
    patch: Option<&AttributesPatch>,
) -> std::result::Result<Attributes, TooLarge> {
    match patch {
        Some(patch) => attributes.clone().patched(patch),
        None => Ok(attributes.clone()),
    }
}

/// Returns the error for an account that another request changed between the read and the statement. The transaction
/// then runs again.
fn conflict() -> Error {
    Error::Conflict("the account changed at the same moment".to_owned())
}
