//! The name and the password in the body of a login or a sign-up.

use doorward_password::Password;

use super::{body::LegacyBody, error::LegacyError};

/// Takes both values. Returns `missing` if one of them is missing, null or empty.
///
/// # Errors
/// 400.
pub fn credentials(mut body: LegacyBody, missing: &LegacyError) -> Result<(String, Password), LegacyError> {
    match (body.text("username")?, body.text("password")?) {
        (Some(name), Some(password)) => Ok((name, Password::new(password))),
        _ => Err(missing.clone()),
    }
}
