//! The formats of a row that is left behind, and how many are listed.

use serde_json::{Value, json};

use crate::{cli::output::printable, ops::legacy::LeftRow};

/// The number of listed rows of each kind as text, and as JSON.
pub(super) const LISTED: usize = 20;
pub(super) const LISTED_AS_JSON: usize = 1000;

/// Returns the row as a line of text.
pub(super) fn left_line(row: &LeftRow) -> String {
    let name = row.name.as_ref().map_or_else(String::new, |name| format!(" \"{}\"", printable(name)));
    format!("{}{name}: {}", row.legacy_id.0, row.why)
}

/// Returns the row as JSON.
pub(super) fn left_json(row: &LeftRow) -> Value {
    json!({ "id": row.legacy_id.0, "name": row.name, "code": row.why.code(), "reason": row.why.to_string() })
}
