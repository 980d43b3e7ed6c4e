//! `firebase auth:export`, as JSON and as CSV without a header. The parameters of the project are not in the file.

use super::{
    fields::{Field, UserFields},
    state::{is_one_of, set_state},
};

/// The columns of the CSV, as the command writes them. The last field of a line is empty.
pub(super) const COLUMNS: [&str; 29] = [
    "localId",
    "email",
    "emailVerified",
    "passwordHash",
    "salt",
    "displayName",
    "photoUrl",
    "google.rawId",
    "google.email",
    "google.displayName",
    "google.photoUrl",
    "facebook.rawId",
    "facebook.email",
    "facebook.displayName",
    "facebook.photoUrl",
    "twitter.rawId",
    "twitter.email",
    "twitter.displayName",
    "twitter.photoUrl",
    "github.rawId",
    "github.email",
    "github.displayName",
    "github.photoUrl",
    "createdAt",
    "lastSignedInAt",
    "phoneNumber",
    "disabled",
    "customAttributes",
    "end",
];

pub(super) fn rename(fields: &mut UserFields) {
    fields.rename("localId", "id");
    fields.rename("passwordHash", "password");
    let name = ["email", "phoneNumber"].iter().find_map(|name| fields.text(name)).map(str::to_owned);
    fields.set("username", name.map_or(Field::Null, Field::Text));
    // The export has the member only if it is set.
    let is_disabled = fields.take("disabled").unwrap_or(Field::Null);
    set_state(fields, is_disabled == Field::Null || is_one_of(&is_disabled, &["false"]));
    fields.take("end");
}
