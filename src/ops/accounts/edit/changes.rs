//! The changes of an edit.

use crate::{
    model::{AttributesPatch, Name},
    ops::accounts::role_grant::RoleGrant,
};

/// The changes of an edit. A member that is `None` stays as it is.
#[derive(Debug, Default, Clone)]
pub struct Changes {
    pub name: Option<Name>,
    pub role: Option<RoleGrant>,
    pub must_change_password: Option<bool>,
    /// The user's own attributes, and those of the administrators.
    pub attributes: Option<AttributesPatch>,
    pub admin_attributes: Option<AttributesPatch>,
}

impl Changes {
    /// Returns whether the edit contains no changes.
    pub(super) fn is_empty(&self) -> bool {
        let Self { name, role, must_change_password, attributes, admin_attributes } = self;
        name.is_none()
            && role.is_none()
            && must_change_password.is_none()
            && attributes.is_none()
            && admin_attributes.is_none()
    }
}
