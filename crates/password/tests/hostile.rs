//! Hostile stored strings: each parsed string respects the limits. A string that asks for more, or is malformed, is
//! rejected before any computation.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::{sync::LazyLock, time::Duration};

use doorward_password::{Password, Scratch, StoredHash, Unreadable, first_guess, limits};
use proptest::prelude::*;
use serde_json::Value;

/// One cheap hash of each family, as its maker wrote it.
static SAMPLES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let all: Vec<Value> = serde_json::from_str(include_str!("vectors.json")).unwrap();
    // Its password must differ from all wrong passwords below.
    let verifying = all.iter().filter(|vector| vector["verifies"] == true && vector["password_b64"] != "");
    let hashes = verifying.map(|vector| vector["hash"].as_str().unwrap().to_owned());
    hashes.filter(|hash| StoredHash::parse(hash).is_ok_and(|hash| is_cheap(&hash))).collect()
});

fn is_cheap(hash: &StoredHash) -> bool {
    first_guess(hash.work()) < Duration::from_millis(8)
}

fn password(text: &str) -> Password {
    Password::new(text.to_owned())
}

/// Asserts that a parsed string respects the limits and matches no wrong password.
fn assert_harmless(text: &str) -> Result<(), TestCaseError> {
    if let Ok(hash) = StoredHash::parse(text) {
        prop_assert!(hash.memory_kib() <= limits::MEMORY_KIB, "{text}");
        prop_assert!(first_guess(hash.work()) <= limits::WORK, "{text}");
        if is_cheap(&hash) {
            let mut scratch = Scratch::default();
            for wrong in ["a wrong password", "", "{}", "\0"] {
                prop_assert!(!hash.verify(&password(wrong), &mut scratch), "{wrong:?} matches {text}");
            }
        }
    }
    Ok(())
}

const LIKE_NUMBERS: &str = "0123456789_+-. ";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn a_mutant_of_any_family_is_harmless(
        which in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), "[ -~é\u{0}]", 0..4_usize), 1..4),
    ) {
        let mut signs: Vec<char> = which.get(&SAMPLES).chars().collect();
        for (at, sign, derivation) in edits {
            let (at, sign) = (at.index(signs.len()), sign.chars().next().unwrap());
            match derivation {
                0 => signs[at] = sign,
                1 => signs.insert(at, sign),
                2 if signs.len() > 1 => drop(signs.remove(at)),
                _ => signs.truncate(at.max(1)),
            }
        }
        assert_harmless(&signs.into_iter().collect::<String>())?;
    }

    #[test]
    fn two_joined_families_are_harmless(
        one in any::<prop::sample::Index>(),
        other in any::<prop::sample::Index>(),
        at in 0.0..1.0_f64,
    ) {
        let (one, other) = (one.get(&SAMPLES), other.get(&SAMPLES));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place")]
        let cut = |text: &str| (text.len() as f64 * at) as usize;
        if let (Some(head), Some(tail)) = (one.get(..cut(one)), other.get(cut(other)..)) {
            assert_harmless(&format!("{head}{tail}"))?;
        }
    }

    #[test]
    fn any_number_in_any_place_is_harmless(
        which in any::<prop::sample::Index>(),
        run in any::<prop::sample::Index>(),
        number in "[0-9_+. -]{1,12}",
    ) {
        let sample = which.get(&SAMPLES);
        let is_start = |at: &usize| {
            let digit = |at: usize| sample.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
            digit(*at) && !at.checked_sub(1).is_some_and(digit)
        };
        let starts: Vec<usize> = (0..sample.len()).filter(is_start).collect();
        prop_assume!(!starts.is_empty());
        let start = *run.get(&starts);
        let digits = sample[start..].bytes().take_while(u8::is_ascii_digit).count();
        assert_harmless(&format!("{}{number}{}", &sample[..start], &sample[start + digits..]))?;
    }

    #[test]
    fn any_text_is_harmless(text in any::<String>(), beginning in any::<prop::sample::Index>(), length in 0..12_usize) {
        assert_harmless(&text)?;
        let beginning: String = beginning.get(&SAMPLES).chars().take(length).collect();
        assert_harmless(&format!("{beginning}{text}"))?;
    }
}

/// Returns strings with a place for a number, each with a number that is valid there.
fn numbered() -> Vec<(String, &'static str)> {
    let tag = "A0JymKsLhqHg2t+CN23QEyfVmirnGBKHmw5QmIooNag";
    let (hex, dots) = ("0".repeat(64), ".".repeat(86));
    let padded = format!("{}==", "A".repeat(86));
    let mut all = vec![
        (format!("pbkdf2:sha256:#$salt${hex}"), "1000"),
        (format!("scrypt:#:8:1$salt${hex}{hex}"), "1024"),
        (format!("scrypt:1024:#:1$salt${hex}{hex}"), "8"),
        (format!("scrypt:1024:8:#$salt${hex}{hex}"), "1"),
        ("$bcrypt-sha256$v=2,t=2b,r=#$aIKXMklwhkNygAhw/eIcme$jmcp1xnVFR3azKEBXxxL0Kq/1HZPJ0q".to_owned(), "4"),
        ("$bcrypt-sha256$2b,#$aIKXMklwhkNygAhw/eIcme$jmcp1xnVFR3azKEBXxxL0Kq/1HZPJ0q".to_owned(), "4"),
        (format!("$pbkdf2-sha256$#$c2FsdHNhbHQ${}", tag.replace('+', ".")), "1000"),
        (format!("$pbkdf2-sha256$i=#,l=32$c2FsdHNhbHQ${tag}"), "1000"),
        (format!("$pbkdf2-sha256$i=1000,l=#$c2FsdHNhbHQ${tag}"), "32"),
        (format!("$scrypt$ln=#,r=8,p=1$c2FsdHNhbHQ${tag}"), "10"),
        (format!("$scrypt$ln=10,r=#,p=1$c2FsdHNhbHQ${tag}"), "8"),
        (format!("$6$rounds=#$salt${dots}"), "5000"),
        (format!("pbkdf2_sha256$#$salt${tag}="), "1000"),
        (format!("scrypt$#$salt$8$1${padded}"), "1024"),
        (format!("scrypt$1024$salt$8$#${padded}"), "1"),
        (format!("{{PBKDF2-SHA256}}#$c2FsdHNhbHQ${}", tag.replace('+', ".")), "1000"),
        (format!("$fbscrypt$v=1,n=#,r=8,p=1,ss=Bw==,sk={tag}=$c2FsdHNhbHQ=${tag}="), "10"),
        (format!("$fbscrypt$v=1,n=10,r=#,p=1,ss=Bw==,sk={tag}=$c2FsdHNhbHQ=${tag}="), "8"),
    ];
    for number in [("m=#,t=1,p=1", "64"), ("m=64,t=#,p=1", "1"), ("m=64,t=1,p=#", "1")] {
        all.push((format!("$argon2id$v=19${}$c29tZXNhbHRzb21lc2FsdA${tag}", number.0), number.1));
    }
    all
}

#[test]
fn a_number_has_one_spelling() {
    for (template, right) in numbered() {
        let with = |number: &str| StoredHash::parse(&template.replace('#', number)).map(|hash| hash.scheme());
        assert!(with(right).is_ok(), "{template}: {:?}", with(right));
        for sloppy in [
            String::new(),
            format!("0{right}"),
            format!("+{right}"),
            format!("-{right}"),
            format!(" {right}"),
            format!("{right} "),
            format!("{right}\n"),
            format!("{right}.0"),
            format!("{right}_0"),
            format!("{right}e0"),
            "１".to_owned(),
            "0x10".to_owned(),
        ] {
            assert!(with(&sloppy).is_err(), "{template} with {sloppy:?}");
        }
        for absurd in ["0", "999999999", "4294967295", "4294967296", "99999999999999999999999"] {
            assert!(with(absurd).is_err(), "{template} with {absurd}");
        }
    }
    assert!(!numbered().iter().any(|(template, _)| template.chars().all(|sign| LIKE_NUMBERS.contains(sign))));
}

#[test]
fn an_excessive_cost_is_refused() {
    let argon2 = "c29tZXNhbHRzb21lc2FsdA$A0JymKsLhqHg2t+CN23QEyfVmirnGBKHmw5QmIooNag";
    let bcrypt = "hnp7kSXM9F84Zp34qbsL0O71sgO4qtACXVEn.un5MkUV1jgETb4B2";
    let (hex, dots) = ("0".repeat(64), ".".repeat(86));
    let (key, padded) = ("A0JymKsLhqHg2t+CN23QEyfVmirnGBKHmw5QmIooNag=", format!("{}==", "A".repeat(86)));
    for (most, one_more) in [
        (format!("$argon2id$v=19$m=262144,t=1,p=1${argon2}"), format!("$argon2id$v=19$m=262145,t=1,p=1${argon2}")),
        (format!("$argon2id$v=19$m=64,t=16,p=1${argon2}"), format!("$argon2id$v=19$m=64,t=17,p=1${argon2}")),
        (format!("$argon2id$v=19$m=1024,t=1,p=16${argon2}"), format!("$argon2id$v=19$m=1024,t=1,p=17${argon2}")),
        (format!("pbkdf2:sha256:10000000$salt${hex}"), format!("pbkdf2:sha256:10000001$salt${hex}")),
        (format!("scrypt:262144:8:1$salt${hex}{hex}"), format!("scrypt:524288:8:1$salt${hex}{hex}")),
        (format!("scrypt:1024:8:16$salt${hex}{hex}"), format!("scrypt:1024:8:17$salt${hex}{hex}")),
        // scrypt's smaller memory and its PBKDF2 time both depend on r × p.
        (format!("scrypt:2:65536:1$salt${hex}{hex}"), format!("scrypt:2:65537:1$salt${hex}{hex}")),
        (format!("scrypt:2:4096:16$salt${hex}{hex}"), format!("scrypt:2:4097:16$salt${hex}{hex}")),
        (format!("scrypt:2:65536:1$salt${hex}{hex}"), format!("scrypt:2:1048576:6$salt${hex}{hex}")),
        (format!("$scrypt$ln=1,r=65536,p=1${argon2}"), format!("$scrypt$ln=1,r=1048576,p=6${argon2}")),
        (format!("$7$/..E../....salt${}", &dots[..43]), format!("$7$/..F../....salt${}", &dots[..43])),
        (format!("scrypt$2$salt$65536$1${padded}"), format!("scrypt$2$salt$65537$1${padded}")),
        (
            format!("$fbscrypt$v=1,n=1,r=65536,p=1,ss=Bw==,sk={key}$c2FsdHNhbHQ=${key}"),
            format!("$fbscrypt$v=1,n=1,r=65537,p=1,ss=Bw==,sk={key}$c2FsdHNhbHQ=${key}"),
        ),
        (format!("$2b$15${bcrypt}"), format!("$2b$16${bcrypt}")),
        (format!("$2b$04${bcrypt}"), format!("$2b$03${bcrypt}")),
        (format!("$6$rounds=2000000$salt${dots}"), format!("$6$rounds=2000001$salt${dots}")),
        (format!("$6$rounds=1000$salt${dots}"), format!("$6$rounds=999$salt${dots}")),
        ("$P$ISi2CkLpmkkAonyrsIm138UVmn7fvz0".to_owned(), "$P$JSi2CkLpmkkAonyrsIm138UVmn7fvz0".to_owned()),
        // Each parameter is within its ceiling, but the product exceeds the time limit.
        (format!("scrypt:262144:8:6$salt${hex}{hex}"), format!("scrypt:262144:8:16$salt${hex}{hex}")),
        (format!("pbkdf2:sha512:4000000$salt${hex}{hex}"), format!("pbkdf2:sha512:10000000$salt${hex}{hex}")),
        ("$y$jD5$abcd$".to_owned() + &dots[..43], "$y$jJT$abcd$".to_owned() + &dots[..43]),
    ] {
        assert!(StoredHash::parse(&most).is_ok(), "{most}: {:?}", StoredHash::parse(&most).err());
        assert_eq!(StoredHash::parse(&one_more).err(), Some(Unreadable::Cost), "{one_more}");
    }
}

#[test]
fn strings_that_prove_nothing_are_refused() {
    for text in [
        "{noop}correct horse battery staple",
        "{CLEARTEXT}correct horse battery staple",
        "plain$$correct horse battery staple",
        "$2x$04$hnp7kSXM9F84Zp34qbsL0OSRs4GOk/DapRLyfNitkSG1m4ZXcMpC.",
        "{CRYPT}$2x$04$hnp7kSXM9F84Zp34qbsL0OSRs4GOk/DapRLyfNitkSG1m4ZXcMpC.",
        "{CRYPT}ZuYF4h0e3GZGg",
        "{CRYPT}x$1$salt$qJH7.N4xYta3aEG/dfqo/0",
        "ZuYF4h0e3GZGg",
        "_J9..rasmBYk8r9AiWNc",
        "*",
        "!",
        "!$6$salt$tag",
    ] {
        assert_eq!(StoredHash::parse(text).err(), Some(Unreadable::Refused), "{text}");
    }
    for text in [
        "",
        "$",
        "x",
        "plaintext",
        "$2",
        "$argon2",
        "$argon2id$",
        "pbkdf2:",
        "pbkdf2:sha256",
        "{",
        "{}",
        "{\"",
        "$$$$$",
    ] {
        assert!(StoredHash::parse(text).is_err(), "{text}");
    }
}

/// A password that is too long for the rounds is refused without computing it.
#[test]
fn a_long_password_is_refused_if_every_round_reads_it() {
    let dots = ".".repeat(86);
    let hash = StoredHash::parse(&format!("$6$rounds=2000000$salt${dots}")).unwrap();
    // Two million rounds over 100 kB each would take minutes.
    assert_eq!(hash.check(&password(&"x".repeat(100_000)), &mut Scratch::default()), Some(false));
}
