//! The SQL text of statements for the legacy table, whose identifiers the operator configures.
//!
//! Invariants: a configured name is always a quoted identifier. An equal statement is kept only once in the process.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

/// Returns an identifier in the quotes that both engines accept.
pub(super) fn quoted(identifier: &str) -> String {
    format!("`{}`", identifier.replace('`', "``"))
}

/// Keeps a statement until the process ends, because statements are `&'static str`. An equal statement is kept only
/// once.
pub(super) fn kept(sql: String) -> &'static str {
    static KEPT: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut all = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = all.get(sql.as_str()) {
        return known;
    }
    let new: &'static str = Box::leak(sql.into_boxed_str());
    all.insert(new);
    new
}
