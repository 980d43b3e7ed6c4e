//! Refusals of operations as errors of the contracts: the one place that turns them into legacy answers.
//!
//! Where the two contracts have texts of their own for a refusal, the contract passes them.

use axum::http::StatusCode;

use super::error::{LegacyError, NOT_SIGNED_IN};
use crate::ops::{
    accounts::{
        change_password::{ChangePasswordRefused, SetPasswordRefused},
        delete::DeleteUserRefused,
        sign_up::{NewAccountRefused, SignUpRefused},
    },
    auth::log_in::LogInRefused,
    outcome::{Denied, Limited},
};

pub(super) const NOT_ALLOWED: LegacyError =
    LegacyError::new(StatusCode::UNAUTHORIZED, "You don't have permission to perform this action.");
pub(super) const NO_SUCH_USER: LegacyError = LegacyError::new(StatusCode::NOT_FOUND, "User not found.");
const OWN_ACCOUNT: LegacyError = LegacyError::new(StatusCode::CONFLICT, "You can't delete your own user.");
const LAST_ADMINISTRATOR: LegacyError =
    LegacyError::new(StatusCode::CONFLICT, "You can't delete the last administrator.");
const SIGN_UP_DISABLED: LegacyError = LegacyError::new(StatusCode::FORBIDDEN, "Sign-up is disabled");
const NAME_UNFIT: LegacyError =
    LegacyError::new(StatusCode::BAD_REQUEST, "Username is too long, or has characters that cannot be stored");
const NAME_RESERVED: LegacyError = LegacyError::new(StatusCode::BAD_REQUEST, "This username cannot be used");

/// Returns the error of a login; `wrong` is the contract's error for wrong credentials.
pub(super) fn log_in(refused: LogInRefused, wrong: &LegacyError) -> LegacyError {
    match refused {
        LogInRefused::WrongCredentials => wrong.clone(),
        LogInRefused::Limited(limited) => limited.into(),
    }
}

/// Returns the error of a sign-up; `name_taken` is the contract's error for a name that exists.
pub(super) fn sign_up(refused: SignUpRefused, name_taken: &LegacyError) -> LegacyError {
    match refused {
        SignUpRefused::Disabled => SIGN_UP_DISABLED,
        SignUpRefused::Account(NewAccountRefused::NameTaken) => name_taken.clone(),
        SignUpRefused::Account(NewAccountRefused::NameReserved) => NAME_RESERVED,
        SignUpRefused::Account(NewAccountRefused::NameUnfit) => NAME_UNFIT,
        SignUpRefused::Account(NewAccountRefused::PasswordRejected(problem)) => problem.into(),
        SignUpRefused::Account(NewAccountRefused::Limited(limited)) => limited.into(),
    }
}

impl From<Denied> for LegacyError {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Lost => NOT_SIGNED_IN,
            Denied::Exceeded => NOT_ALLOWED,
        }
    }
}

impl From<Limited> for LegacyError {
    fn from(limited: Limited) -> Self {
        match limited {
            Limited::Throttled(after) => Self::throttled(after),
            Limited::Overloaded(after) => Self::overloaded(after),
        }
    }
}

impl From<ChangePasswordRefused> for LegacyError {
    fn from(refused: ChangePasswordRefused) -> Self {
        match refused {
            ChangePasswordRefused::SessionEnded => NOT_SIGNED_IN,
            ChangePasswordRefused::PasswordRejected(problem) => problem.into(),
            ChangePasswordRefused::Limited(limited) => limited.into(),
        }
    }
}

impl From<SetPasswordRefused> for LegacyError {
    fn from(refused: SetPasswordRefused) -> Self {
        match refused {
            SetPasswordRefused::NoSuchUser => NO_SUCH_USER,
            SetPasswordRefused::OwnAccount | SetPasswordRefused::Outdated => NOT_ALLOWED,
            SetPasswordRefused::PasswordRejected(problem) => problem.into(),
            SetPasswordRefused::Limited(limited) => limited.into(),
            SetPasswordRefused::Denied(denied) => denied.into(),
        }
    }
}

impl From<DeleteUserRefused> for LegacyError {
    fn from(refused: DeleteUserRefused) -> Self {
        match refused {
            DeleteUserRefused::NoSuchUser => NO_SUCH_USER,
            DeleteUserRefused::OwnAccount => OWN_ACCOUNT,
            DeleteUserRefused::Outdated => NOT_ALLOWED,
            DeleteUserRefused::LastAdministrator => LAST_ADMINISTRATOR,
            DeleteUserRefused::Denied(denied) => denied.into(),
        }
    }
}
