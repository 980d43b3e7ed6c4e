//! `docs/internals/threats.md`: every row lists the tests that name it, and every test names existing rows.
//!
//! `UPDATE_DOCS=1` regenerates the lists of tests.

use std::collections::{BTreeMap, BTreeSet};

use super::{broken, document, links, names, rows, tests};
use crate::architecture::root;

const FILE: &str = "docs/internals/threats.md";

/// The sections of the list of attacks and faults, and the required rows of each.
const ROWS: [(&str, &[u8]); 9] = [
    ("A", &[1, 2, 4, 5, 9]),
    ("B", &[1, 2, 4, 5, 6, 7, 8, 9, 10, 12, 15]),
    ("C", &[1, 2, 4, 5, 10, 11, 12]),
    ("D", &[1, 2, 3, 4, 6, 8, 9, 10, 12, 13, 15]),
    ("E", &[1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 17, 19, 20, 21, 22]),
    ("F", &[1, 3, 4, 5, 7, 8, 9, 10, 13]),
    ("G", &[1, 2, 4, 5, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 20, 23]),
    ("H", &[1, 2]),
    ("J", &[1, 2, 3, 4, 5, 7, 8, 10, 12, 13, 14, 16, 18, 19, 21, 22, 23]),
];

/// Texts of which a row without a test must contain one: not yet tested, impossible, or measured.
const REASONS: [&str; 3] = ["Not yet", "Does not arise", "Measured: "];

/// The rows that a comment begins with, as in `D2, D8: …`.
fn rows_of(comment: &str) -> Vec<String> {
    let mut rows = Vec::new();
    let said = comment.split(':').next().unwrap_or_default();
    for word in said.replace(" and ", ", ").split(", ") {
        let word: String = word.chars().take_while(char::is_ascii_alphanumeric).collect();
        let is_row = word.starts_with(|first: char| ('A'..='J').contains(&first))
            && word.len() > 1
            && word[1..].bytes().all(|byte| byte.is_ascii_digit());
        if !is_row {
            break;
        }
        rows.push(word);
    }
    rows
}

#[test]
fn every_row_has_its_tests_and_every_test_its_rows() {
    let tests = tests();
    let mut shown: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for test in &tests {
        for row in rows_of(&test.comment) {
            shown.entry(row).or_default().push(test.link());
        }
    }
    let text = document(FILE);
    let table = rows(&text, 4);
    let wanted: BTreeSet<String> =
        ROWS.iter().flat_map(|(section, rows)| rows.iter().map(move |row| format!("{section}{row}"))).collect();
    let listed: BTreeSet<String> = table.keys().map(|row| (*row).to_owned()).collect();
    assert_eq!(listed, wanted);
    let strays: Vec<_> = shown.iter().filter(|(row, _)| !wanted.contains(*row)).collect();
    assert!(strays.is_empty(), "tests name rows that do not exist: {strays:?}");

    let mut updated = String::new();
    for line in text.lines() {
        let row = line.strip_prefix("| ").and_then(|line| line.split(' ').next()).unwrap_or_default();
        match line.rsplit_once(" | ") {
            Some((cells, _)) if wanted.contains(row) => {
                let tests = shown.get(row).map(|tests| tests.join(", ")).unwrap_or_default();
                updated.push_str(format!("{cells} | {tests} |\n").replace("|  |", "| |").as_str());
            }
            _ => updated.push_str(&format!("{line}\n")),
        }
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(root().join(FILE), &updated).unwrap();
    } else {
        assert!(updated == text, "{FILE} does not match the tests: run this test with UPDATE_DOCS=1");
    }
    let bare: Vec<_> = table
        .iter()
        .filter(|(row, cells)| !shown.contains_key(**row) && !REASONS.iter().any(|reason| cells[2].contains(reason)))
        .map(|(row, _)| row)
        .collect();
    assert!(bare.is_empty(), "rows with neither a test nor a reason: {bare:?}");
}

#[test]
fn every_link_of_the_threats_table_resolves() {
    let names = names(&tests());
    let text = document(FILE);
    let broken: Vec<_> = links(&text).into_iter().filter_map(|link| broken(&names, FILE, link)).collect();
    assert!(broken.is_empty(), "{broken:?}");
}

#[test]
fn the_rows_of_a_comment_are_at_its_beginning() {
    for (comment, rows) in [
        ("D2, D8: at once", vec!["D2", "D8"]),
        ("B4 and B5", vec!["B4", "B5"]),
        ("E17", vec!["E17"]),
        ("A look at E17", vec![]),
        ("Also B4", vec![]),
        ("C1: where the trouble is, G2", vec!["C1"]),
    ] {
        assert_eq!(rows_of(comment), rows, "{comment}");
    }
}
