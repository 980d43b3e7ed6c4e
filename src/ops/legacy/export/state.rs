//! The column `disabled`, which all formats with a documented state have.

use super::fields::{Field, UserFields};

/// Sets the column `disabled`.
pub(super) fn set_state(fields: &mut UserFields, is_open: bool) {
    fields.set("disabled", Field::Text((!is_open).to_string()));
}

/// Returns whether a value is one of these words.
pub(super) fn is_one_of(value: &Field, words: &[&str]) -> bool {
    let text = match value {
        Field::Integer(number) => number.to_string(),
        Field::Text(text) => text.trim().to_ascii_lowercase(),
        Field::Null | Field::Bytes(_) => return false,
    };
    words.contains(&text.as_str())
}
