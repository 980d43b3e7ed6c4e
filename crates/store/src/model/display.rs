//! How a text of unknown origin is shown, in messages, reports and log lines.
//!
//! Invariant: a shown text has no character that a terminal obeys or that the eye does not see, and its length is bounded.

use super::name::is_unseen;

/// The longest value that is displayed, in characters.
const MAX_DISPLAYED: usize = 40;

/// Returns a text for display: escaped and truncated.
#[must_use]
pub fn shown_text(value: &str) -> String {
    let mut shown = String::new();
    for character in value.chars().take(MAX_DISPLAYED) {
        if is_unseen(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    if value.chars().nth(MAX_DISPLAYED).is_some() {
        shown.push('…');
    }
    shown
}
