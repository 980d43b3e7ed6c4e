//! A role that an administrator assigns, with the authority for it.

use crate::ops::authority::{Can, RolesWrite};

/// A role that is to be assigned, with the authority for it.
#[derive(Debug, Clone)]
pub struct RoleGrant {
    /// The name of the role.
    pub role: String,
    pub authority: Can<RolesWrite>,
}
