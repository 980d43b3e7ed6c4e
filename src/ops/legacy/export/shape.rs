//! What the users of each program look like: where a format keeps id, name, password and state.
//!
//! The result has the columns `id`, `username`, `password` and, if the format states who may log in, `disabled`. All other
//! fields stay as they are, so an operator may choose them with `--columns`. Invariant: a user whose state is unknown is
//! disabled.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    auth0,
    fields::{Field, UserFields},
    firebase, keycloak,
    problem::{ExportProblem, ReadResult},
    state::{is_one_of, set_state},
};
use crate::config::ImportFormat;

/// The model of Django's own users.
const DJANGO_USER: &str = "auth.user";
/// The maximum number of other models that a message names.
const MODELS: usize = 20;
/// The characters of a model that a message shows.
const MODEL: usize = 60;

/// The reader of one format.
pub(super) struct UserShape<'a> {
    format: ImportFormat,
    /// The model of the users, for Django.
    model: &'a str,
    users: u64,
    other_models: BTreeSet<String>,
}

impl<'a> UserShape<'a> {
    pub(super) fn new(format: ImportFormat, model: Option<&'a str>) -> Self {
        Self { format, model: model.unwrap_or(DJANGO_USER), users: 0, other_models: BTreeSet::new() }
    }

    /// Returns the fields of a JSON object; `None` if it is no user.
    pub(super) fn of_json(&mut self, value: Value, number: u64) -> ReadResult<Option<UserFields>> {
        let mut value = value;
        if self.format == ImportFormat::Django {
            let model = value.get("model").and_then(Value::as_str).unwrap_or_default();
            if !model.eq_ignore_ascii_case(self.model) {
                if self.other_models.len() < MODELS {
                    self.other_models.insert(model.chars().take(MODEL).collect());
                }
                return Ok(None);
            }
        }
        let credential = match self.format {
            ImportFormat::Keycloak => keycloak::take_password(&mut value),
            ImportFormat::Auth0 => auth0::take_password(&mut value),
            _ => None,
        };
        let mut fields = UserFields::of_json(value, number)?;
        if let Some(password) = credential {
            fields.set("password", Field::Text(password));
        }
        self.of_fields(fields).map(Some)
    }

    /// Returns the fields with the names and meanings of the format.
    pub(super) fn of_fields(&mut self, mut fields: UserFields) -> ReadResult<UserFields> {
        self.users += 1;
        match self.format {
            ImportFormat::Csv | ImportFormat::Json => {}
            ImportFormat::Django => django(&mut fields),
            ImportFormat::WordPress => wordpress(&mut fields),
            ImportFormat::Firebase => firebase::rename(&mut fields),
            ImportFormat::Keycloak => keycloak::rename(&mut fields),
            ImportFormat::Auth0 => auth0::rename(&mut fields),
        }
        Ok(fields)
    }

    /// Checks that the file had users.
    pub(super) fn finish(self) -> ReadResult<()> {
        if self.users > 0 {
            return Ok(());
        }
        let others: Vec<_> = self.other_models.into_iter().collect();
        let message = match others.as_slice() {
            [] => "has no users".to_owned(),
            others => format!(
                "has no objects of the model {}; it has {}: name the one of the users with --table",
                self.model,
                others.join(", ")
            ),
        };
        Err(ExportProblem::of_file(message))
    }
}

/// `dumpdata`: `{"model": "auth.user", "pk": 1, "fields": {…}}`.
fn django(fields: &mut UserFields) {
    let inner: Vec<(String, Field)> = fields.iter().cloned().collect();
    let mut named = UserFields::default();
    for (name, value) in inner {
        match name.strip_prefix("fields.") {
            Some(inner) => named.set(inner, value),
            None if name == "pk" => named.set("id", value),
            None => {}
        }
    }
    *fields = named;
    let is_active = fields.take("is_active");
    // A model without the field has no inactive users.
    set_state(fields, is_active.is_none_or(|value| is_one_of(&value, &["true", "1"])));
}

/// A row of `wp_users`. `user_status` is unused by WordPress itself; plugins mark users who may not log in with it. A
/// network also has `spam` and `deleted`.
fn wordpress(fields: &mut UserFields) {
    fields.rename("ID", "id");
    fields.rename("user_login", "username");
    fields.rename("user_pass", "password");
    let states: Vec<Field> = ["user_status", "spam", "deleted"].iter().filter_map(|name| fields.take(name)).collect();
    set_state(fields, states.iter().all(|value| is_one_of(value, &["0"]) || *value == Field::Null));
}
