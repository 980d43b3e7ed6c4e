//! The local role of a user of the legacy table.

use crate::{
    Error, Result,
    app::App,
    model::{Permissions, Role, RoleId, UnixMillis},
    store::roles,
};

/// The existing roles, by which the roles of the legacy table are mapped.
pub struct RoleMap(Vec<Role>);

impl RoleMap {
    /// Reads the roles.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn read(app: &App) -> Result<Self> {
        roles::all(&mut app.db.read().await?).await.map(Self)
    }

    /// Creates the map from roles that were already read.
    pub(super) fn new(roles: Vec<Role>) -> Self {
        Self(roles)
    }

    /// Returns the roles of a new database.
    pub(super) fn initial() -> Result<Self> {
        let role = |name: &str| -> Result<Role> {
            Ok(Role {
                id: RoleId(0),
                name: name.to_owned(),
                permissions: Permissions::none(),
                version: 0,
                created_at: UnixMillis(0),
            })
        };
        Ok(Self(vec![role("admin")?, role("user")?]))
    }

    /// Returns the role with exactly this name. Without such a role, returns the role `user`, which has no permissions.
    ///
    /// # Errors
    /// Returns an error if the role `user` is missing.
    pub fn counterpart(&self, legacy: Option<&str>) -> Result<&Role> {
        let named = |name: &str| self.0.iter().find(|role| role.name == name);
        legacy.and_then(named).or_else(|| named("user")).ok_or(Error::Corrupt("the role `user` is missing"))
    }
}
