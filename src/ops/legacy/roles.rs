//! The local role of a user of the legacy table.

use crate::{
    Error, Result,
    app::App,
    model::{Permissions, Role, RoleId, RoleValues, UnixMillis, shown_text},
    store::roles,
};

/// The existing roles, by which the roles of the legacy table are mapped.
pub struct RoleMap {
    roles: Vec<Role>,
    /// The operator's roles for the values of the role column.
    values: RoleValues,
}

impl RoleMap {
    /// Reads the roles.
    ///
    /// # Errors
    /// Returns [`Error::Config`] if the operator names a role that does not exist, and another error if the database
    /// fails.
    pub async fn read(app: &App) -> Result<Self> {
        let values = app.legacy.as_ref().map(|legacy| legacy.role_values().clone()).unwrap_or_default();
        Self::new(roles::all(&mut app.db.read().await?).await?, values)
    }

    /// Creates the map from roles that were already read.
    pub(super) fn new(roles: Vec<Role>, values: RoleValues) -> Result<Self> {
        if let Some(missing) = values.roles().find(|wanted| !roles.iter().any(|role| role.name == *wanted)) {
            let missing = shown_text(missing);
            return Err(Error::Config(format!("`adopt.columns`: Doorward has no role {missing}, which `role` names")));
        }
        Ok(Self { roles, values })
    }

    /// Returns the roles of a new database.
    pub(super) fn initial(values: RoleValues) -> Result<Self> {
        let role = |name: &str| Role {
            id: RoleId(0),
            name: name.to_owned(),
            permissions: Permissions::none(),
            version: 0,
            created_at: UnixMillis(0),
        };
        Self::new(vec![role("admin"), role("user")], values)
    }

    /// Returns whether a value has a role of its own.
    #[must_use]
    pub fn knows(&self, legacy: Option<&str>) -> bool {
        legacy.is_some_and(|value| {
            self.values.role_for(value).is_some() || self.roles.iter().any(|role| role.name == value)
        })
    }

    /// Returns the role that the operator chose for the value, or the role with exactly this name. Without such a role, returns the role `user`, which has no permissions.
    ///
    /// # Errors
    /// Returns an error if the role `user` is missing.
    pub fn counterpart(&self, legacy: Option<&str>) -> Result<&Role> {
        let named = |name: &str| self.roles.iter().find(|role| role.name == name);
        legacy
            .and_then(|value| named(self.values.role_for(value).unwrap_or(value)))
            .or_else(|| named("user"))
            .ok_or(Error::Corrupt("the role `user` is missing"))
    }
}
