//! The text of the secrets file: what is refused, and what becomes of versions.

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

// F8: a secret that is empty, short, a sample or malformed is refused, by its name and never by its value.
#[test]
fn what_is_no_secret_is_refused_by_name() {
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
fn versions_come_go_and_never_come_back() {
    let mut document = SecretsDocument::default();
    let throttle = Purpose::Throttle;
    assert_eq!(document.make_current(throttle, 1), Err(NotChanged::NoSuchVersion));
    // The first is current even if it is meant for later: something must be.
    assert_eq!(document.rotate(throttle, key(), true), Ok(1));
    let current = |document: &SecretsDocument| document.get(throttle).unwrap().current().unwrap().0;
    assert_eq!(current(&document), 1);
    assert_eq!(document.rotate(throttle, key(), true), Ok(2));
    assert_eq!(current(&document), 1);
    assert_eq!(document.retire(throttle, 1), Err(NotChanged::Current));
    assert_eq!(document.make_current(throttle, 2), Ok(()));
    assert!(document.get(throttle).unwrap().get(1).is_some(), "the older one is still honoured");
    assert_eq!(document.retire(throttle, 1), Ok(()));
    assert!(document.get(throttle).unwrap().get(1).is_none());
    assert_eq!(document.make_current(throttle, 1), Err(NotChanged::Retired));
    assert_eq!(document.make_current(throttle, 0), Err(NotChanged::NeedsOne));
    assert_eq!(document.rotate(throttle, key(), false), Ok(3));
    assert_eq!(document.retire(throttle, 2), Ok(()));
    assert_eq!(document.rotate(throttle, key(), false), Ok(4), "a number is given once");
    document.begin(Purpose::Adopt, key());
    assert_eq!(document.rotate(Purpose::Adopt, key(), false), Err(NotChanged::OneForGood));
    assert_eq!(document.retire(Purpose::Adopt, 1), Err(NotChanged::OneForGood));
    assert_eq!(SecretsDocument::parse(&document.to_text()), Ok(document));
}

#[test]
fn the_pepper_alone_can_be_off() {
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
fn keys_are_not_shown() {
    let mut document = SecretsDocument::default();
    let secret = key();
    document.begin(Purpose::Throttle, secret.clone());
    assert!(!format!("{document:?} {secret:?}").contains(&secret.to_hex()));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_or_speak(text in r#"(\[(throttle|adopt|pepper|x)\]\n)?((current|1|2|x) ?= ?("?[0-9a-f]{0,66}"?|-?[0-9]{1,12})\n){0,4}"#) {
        if let Err(problem) = SecretsDocument::parse(&text) {
            for word in text.split(|c: char| !c.is_ascii_hexdigit()).filter(|word| word.len() > 12) {
                prop_assert!(!problem.contains(word), "{}", problem);
            }
        }
    }

    #[test]
    fn any_text_at_all(text in any::<String>()) {
        drop(SecretsDocument::parse(&text));
    }
}
