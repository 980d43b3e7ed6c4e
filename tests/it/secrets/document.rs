//! The text of the secrets file: invalid secrets, and the life of versions.

use doorward::{
    app::{NotChanged, Purpose, SecretsDocument},
    model::{Rng, SecretKey},
};
use proptest::prelude::*;

fn key() -> SecretKey {
    SecretKey::new(Rng::system().bytes().unwrap())
}

fn problem(text: &str) -> String {
    SecretsDocument::parse(text).unwrap_err()
}

// F8: an empty, short, sample or malformed secret is refused by its name, and its value is never shown.
#[test]
fn an_invalid_secret_is_refused_by_name() {
    let counting: String = (0..32).map(|byte| format!("{byte:02x}")).collect();
    let samples = [
        "",
        "0",
        "changeme",
        &"0".repeat(64),
        &"f".repeat(64),
        &"5a".repeat(32),
        &"deadbeef".repeat(8),
        &"0123456789abcdef".repeat(4),
        &"00112233445566778899aabbccddeeff".repeat(2),
        &counting,
        &key().to_hex()[1..],
        &format!("{}0", key().to_hex()),
        &format!("{}g", &key().to_hex()[1..]),
        &format!("0x{}", &key().to_hex()[2..]),
    ];
    for sample in samples {
        let found = problem(&format!("[throttle]\ncurrent = 1\n1 = \"{sample}\"\n"));
        assert!(found.starts_with("`throttle.1` "), "{sample}: {found}");
        assert!(sample.len() < 2 || !found.contains(sample), "{found}");
    }
    let good = key().to_hex();
    for (text, names) in [
        ("[throttle]\ncurrent = 1\n".to_owned(), "`throttle.current`"),
        (format!("[throttle]\n1 = \"{good}\"\n"), "`throttle.current`"),
        (format!("[throttle]\ncurrent = 2\n1 = \"{good}\"\n"), "`throttle.current`"),
        (format!("[throttle]\ncurrent = 0\n1 = \"{good}\"\n"), "`throttle.current`"),
        (format!("[throttle]\ncurrent = -1\n1 = \"{good}\"\n"), "`throttle.current`"),
        (format!("[throttle]\ncurrent = \"{good}\"\n"), "`throttle.current`"),
        (format!("[adopt]\ncurrent = 1\n1 = \"{good}\"\n2 = \"{}\"\n", key().to_hex()), "[adopt]"),
        ("[pepper]\ncurrent = 1\n1 = \"retired\"\n".to_owned(), "`pepper.current`"),
        (format!("[throttle]\ncurrent = 1\n1 = \"{good}\"\n01 = \"{good}\"\n"), "[throttle]"),
        (format!("[throttle]\ncurrent = 1\n1 = \"{good}\"\n{good} = 1\n"), "[throttle]"),
        (format!("[{good}]\n"), "a section"),
        (format!("throttle = \"{good}\"\n"), "`throttle`"),
        (format!("[throttle]\ncurrent = 1\n1 = {good}\n"), "near line 3"),
        (format!("[throttle]\ncurrent = 1\n1 = \"{good}\"\n[pepper]\ncurrent = 1\n1 = \"{good}\"\n"), "twice"),
        (format!("[throttle]\ncurrent = 1\n1 = \"{good}\"\n2 = \"{}\"\n", good.to_uppercase()), "twice"),
    ] {
        let found = problem(&text);
        assert!(found.contains(names) && !found.contains(&good), "{text}: {found}");
    }
}

#[test]
fn a_retired_version_never_comes_back() {
    let mut document = SecretsDocument::default();
    let throttle = Purpose::Throttle;
    assert_eq!(document.make_current(throttle, 1), Err(NotChanged::NoSuchVersion));
    // The first version is current even if it is meant for later, because one must be.
    assert_eq!(document.rotate(throttle, key(), true), Ok(1));
    let current = |document: &SecretsDocument| document.get(throttle).unwrap().current().unwrap().0;
    assert_eq!(current(&document), 1);
    assert_eq!(document.rotate(throttle, key(), true), Ok(2));
    assert_eq!(current(&document), 1);
    assert_eq!(document.retire(throttle, 1), Err(NotChanged::Current));
    assert_eq!(document.make_current(throttle, 2), Ok(()));
    assert!(document.get(throttle).unwrap().get(1).is_some(), "the older version is still accepted");
    assert_eq!(document.retire(throttle, 1), Ok(()));
    assert!(document.get(throttle).unwrap().get(1).is_none());
    assert_eq!(document.make_current(throttle, 1), Err(NotChanged::Retired));
    assert_eq!(document.make_current(throttle, 0), Err(NotChanged::NeedsOne));
    assert_eq!(document.rotate(throttle, key(), false), Ok(3));
    assert_eq!(document.retire(throttle, 2), Ok(()));
    assert_eq!(document.rotate(throttle, key(), false), Ok(4), "a number is used once");
    document.begin(Purpose::Adopt, key());
    assert_eq!(document.rotate(Purpose::Adopt, key(), false), Err(NotChanged::OneForGood));
    assert_eq!(document.retire(Purpose::Adopt, 1), Err(NotChanged::OneForGood));
    assert_eq!(SecretsDocument::parse(&document.to_text()), Ok(document));
}

#[test]
fn only_the_pepper_can_be_off() {
    let mut document = SecretsDocument::default();
    let pepper = Purpose::Pepper;
    assert_eq!(document.rotate(pepper, key(), true), Ok(1));
    assert_eq!(document.get(pepper).unwrap().current(), None);
    assert_eq!(document.make_current(pepper, 1), Ok(()));
    assert_eq!(document.make_current(pepper, 0), Ok(()));
    assert!(document.get(pepper).unwrap().get(1).is_some());
    assert_eq!(SecretsDocument::parse(&document.to_text()), Ok(document));
}

#[test]
fn debug_output_shows_no_key() {
    let mut document = SecretsDocument::default();
    let secret = key();
    document.begin(Purpose::Throttle, secret.clone());
    assert!(!format!("{document:?} {secret:?}").contains(&secret.to_hex()));
}

proptest! {
    #[test]
    fn no_secrets_file_causes_a_panic_or_is_repeated(text in r#"(\[(throttle|adopt|pepper|x)\]\n)?((current|1|2|x) ?= ?("?[0-9a-f]{0,66}"?|-?[0-9]{1,12})\n){0,4}"#) {
        if let Err(problem) = SecretsDocument::parse(&text) {
            for word in text.split(|c: char| !c.is_ascii_hexdigit()).filter(|word| word.len() > 12) {
                prop_assert!(!problem.contains(word), "{}", problem);
            }
        }
    }

    #[test]
    fn any_text_is_parsed_without_a_panic(text in any::<String>()) {
        drop(SecretsDocument::parse(&text));
    }
}
