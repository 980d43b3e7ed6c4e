//! The fields of one user: names and values, in the order of the file.

use serde_json::Value;

use super::problem::{ExportProblem, ReadResult};
use crate::model::shown_text;
pub(super) use crate::store::staging::StagedValue as Field;

/// The levels of nested objects whose members become fields, as in `app_metadata.plan`.
const DEPTH: usize = 4;

/// The fields of one user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserFields(Vec<(String, Field)>);

impl UserFields {
    /// Returns names and values.
    pub(super) fn as_slice(&self) -> &[(String, Field)] {
        &self.0
    }

    /// Returns about the size of the fields in memory.
    pub(super) fn bytes(&self) -> usize {
        let size = |value: &Field| match value {
            Field::Null | Field::Integer(_) => 8,
            Field::Text(text) => text.len(),
            Field::Bytes(bytes) => bytes.len(),
        };
        self.0.iter().map(|(name, value)| name.len() + size(value)).sum()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &(String, Field)> {
        self.0.iter()
    }

    /// Returns the value of a field; `None` if it is missing. Names are compared without case, as columns are.
    pub(super) fn get(&self, name: &str) -> Option<&Field> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Returns the text of a field, if it has one that is not empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(Field::Text(text)) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// Sets a field, in place of an earlier one of that name.
    pub(super) fn set(&mut self, name: &str, value: Field) {
        self.0.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.0.push((name.to_owned(), value));
    }

    /// Adds a field that must be new.
    pub(super) fn add(&mut self, name: &str, value: Field) -> bool {
        let is_new = self.get(name).is_none();
        self.0.push((name.to_owned(), value));
        is_new
    }

    /// Removes a field and returns its value.
    pub(super) fn take(&mut self, name: &str) -> Option<Field> {
        let index = self.0.iter().position(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(self.0.remove(index).1)
    }

    /// Gives a field another name, if it exists.
    pub(super) fn rename(&mut self, from: &str, to: &str) {
        if let Some(value) = self.take(from) {
            self.set(to, value);
        }
    }

    /// Returns the fields of a JSON object. Members of inner objects have dots in their names; arrays are kept as JSON.
    pub(super) fn of_json(object: Value, number: u64) -> ReadResult<Self> {
        let mut fields = Self::default();
        let Value::Object(members) = object else {
            return Err(ExportProblem::in_user(number, "is not a JSON object"));
        };
        fields.add_members("", members, DEPTH, number)?;
        Ok(fields)
    }

    fn add_members(
        &mut self,
        prefix: &str,
        members: serde_json::Map<String, Value>,
        depth: usize,
        number: u64,
    ) -> ReadResult<()> {
        for (name, value) in members {
            let name = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
            let field = match value {
                Value::Object(inner) if depth > 0 => {
                    self.add_members(&name, inner, depth - 1, number)?;
                    continue;
                }
                Value::Null => Field::Null,
                Value::Bool(value) => Field::Text(value.to_string()),
                Value::Number(value) => value.as_i64().map_or_else(|| Field::Text(value.to_string()), Field::Integer),
                Value::String(text) => Field::Text(text),
                other @ (Value::Object(_) | Value::Array(_)) => Field::Text(other.to_string()),
            };
            if !self.add(&name, field) {
                return Err(ExportProblem::in_user(
                    number,
                    format!("the member \"{}\" occurs twice, in different case", shown_text(&name)),
                ));
            }
        }
        Ok(())
    }
}
