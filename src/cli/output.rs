//! What commands print: the one place that writes to standard output and standard error.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the command line's own output")]

use std::fmt::Display;

use serde_json::Value;

/// A line for the caller.
pub(super) fn line(text: impl Display) {
    println!("{text}");
}

/// A line for whoever looks on, apart from the output.
pub(super) fn error(text: impl Display) {
    eprintln!("{text}");
}

/// JSON for the caller.
pub(super) fn json(value: &Value) {
    println!("{value:#}");
}

/// Rows in columns, each as wide as its widest cell.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(head.get(column).map(|cell| cell.chars().count())).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let print = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> = cells.zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        println!("{}", padded.join("  ").trim_end());
    };
    print(&mut head.iter().copied());
    for row in rows {
        print(&mut row.iter().map(String::as_str));
    }
}

/// Text that came from a user, for a terminal: characters that could move its cursor or hide others are escaped.
pub(super) fn printable(text: &str) -> String {
    text.chars()
        .map(|character| match crate::model::Name::new(&character.to_string()) {
            Err(crate::model::NameProblem::Unseen) => character.escape_unicode().to_string(),
            _ => character.to_string(),
        })
        .collect()
}
