//! G15, G17: hostile names in the output of the trail: on a terminal, as lines of JSON, and in a spreadsheet.

use doorward::{model::UserId, ops::accounts::disable};
use doorward_test_macros::async_test;
use serde_json::Value;

use crate::support::{Program, Site};

const NAMES: [&str; 8] = [
    "e\u{1b}[2J\r\nfake line",
    "\u{202e}txt.exe\u{2066}",
    "a\u{2028}b\u{2029}c\u{85}d\u{9b}31m",
    "=HYPERLINK(\"http://x\",\"y\")",
    "+1,2",
    "@SUM(A1)",
    "-1\tx",
    "\u{200b}\u{feff}plain",
];

/// A site with a disabled account for each name.
async fn site() -> Site {
    let site = Site::new().await;
    for (number, name) in NAMES.into_iter().enumerate() {
        let id = site.create(&format!("user{number}"), "user").await;
        site.database.set_shown_name(id, name).await;
        disable::disable_as_operator(&site.app, UserId(id)).await.unwrap().unwrap();
    }
    site
}

/// Asserts that `text` has no character that a terminal or a reader of lines acts on, except these ends of lines.
#[track_caller]
fn assert_inert(text: &str, ends: &[char]) {
    let live = |c: char| doorward::model::is_unseen(c) && !ends.contains(&c);
    assert!(!text.chars().any(live), "{text:?}");
}

// G15
#[async_test]
async fn terminal_output_has_no_control_characters() {
    let site = site().await;
    let program = Program::new(&site.database);
    let ran = program.run(&["audit", "tail"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(ran.stdout.lines().count(), 2 * NAMES.len());
    assert_inert(&ran.stdout, &['\n']);
    assert!(ran.stdout.contains("e\\u{1b}[2J\\u{d}\\u{a}fake line"), "{}", ran.stdout);
}

// G15
#[async_test]
async fn a_line_is_one_complete_event() {
    let site = site().await;
    let program = Program::new(&site.database);
    for arguments in [["audit", "export"].as_slice(), &["audit", "tail", "--json", "-n", "100"]] {
        let ran = program.run(arguments);
        assert_inert(&ran.stdout, &['\n']);
        let events: Vec<Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(events.len(), 2 * NAMES.len());
        let closed = events.iter().filter(|event| event["event"] == "user_archived");
        let mut found: Vec<_> = closed.map(|event| event["subject"]["name"].as_str().unwrap()).collect();
        let mut names = NAMES;
        found.sort_unstable();
        names.sort_unstable();
        assert_eq!(found, names);
    }
}

// G17
#[async_test]
async fn no_spreadsheet_cell_is_a_formula() {
    let site = site().await;
    let ran = Program::new(&site.database).run(&["audit", "export", "--format", "csv"]);
    assert_inert(&ran.stdout, &['\r', '\n']);
    let records: Vec<Vec<String>> = ran.stdout.split_terminator("\r\n").map(cells).collect();
    assert_eq!(records.len(), 1 + 2 * NAMES.len());
    assert_eq!(records[0][..4], ["id", "occurred_at", "event", "outcome"]);
    for record in &records {
        assert_eq!(record.len(), records[0].len(), "{record:?}");
        assert!(!record.iter().any(|cell| cell.trim_start().starts_with(['=', '+', '-', '@', '\t'])), "{record:?}");
    }
    let all = records.concat();
    for shown in
        ["'=HYPERLINK(\"http://x\",\"y\")", "'+1,2", "'@SUM(A1)", "'-1\\u{9}x", "e\\u{1b}[2J\\u{d}\\u{a}fake line"]
    {
        assert!(all.iter().any(|cell| cell == shown), "{shown} is not in {all:?}");
    }
}

/// The cells of a record (RFC 4180 §2).
fn cells(record: &str) -> Vec<String> {
    let (mut cells, mut is_quoted) = (vec![String::new()], false);
    let mut characters = record.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if is_quoted && characters.peek() == Some(&'"') => {
                characters.next();
                cells.last_mut().unwrap().push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => cells.push(String::new()),
            other => cells.last_mut().unwrap().push(other),
        }
    }
    assert!(!is_quoted, "{record}");
    cells
}
