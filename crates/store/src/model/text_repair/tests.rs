//! Tests of the repair of names, with names of several scripts.

use proptest::prelude::*;

use super::*;

fn repair(words: &str) -> TextRepair {
    TextRepair::parse(words).unwrap()
}

fn damage(text: &str) -> Option<TextDamage> {
    TextRepair::default().read(text.to_owned()).damage
}

#[test]
fn damaged_names_are_found_and_repaired() {
    for (stored, name, kind) in [
        ("JÃ¼rgen", "Jürgen", TextDamage::Utf8),
        ("JÃƒÂ¼rgen", "Jürgen", TextDamage::Utf8),
        ("J\u{c3}\u{83}\u{c2}\u{bc}rgen", "Jürgen", TextDamage::Utf8),
        ("Ã–sterreich", "Österreich", TextDamage::Utf8),
        ("StraÃŸe", "Straße", TextDamage::Utf8),
        ("Stra\u{c3}\u{9f}e", "Straße", TextDamage::Utf8),
        ("Å\u{81}ukasz", "Łukasz", TextDamage::Utf8),
        ("MÉ™mmÉ™d", "Məmməd", TextDamage::Utf8),
        ("Ð˜Ð²Ð°Ð½", "Иван", TextDamage::Utf8),
        ("Î‘Î½Î½Î±", "Αννα", TextDamage::Utf8),
        ("æ\u{9d}Žå°\u{8f}é¾™", "李小龙", TextDamage::Utf8),
        ("Ann ðŸ˜€", "Ann 😀", TextDamage::Utf8),
        ("Oâ€™Neill", "O’Neill", TextDamage::Utf8),
        ("uÌˆber", "u\u{308}ber", TextDamage::Utf8),
        ("J&uuml;rgen", "Jürgen", TextDamage::Entities),
        ("O&#39;Neill", "O'Neill", TextDamage::Entities),
        ("O&#039;Neill", "O'Neill", TextDamage::Entities),
        ("R&amp;D", "R&D", TextDamage::Entities),
        ("J&amp;uuml;rgen", "Jürgen", TextDamage::Entities),
        ("&#1048;&#1074;&#xe9;", "Ивé", TextDamage::Entities),
        ("O&#146;Neill", "O’Neill", TextDamage::Entities),
        ("J&Atilde;&frac14;rgen", "Jürgen", TextDamage::Entities),
    ] {
        assert_eq!(damage(stored), Some(kind), "{stored}");
        let repaired = repair("utf8,entities").read(stored.to_owned());
        assert_eq!((repaired.text.as_str(), repaired.damage), (name, None), "{stored}");
        assert_eq!(repaired.stored.as_deref(), Some(stored));
        assert_eq!(repair("none").read(stored.to_owned()).text, stored);
    }
}

#[test]
fn names_that_are_right_stay() {
    for name in [
        "Jürgen",
        "JOÃO",
        "SÃO PAULO",
        "Ângela",
        "Âge",
        "Müller & Söhne",
        "AT&T",
        "R&D; Team",
        "&",
        "a&b;c",
        "RENÉ’S",
        "CAFÉ…",
        "É–É",
        "Fuß…",
        "MÜ’S",
        "ÑANDÚ",
        "Łukasz",
        "Иван",
        "Ñ",
        "李小龙",
        "Ann 😀",
        "ɒlex",
        "À»",
        "<b>",
        "Ÿ",
        "Ð",
        "Œuvre",
        "ŠKODA",
        "naïve™",
        "ÀÉÎÕÜ",
        "ÄÖÜ",
        "ÃÃÃ",
        "Ã\u{20}¼",
    ] {
        assert_eq!(damage(name), None, "{name}");
        assert_eq!(repair("utf8,entities").read(name.to_owned()).text, name);
    }
}

#[test]
fn a_name_that_is_damaged_in_part_is_never_changed() {
    for name in ["Jürgen MÃ¼ller", "Иван JÃ¼rgen", "AT&T &uuml;", "<b>&amp;", "JÃ¼rgenÃ", "ANDRÉ’S MÃ¼ller"]
    {
        assert_eq!(damage(name), Some(TextDamage::Inexact), "{name}");
        let kept = repair("utf8,entities").read(name.to_owned());
        assert_eq!((kept.text.as_str(), kept.damage), (name, Some(TextDamage::Inexact)));
    }
    assert_eq!(damage("J\u{fffd}rgen"), Some(TextDamage::Lost));
    assert_eq!(repair("utf8").read("J&uuml;rgen".to_owned()).damage, Some(TextDamage::Entities));
    assert_eq!(repair("utf8").read("J&Atilde;&frac14;rgen".to_owned()).damage, Some(TextDamage::Entities));
    assert_eq!(repair("entities").read("J&Atilde;&frac14;rgen".to_owned()).damage, Some(TextDamage::Utf8));
}

#[test]
fn only_known_repairs_are_accepted() {
    for text in ["utf-8", "utf8,utf8", "none,utf8", "utf8,", ",", "all"] {
        assert_eq!(TextRepair::parse(text), None, "{text}");
    }
    assert_eq!(TextRepair::parse(" "), Some(TextRepair::default()));
    assert_eq!(TextRepair::parse("entities | utf8"), TextRepair::parse("utf8,entities"));
}

/// Names of one script, as people have them.
fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Za-zÀ-ÖØ-öø-ſ' <>&\"-]{1,12}",
        "[А-Яа-яЁё -]{1,12}",
        "[Α-Ωα-ω -]{1,12}",
        "[א-ת ]{1,12}",
        "[一-龥ぁ-ん가-힣]{1,6}",
    ]
}

proptest! {
    #[test]
    fn the_repair_of_damaged_text_gives_the_original(name in names()) {
        let all = repair("utf8,entities");
        prop_assume!(damage(&name).is_none());
        let forms = all.stored_forms(&name);
        for [windows, latin] in [mojibake::misreadings(&name)] {
            for form in [mojibake::misreadings(&windows)[0].clone(), mojibake::misreadings(&latin)[1].clone(), windows, latin] {
                // Unless nothing in it looks damaged, it is repaired, and to nothing else.
                let read = all.read(form.clone());
                prop_assert!(read.text == name || (read.stored.is_none() && read.text == form), "{form:?} {read:?}");
                prop_assert_eq!(forms.contains(&form), read.text == name);
            }
        }
        for form in html_entities::encodings(&name) {
            prop_assert_eq!(&all.read(form.clone()).text, &name);
            prop_assert_eq!(&all.read(form.replace('&', "&amp;")).text, &name);
            prop_assert!(forms.contains(&form));
        }
    }

    #[test]
    fn a_repair_is_stable_and_undamaged_text_is_unchanged(text in "\\PC{0,20}") {
        for words in ["utf8", "entities", "utf8,entities"] {
            let once = repair(words).read(text.clone());
            prop_assert_eq!(&repair(words).read(once.text.clone()).text, &once.text);
            if damage(&text).is_none() {
                prop_assert_eq!(&once.text, &text);
            }
        }
        let kept = repair("none").read(text.clone());
        prop_assert_eq!((kept.text, kept.stored, kept.damage), (text, None, None));
    }
}
