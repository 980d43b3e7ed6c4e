//! What a new password must be: long enough, and not the user's own name or the service's.
//!
//! NIST SP 800-63B-4 §3.1.1.2 and ASVS 6.2: length counts in code points, any characters may be used, and there are no
//! rules of composition and no forced change. Invariant: a password is judged whole, as it was typed, and its length is
//! checked before anything else looks at it.

use doorward_password::Password;

use super::Name;

/// Longest password anywhere, in code points.
pub const PASSWORD_CODE_POINTS: usize = 1024;
/// Words that would be guessed first, because they name this service.
const SERVICE_WORDS: [&str; 1] = ["doorward"];

/// The rules in force for a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordPolicy {
    /// Any password of 1 to 1024 code points: what the old applications accepted.
    Accept,
    /// At least so many code points, and not a name.
    Enforce { min_length: usize },
}

/// Why a password is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordProblem {
    #[error("Password must be at least {0} characters long")]
    TooShort(usize),
    #[error("Password must be at most 1024 characters long")]
    TooLong,
    #[error("Password must not be the username or the name of this service")]
    IsName,
}

impl PasswordPolicy {
    /// Judges a new password for the account called `name`.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn check(&self, password: &Password, name: &str) -> Result<(), PasswordProblem> {
        // Four bytes a code point at most: megabytes are not counted through.
        let too_long = password.reveal().len() > PASSWORD_CODE_POINTS * 4;
        if too_long || password.code_points() > PASSWORD_CODE_POINTS {
            return Err(PasswordProblem::TooLong);
        }
        let Self::Enforce { min_length } = *self else {
            return if password.reveal().is_empty() { Err(PasswordProblem::TooShort(1)) } else { Ok(()) };
        };
        if password.code_points() < min_length {
            return Err(PasswordProblem::TooShort(min_length));
        }
        if is_guessed_from(password.reveal(), name) {
            return Err(PasswordProblem::IsName);
        }
        Ok(())
    }

    /// Whether `password` could have been set under any policy; a longer one is wrong without a look.
    #[must_use]
    pub fn could_be_set(password: &Password) -> bool {
        !password.reveal().is_empty() && Self::Accept.check(password, "").is_ok()
    }
}

/// Whether the whole of `password` is `name` or a service word, in any case, with or without up to four digits behind.
/// A password that merely contains one is fine.
fn is_guessed_from(password: &str, name: &str) -> bool {
    let trunk = password.trim_end_matches(|last: char| last.is_ascii_digit());
    let digits = password.len() - trunk.len();
    let candidates = if digits <= 4 { [password, trunk] } else { [password, password] };
    candidates.into_iter().filter_map(|text| Name::new(text).ok()).any(|candidate| {
        Name::new(name).is_ok_and(|name| name.key() == candidate.key())
            || SERVICE_WORDS.iter().any(|word| candidate.key().as_bytes() == word.as_bytes())
    })
}
