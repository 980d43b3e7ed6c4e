//! A requested account.

use doorward_password::Password;

use crate::model::{Name, PasswordPolicy, UserAttributes};

/// A requested account.
pub struct NewAccount<'a> {
    pub name: &'a Name,
    pub password: Password,
    pub policy: PasswordPolicy,
    /// Whether the user must change the password before anything else.
    pub must_change_password: bool,
    pub attributes: UserAttributes,
}

impl<'a> NewAccount<'a> {
    /// Returns an account with what every account has.
    #[must_use]
    pub fn plain(name: &'a Name, password: Password, policy: PasswordPolicy) -> Self {
        Self { name, password, policy, must_change_password: false, attributes: UserAttributes::default() }
    }
}
