//! `docs/audit.md` lists the events and reasons of the code. `UPDATE_DOCS=1` regenerates the part between the markers.

use std::{collections::BTreeSet, fs};

use doorward::model::{Event, Reason};

use crate::architecture::root;

const BEGIN: &str = "<!-- words -->\n";
const END: &str = "<!-- /words -->";

fn words() -> String {
    let mut text = "\n### Events\n\n| event | when it is written |\n| --- | --- |\n".to_owned();
    for (word, sentence) in Event::ALL.map(Event::describe) {
        text.push_str(&format!("| `{word}` | {sentence} |\n"));
    }
    text.push_str("\n### Reasons\n\n| reason | the rule |\n| --- | --- |\n");
    for (word, sentence) in Reason::ALL.map(Reason::describe) {
        text.push_str(&format!("| `{word}` | {sentence} |\n"));
    }
    text
}

#[test]
fn the_document_of_audit_lists_every_event_and_reason() {
    let path = root().join("docs/audit.md");
    let mut text = fs::read_to_string(&path).unwrap();
    let from = text.find(BEGIN).unwrap() + BEGIN.len();
    let to = text.find(END).unwrap();
    if std::env::var_os("UPDATE_DOCS").is_some_and(|wish| wish == "1") {
        text.replace_range(from..to, &words());
        fs::write(&path, text).unwrap();
        return;
    }
    assert_eq!(&text[from..to], words(), "run the tests with UPDATE_DOCS=1");
}

#[test]
fn every_event_and_reason_has_a_unique_word() {
    let events: BTreeSet<_> = Event::ALL.map(Event::word).into();
    let reasons: BTreeSet<_> = Reason::ALL.map(Reason::word).into();
    assert_eq!((events.len(), reasons.len()), (Event::ALL.len(), Reason::ALL.len()));
    for word in events.iter().chain(&reasons) {
        assert!(word.len() <= 64 && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{word}");
    }
}
