//! Changes a password: a user's own, or another user's by an administrator or the operator.
//!
//! Invariant: the change ends the user's other sessions in the same transaction (ASVS 7.4.3). A login whose password
//! was tested before the change can no longer open a session.

mod of_other;
mod own;
mod prepare;

pub use self::{
    of_other::{NewPassword, OperatorSetPasswordRefused, SetPasswordRefused, as_operator, of_other},
    own::{ChangeConfirmedRefused, ChangePasswordRefused, PasswordChanged, own, own_confirmed},
};
