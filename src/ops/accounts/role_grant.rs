//! A role that an administrator gives, with the authority to give it.

use crate::ops::authority::{Can, RolesWrite};

/// A role to be given, with the authority to give it.
#[derive(Debug, Clone)]
pub struct RoleGrant {
    /// The name of the role.
    pub role: String,
    pub authority: Can<RolesWrite>,
}
