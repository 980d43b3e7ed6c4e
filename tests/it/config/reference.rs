//! `docs/configuration.md` agrees with the code. `UPDATE_DOCS=1` regenerates the part between the markers.

use std::{collections::BTreeSet, fs};

use doorward::config::{KEYS, reference, variable};

use super::from_file;
use crate::architecture::root;

const BEGIN: &str = "<!-- keys -->\n";
const END: &str = "<!-- /keys -->";

#[test]
fn the_document_of_configuration_has_the_reference() {
    let path = root().join("docs/configuration.md");
    let mut text = fs::read_to_string(&path).unwrap();
    let from = text.find(BEGIN).unwrap() + BEGIN.len();
    let to = text.find(END).unwrap();
    if std::env::var_os("UPDATE_DOCS").is_some_and(|wish| wish == "1") {
        text.replace_range(from..to, &reference());
        fs::write(&path, text).unwrap();
        return;
    }
    assert_eq!(&text[from..to], reference(), "run the tests with UPDATE_DOCS=1");
}

#[test]
fn the_document_of_configuration_has_a_valid_example() {
    let text = fs::read_to_string(root().join("docs/configuration.md")).unwrap();
    let example = text.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let config = from_file(example).unwrap();
    assert_eq!(config.server.public_url.unwrap().origin, "https://accounts.example.com");
    // Every variable in the text exists.
    for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
        if word.starts_with("DOORWARD_") && !matches!(word, "DOORWARD_" | "DOORWARD_CONFIG" | "DOORWARD_SECTION__KEY") {
            let name = word.strip_suffix("_FILE").unwrap_or(word);
            assert!(KEYS.iter().any(|key| variable(key.path) == name), "{word} sets no key");
        }
    }
}

#[test]
fn the_keys_are_few_and_each_has_its_own_variable() {
    // The design's limit (§2, configuration).
    assert!(KEYS.len() < 70);
    let variables: BTreeSet<_> = KEYS.iter().map(|key| variable(key.path)).collect();
    assert_eq!(variables.len(), KEYS.len());
    assert!(variables.contains("DOORWARD_SERVER__LISTEN"));
    for key in &KEYS {
        assert!(key.meaning.ends_with('.') && !key.meaning.contains('|'), "{}", key.path);
    }
}
