//! The refusals of account creation.

use crate::{
    model::PasswordProblem,
    ops::{
        idempotency::replay::ReplayRefused,
        outcome::{Denied, Limited},
    },
};

/// The reason why an account is not created, for any caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewAccountRefused {
    NameTaken,
    /// The name is reserved, or looks like that of an administrator.
    NameReserved,
    /// The legacy table, to which sign-ups are written back, cannot store the name.
    NameUnfit,
    PasswordRejected(PasswordProblem),
    Limited(Limited),
}

/// The reason why a sign-up is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignUpRefused {
    /// Sign-ups are disabled.
    Disabled,
    Account(NewAccountRefused),
}

/// The reason why a sign-up that may be repeated is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepeatableSignUpRefused {
    SignUp(SignUpRefused),
    Replay(ReplayRefused),
}

/// The reason why an administrator cannot create an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreateUserRefused {
    Account(NewAccountRefused),
    NoSuchRole,
    Replay(ReplayRefused),
    Denied(Denied),
}

/// The reason why the operator cannot create an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperatorCreateRefused {
    Account(NewAccountRefused),
    NoSuchRole,
}

impl From<Denied> for CreateUserRefused {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}
