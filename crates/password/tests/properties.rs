//! Properties of all strings and passwords: no panic, no wrong match, and each hashed password matches.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use doorward_password::{Password, Salt, Scratch, Settings, StoredHash, Unreadable, nfc};
use proptest::prelude::*;

const ARGON2ID: Settings = Settings::Argon2id { memory_kib: 64, iterations: 1, parallelism: 1 };
const PBKDF2: Settings = Settings::Pbkdf2Sha256 { iterations: 10 };
const BCRYPT: Settings = Settings::Bcrypt { cost: 4 };
const ALL: [Settings; 3] = [ARGON2ID, PBKDF2, BCRYPT];
const SALT: Salt = Salt([7; 16]);

fn hash(settings: Settings, password: &str) -> String {
    settings.hash(&Password::new(password.to_owned()), SALT, &mut Scratch::default()).unwrap()
}

fn is_match(hash: &str, password: &str) -> bool {
    StoredHash::parse(hash).unwrap().verify(&Password::new(password.to_owned()), &mut Scratch::default())
}

#[test]
fn passwords_at_the_limits_are_compared_whole() {
    for settings in ALL {
        for length in [1, 55, 70, 71, 72, 73, 74, 128, 1024] {
            let password = "x".repeat(length);
            let stored = hash(settings, &password);
            assert!(is_match(&stored, &password), "{settings:?} {length}");
            assert!(!is_match(&stored, &format!("{password}x")), "{settings:?} {length}: a longer password matches");
            assert!(!is_match(&stored, &password[1..]), "{settings:?} {length}: a shorter password matches");
            assert!(!is_match(&stored, &format!("{}y", &password[1..])), "{settings:?} {length}: another end matches");
        }
        for (password, other) in [("a\0b", "a\0c"), ("\0", "\0\0"), ("ab\0", "ab"), ("🔑🔑", "🔑🔐")] {
            let stored = hash(settings, password);
            // PBKDF2 is HMAC with the password as key, and HMAC pads a short key with NULs (RFC 2104 §2). So trailing
            // NULs do not count, as in every other implementation.
            let ends_alike = settings == PBKDF2 && password.trim_end_matches('\0') == other.trim_end_matches('\0');
            assert!(is_match(&stored, password), "{settings:?} {password:?}");
            assert_eq!(is_match(&stored, other), ends_alike, "{settings:?} {password:?}");
        }
    }
}

/// B1: bcrypt reads 72 bytes, and Doorward never truncates a password to them.
#[test]
fn bcrypt_truncates_no_password() {
    for (length, prefix) in
        [(71, "$2b$04$"), (72, "$bcrypt-sha256$v=2,t=2b,r=4$"), (73, "$bcrypt-sha256$v=2,t=2b,r=4$")]
    {
        assert!(hash(BCRYPT, &"x".repeat(length)).starts_with(prefix), "{length}");
    }
    assert!(hash(BCRYPT, "a\0b").starts_with("$bcrypt-sha256$"));
    // Counted in bytes: 24 code points of three bytes.
    assert!(hash(BCRYPT, &"鍵".repeat(24)).starts_with("$bcrypt-sha256$"));
    let head = "x".repeat(72);
    let stored = hash(BCRYPT, &format!("{head}one end"));
    assert!(!is_match(&stored, &format!("{head}other end")));
    assert!(!is_match(&stored, &head));
}

/// B4
#[test]
fn unicode_forms_of_a_text_match_and_nothing_else_is_folded() {
    let (composed, decomposed) = ("gr\u{fc}\u{df}e und \u{e9}t\u{e9}", "gru\u{308}\u{df}e und e\u{301}te\u{301}");
    for settings in ALL {
        assert_eq!(hash(settings, composed), hash(settings, decomposed));
        let stored = hash(settings, decomposed);
        assert!(is_match(&stored, composed) && is_match(&stored, decomposed));
        for (one, other) in
            [("\u{fb01}sh", "fish"), ("fish", "fish "), ("fish", " fish"), ("Fish", "fish"), ("ＡＢ", "AB")]
        {
            let stored = hash(settings, one);
            assert!(!is_match(&stored, other), "{settings:?}: {one:?} and {other:?}");
        }
    }
}

/// A2: the decoy of an unknown user is a hash with the same settings, and no password matches it.
#[test]
fn the_decoy_costs_as_much_as_a_hash() {
    for settings in ALL {
        let decoy = settings.unmatchable(SALT, [3; 32]).unwrap();
        for password in ["", "x", "password", &"x".repeat(100)] {
            assert!(!decoy.verify(&Password::new(password.to_owned()), &mut Scratch::default()));
        }
    }
    let beyond = Settings::Bcrypt { cost: 16 };
    assert!(beyond.check().is_err() && beyond.unmatchable(SALT, [3; 32]).err() == Some(Unreadable::Cost));
}

#[test]
fn settings_out_of_bounds_make_no_hash() {
    for settings in [
        Settings::Argon2id { memory_kib: 7, iterations: 1, parallelism: 1 },
        Settings::Argon2id { memory_kib: 31, iterations: 1, parallelism: 4 },
        Settings::Argon2id { memory_kib: 64, iterations: 0, parallelism: 1 },
        Settings::Argon2id { memory_kib: 64, iterations: 1, parallelism: 0 },
        Settings::Argon2id { memory_kib: u32::MAX, iterations: 1, parallelism: u32::MAX },
        Settings::Pbkdf2Sha256 { iterations: 0 },
        Settings::Bcrypt { cost: 3 },
        Settings::Bcrypt { cost: 16 },
    ] {
        assert!(settings.check().is_err(), "{settings:?}");
    }
    for settings in ALL.into_iter().chain([Settings::default()]) {
        settings.check().unwrap();
    }
}

/// A string in better-auth's shape may also come from hand-written code with the default costs of Node's scrypt.
#[test]
fn hashes_of_hand_written_node_code_match() {
    let stored = "00112233445566778899aabbccddeeff:0e140300aa31d15a22a8456242e1074bc71432ca272f38b29232c94d8a4fb7377d01fdcb2928f4cc\
                  c8eac5b29533053b2796d49b3935a25d23ec80331f8186fa";
    assert!(is_match(stored, "hunter2 and more"));
    assert!(!is_match(stored, "hunter2 and mor"));
    assert!(!is_match(&stored.replace("0011", "0012"), "hunter2 and more"));
}

// B15
#[test]
fn debug_shows_no_password() {
    assert_eq!(format!("{:?}", Password::new("canary".to_owned())), "Password(…)");
}

/// A string that looks like a hash: a known prefix, then characters of hashes.
fn hash_like() -> impl Strategy<Value = String> {
    let beginning = prop::sample::select(vec![
        "",
        "$argon2id$v=19$m=64,t=1,p=1$",
        "$argon2id$v=",
        "$argon2i$",
        "$argon2d$m=",
        "$2a$04$",
        "$2b$",
        "$2y$1",
        "$bcrypt-sha256$v=2,t=2b,r=4$",
        "$bcrypt-sha256$",
        "pbkdf2:sha256:1$",
        "pbkdf2:sha256:",
        "pbkdf2:",
    ]);
    (beginning, "[$=,:./+0-9a-zé\u{0}]{0,80}").prop_map(|(beginning, rest)| format!("{beginning}{rest}"))
}

/// A hash of a known password, and the index where its cost ends, so that no mutant needs minutes.
fn sample(which: usize) -> (String, usize) {
    let (settings, password) =
        [(ARGON2ID, "right"), (PBKDF2, "right"), (BCRYPT, "right"), (BCRYPT, "right\0and long")][which];
    let hash = hash(settings, password);
    let from = [0, 0, "$2b$04$".len(), "$bcrypt-sha256$v=2,t=2b,r=4$".len()][which];
    (hash, from)
}

proptest! {
    #[test]
    fn no_string_makes_parsing_panic(text in any::<String>()) {
        drop(StoredHash::parse(&text));
    }

    #[test]
    fn no_string_that_looks_like_a_hash_makes_parsing_panic(text in hash_like()) {
        drop(StoredHash::parse(&text));
    }

    #[test]
    fn a_mutant_never_matches_a_wrong_password(
        which in 0..4_usize,
        at in any::<prop::sample::Index>(),
        sign in "[$=,:./+0-9a-zA-Zé]",
        derivation in 0..3,
    ) {
        let (text, from) = sample(which);
        let mut signs: Vec<char> = text.chars().collect();
        let at = from + at.index(signs.len() - from);
        let sign = sign.chars().next().unwrap();
        match derivation {
            0 => signs[at] = sign,
            1 => signs.insert(at, sign),
            _ => drop(signs.remove(at)),
        }
        let mutant: String = signs.into_iter().collect();
        if let Ok(hash) = StoredHash::parse(&mutant) {
            let mut scratch = Scratch::default();
            for wrong in ["wrong", "", "righ", "right "] {
                prop_assert!(!hash.verify(&Password::new(wrong.to_owned()), &mut scratch), "{mutant}");
            }
        }
    }

    #[test]
    fn a_hashed_password_matches_and_another_does_not(
        password in ".{1,90}",
        other in ".{1,90}",
        which in 0..3_usize,
    ) {
        let stored = hash(ALL[which], &password);
        prop_assert!(is_match(&stored, &password));
        prop_assert!(is_match(&stored, &nfc(&password)));
        prop_assert_eq!(is_match(&stored, &other), nfc(&other) == nfc(&password));
    }

    #[test]
    fn normalising_twice_changes_nothing(text in any::<String>()) {
        let once = nfc(&text).into_owned();
        prop_assert_eq!(nfc(&once), once.as_str());
    }
}
