//! J22 of threats.md: every key with every kind of invalid value.
//!
//! Invariant: each is refused on one line, with the key's name and without the value, and no value causes a panic. The
//! tests use the table of keys, so they include a new key.

use doorward::config::{Config, KEYS, KeyType, variable};
use doorward_test_macros::async_test;

use super::{from_file, from_keys, refusal};
use crate::support::{Database, Program};

const CANARY: &str = "canary4711";

fn in_file(path: &str, value: &str) -> String {
    let (section, name) = path.split_once('.').unwrap();
    format!("[{section}]\n{name} = {value}\n")
}

// J22
#[test]
fn a_value_of_another_kind_is_refused_by_its_key_for_every_key() {
    for key in KEYS {
        let word = format!("\"{CANARY}\"");
        let table = format!("{{ x = \"{CANARY}\" }}");
        let nested = format!("[[\"{CANARY}\"]]");
        let mut wrong = vec![table.as_str(), nested.as_str(), "1979-05-27", "1.5", "-1"];
        match key.kind {
            KeyType::Number | KeyType::Boolean | KeyType::Duration | KeyType::Choice(_) => wrong.push(&word),
            KeyType::Text | KeyType::SecretUrl | KeyType::List => wrong.extend(["true", "17"]),
        }
        if matches!(key.kind, KeyType::Number | KeyType::Duration) {
            wrong.extend(["\"\"", "\"99999999999999999999\"", "\"0x10\"", "\"1e3\"", "\"\u{661}\"", "\" 1\""]);
        }
        for value in wrong {
            let said = refusal(from_file(&in_file(key.path, value)));
            assert!(said.contains(key.path) && !said.contains(CANARY), "{} = {value}: {said}", key.path);
        }
        if matches!(key.kind, KeyType::Number | KeyType::Boolean | KeyType::Duration | KeyType::Choice(_)) {
            for value in [CANARY, "", "-1", "1.5", "99999999999999999999", "\u{0}", "canary4711\nx"] {
                let said = refusal(from_keys(&[(key.path, value)]));
                assert!(said.contains(key.path) || said.contains(&variable(key.path)), "{said}");
                assert!(!said.contains(CANARY), "{said}");
            }
        }
    }
}

// Any file is accepted or refused in one line.
#[test]
fn no_file_makes_the_reader_panic() {
    for key in KEYS {
        for value in
            ["\"\"", "\"\\u0000\"", "\"\\u202e\"", "\"..\"", "[]", "[\"\", \"\u{1f980}\"]", "\"%\"", "\"[::]:0\""]
        {
            if let Err(error) = from_file(&in_file(key.path, value)) {
                assert_eq!(error.to_string().lines().count(), 1, "{}: {error}", key.path);
            }
        }
    }
    let deep = format!("x = {}", "[".repeat(100_000));
    let long = format!("[server]\nlisten = \"{}\"", "1".repeat(1_000_000));
    let many: String = (0..5_000).map(|number| format!("[s{number}]\n")).collect();
    for text in [deep.as_str(), &long, &many, "[server]\r\nlisten = 'x'\r\n[server]", "[\u{0}]"] {
        let outcome: doorward::Result<Config> = from_file(text);
        assert!(outcome.is_ok() || refusal(outcome).len() < 1_000);
    }
}

// J22: the real program, as the server and as a command. A missing file of a secret is refused with the key's name.
#[async_test]
async fn a_missing_secret_file_prevents_the_start() {
    let database = Database::sqlite();
    for key in KEYS.iter().filter(|key| key.kind == KeyType::SecretUrl) {
        let name = format!("{}_FILE", variable(key.path));
        let (missing, folder) = (database.folder().join("canary4711"), database.folder().to_owned());
        for place in [missing, folder] {
            for command in [["serve"].as_slice(), &["config", "check"]] {
                let ran = Program::bare(&database).variable(&name, place.to_str().unwrap()).run(command);
                assert_eq!((ran.code, ran.stderr.lines().count()), (1, 1), "{ran:?}");
                assert!(ran.stderr.contains(&name) || ran.stderr.contains(key.path), "{ran:?}");
            }
        }
    }
}
