//! `/api/v1/users`: accounts, one's own and those of others.

pub mod create;
pub mod list;
pub mod me;
pub mod one;
pub mod password;
pub mod state;

use super::{
    fields::{Field, Kind, optional},
    openapi::RequestBody,
};

/// To confirm by the current password what else takes a fresh login.
pub(super) const CURRENT_PASSWORD: Field = optional(
    "current_password",
    Kind::Password,
    "The password that the account has now; needed when the login is more than five minutes old.",
    "correct horse battery staple",
);

/// A body that holds nothing but the current password, if that.
pub(super) const CONFIRMATION: RequestBody = RequestBody::optional(&[CURRENT_PASSWORD]);
