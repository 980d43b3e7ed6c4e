//! The formats of a row that is left behind, and how many are listed.

use serde_json::{Value, json};

use crate::{
    model::{LegacyKey, shown_text},
    ops::legacy::LeftRow,
};

/// The number of listed rows of each kind as text, and as JSON.
pub(super) const LISTED: usize = 20;
pub(super) const LISTED_AS_JSON: usize = 1000;

/// Returns the row as a line of text.
pub(super) fn left_line(row: &LeftRow) -> String {
    let name = row.name.as_ref().map_or_else(String::new, |name| format!(" \"{}\"", shown_text(name)));
    let key = match &row.key {
        Ok(key) => key.shown(),
        Err(value) => shown_text(value),
    };
    format!("{key}{name}: {}", row.why)
}

/// Returns the row as JSON.
pub(super) fn left_json(row: &LeftRow) -> Value {
    let id = match &row.key {
        Ok(key) => key_json(key),
        Err(value) => shown_text(value).into(),
    };
    let name = row.name.as_deref().map(shown_text);
    json!({ "id": id, "name": name, "code": row.why.code(), "reason": row.why.to_string() })
}

/// Returns a key as JSON: a number if it is one.
pub(super) fn key_json(key: &LegacyKey) -> Value {
    match key {
        LegacyKey::Number(id) => id.0.into(),
        LegacyKey::Other(_) => key.shown().into(),
    }
}
