//! The output of commands: the only place that writes to standard output and standard error.
//!
//! Invariant: a command whose output could not be written fails, whether the disk is full or the reader has gone. The
//! first error is kept, later output is dropped, and [`finish`] reports it.

use std::{
    fmt::Display,
    io::{Write as _, stderr, stdout},
    sync::OnceLock,
};

use serde_json::Value;

use crate::{Error, Result, model::is_unseen};

/// The first error of standard output.
static FAILED: OnceLock<String> = OnceLock::new();

/// Prints a line.
pub(super) fn line(line: impl Display) {
    text(&format!("{line}\n"));
}

/// Prints text of any length; returns false if this or earlier output could not be written. The caller then stops.
pub(super) fn text(text: &str) -> bool {
    if FAILED.get().is_some() {
        return false;
    }
    let mut stdout = stdout().lock();
    let outcome = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    outcome.map_err(|error| FAILED.get_or_init(|| error.to_string())).is_ok()
}

/// Checks that all output was written.
///
/// # Errors
/// Returns the first error, because an output must not be truncated silently.
pub(super) fn finish() -> Result<()> {
    FAILED.get().map_or(Ok(()), |error| Err(Error::system("standard output could not be written", error)))
}

/// Prints a line to standard error.
pub(super) fn error(text: impl Display) {
    drop(writeln!(stderr(), "{text}"));
}

/// Prints JSON.
pub(super) fn json(value: &Value) {
    line(escaped(&format!("{value:#}")));
}

/// Returns JSON on one line.
pub(super) fn json_line(value: &Value) -> String {
    escaped(&value.to_string())
}

/// Escapes characters that could move a terminal's cursor or hide others. They occur only in strings, so no value
/// changes. Line feeds separate members and stay.
fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        if character != '\n' && is_unseen(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                escaped.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            escaped.push(character);
        }
    }
    escaped
}

/// Prints rows in columns, each as wide as its widest cell.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(head.get(column).map(|cell| cell.chars().count())).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let print = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> = cells.zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        line(padded.join("  ").trim_end());
    };
    print(&mut head.iter().copied());
    for row in rows {
        print(&mut row.iter().map(String::as_str));
    }
}

/// Escapes user-supplied text for a terminal: characters that could move its cursor or hide others.
pub(super) fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for character in text.chars() {
        if is_unseen(character) {
            printable.extend(character.escape_unicode());
        } else {
            printable.push(character);
        }
    }
    printable
}
