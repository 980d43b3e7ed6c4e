//! The members that the bodies of accounts share, and the confirmation by the current password.

use super::super::{member_types::CurrentPassword, problem::Problem, request_body::request_body};
use crate::{
    app::App,
    ops::{
        SignedIn,
        auth::reauthenticate::{self, RecentlyAuthenticated},
    },
};

request_body! {
    /// The body of operations that require a recent login or the current password.
    pub struct Confirmation: optional {
        /// The current password; required if the login is more than five minutes old.
        #[example = "correct horse battery staple"]
        pub current_password: Option<CurrentPassword>,
    }
}

/// Requires a recent login or the current password for `what`.
pub async fn confirmed(
    app: &App,
    signed_in: &SignedIn,
    current: Option<CurrentPassword>,
    what: &str,
) -> Result<RecentlyAuthenticated, Problem> {
    let current = current.map(|CurrentPassword(password)| password);
    Ok(reauthenticate::recently(app, signed_in, current, what).await??)
}
