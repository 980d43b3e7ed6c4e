//! The account that a request describes.

use doorward_password::Password;

use crate::model::{Name, PasswordPolicy, UserAttributes};

/// The account that a request describes.
pub struct NewAccount<'a> {
    pub name: &'a Name,
    pub password: Password,
    pub policy: PasswordPolicy,
    /// Whether the user must first change the password.
    pub must_change_password: bool,
    pub attributes: UserAttributes,
}

impl<'a> NewAccount<'a> {
    /// Returns an account with only the required members.
    #[must_use]
    pub fn plain(name: &'a Name, password: Password, policy: PasswordPolicy) -> Self {
        Self { name, password, policy, must_change_password: false, attributes: UserAttributes::default() }
    }
}
