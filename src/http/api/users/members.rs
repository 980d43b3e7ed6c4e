//! The members that the bodies of accounts share, and the confirmation by the current password.

use doorward_password::Password;
use serde_json::{Map, Value};

use super::super::{
    fields::{Field, Kind, optional},
    operation::RequestBody,
    problem::Problem,
    values::Values,
};
use crate::{
    app::App,
    model::AttributesPatch,
    ops::{
        SignedIn,
        auth::reauthenticate::{self, RecentlyAuthenticated},
    },
};

/// To confirm by the current password what else takes a fresh login.
pub const CURRENT_PASSWORD: Field = optional(
    "current_password",
    Kind::Password,
    "The password that the account has now; needed when the login is more than five minutes old.",
    "correct horse battery staple",
);

/// A change of what the application keeps of the user.
pub const ATTRIBUTES: Field = optional(
    "attributes",
    Kind::Object,
    "Members to set in the attributes; null takes one away, and null for the whole takes all. They may have 8192 \
     bytes as compact JSON.",
    r#"{"locale": "en"}"#,
)
.or_null();

pub const ATTRIBUTES_TOO_LARGE: &str = "May have 8192 bytes in all, and 32 levels of objects and lists.";

/// A body that holds nothing but the current password, if that.
pub const CONFIRMATION: RequestBody = RequestBody::optional(&[CURRENT_PASSWORD]);

/// The merge patch that the member `name` holds. Null for the whole takes all members away.
pub fn attributes_patch(body: &mut Values, name: &'static str) -> Result<Option<AttributesPatch>, Problem> {
    let given: Option<Option<Map<String, Value>>> = body.patch(name)?;
    Ok(given.map(|patch| patch.map_or(AttributesPatch::Clear, AttributesPatch::Merge)))
}

/// A fresh login, or the right current password, before `what` is done.
pub async fn confirmed(
    app: &App,
    signed_in: &SignedIn,
    current: Option<Password>,
    what: &str,
) -> Result<RecentlyAuthenticated, Problem> {
    Ok(reauthenticate::recently(app, signed_in, current, what).await??)
}
