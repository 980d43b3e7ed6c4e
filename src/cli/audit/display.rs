//! The formats of an event: text, JSON and CSV.

use serde_json::Value;

use crate::{
    cli::output::{json_line, printable},
    model::{AuditEvent, Party},
};

/// The columns of [`csv`].
pub(super) const COLUMNS: [&str; 14] = [
    "id",
    "occurred_at",
    "event",
    "outcome",
    "reason",
    "actor_kind",
    "actor_id",
    "actor_name",
    "subject_id",
    "subject_name",
    "address",
    "client",
    "request_id",
    "details",
];
/// A cell with one of these prefixes is a formula in a spreadsheet, with the full-width forms in some
/// (<https://owasp.org/www-community/attacks/CSV_Injection>).
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Returns a line of text.
pub(super) fn line(event: &AuditEvent) -> String {
    let mut line = format!("{} {} {}", event.occurred_at, printable(&event.event), printable(&event.outcome));
    let mut add = |word: &str, text: Option<String>| {
        if let Some(text) = text {
            line.push_str(word);
            line.push_str(&text);
        }
    };
    add(" ", event.reason.as_deref().map(printable));
    add(" by ", Some(actor(event)));
    add(" on ", event.subject.as_ref().map(name_of));
    add(" from ", event.address.as_deref().map(printable));
    add(" request ", event.request_id.as_deref().map(printable));
    add(" ", details(event));
    line
}

/// Returns the actor.
pub(in crate::cli) fn actor(event: &AuditEvent) -> String {
    event.actor.as_ref().map_or_else(|| printable(&event.actor_kind), name_of)
}

/// Returns the name in quotation marks, so that a user's name cannot pose as the operator or as another address.
pub(in crate::cli) fn name_of(party: &Party) -> String {
    format!("\"{}\"", printable(&party.name).replace('"', "\\\""))
}

/// Returns the details as JSON, if present.
pub(in crate::cli) fn details(event: &AuditEvent) -> Option<String> {
    (!event.details.is_empty()).then(|| json_line(&Value::Object(event.details.clone())))
}

/// Returns a CSV record (RFC 4180) without its line ending.
pub(super) fn csv(event: &AuditEvent) -> String {
    let uid = |party: &Option<Party>| party.as_ref().map(|party| party.uid.to_string());
    let name = |party: &Option<Party>| party.as_ref().map(|party| party.name.clone());
    let cells: [Option<String>; COLUMNS.len()] = [
        Some(event.uid.to_string()),
        Some(event.occurred_at.to_string()),
        Some(event.event.clone()),
        Some(event.outcome.clone()),
        event.reason.clone(),
        Some(event.actor_kind.clone()),
        uid(&event.actor),
        name(&event.actor),
        uid(&event.subject),
        name(&event.subject),
        event.address.clone(),
        event.client.clone(),
        event.request_id.clone(),
        details(event),
    ];
    cells.map(|cell| cell_of(&cell.unwrap_or_default())).join(",")
}

fn cell_of(text: &str) -> String {
    let mut text = printable(text);
    if text.trim_start().starts_with(FORMULA) {
        text.insert(0, '\'');
    }
    if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}
