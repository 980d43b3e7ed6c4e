//! Statements about a stored value without checking it: its format, its strength, and whether it is weaker than today's
//! settings.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use base64::{Engine as _, engine::general_purpose::STANDARD};
use doorward_password::{Password, Salt, Scratch, Settings, StoredHash, StoredValue, first_guess};
use serde_json::Value;

const SALT: Salt = Salt([9; 16]);

fn password(text: &str) -> Password {
    Password::new(text.to_owned())
}

fn identify(value: &str) -> &'static str {
    match StoredValue::identify(value) {
        StoredValue::Empty => "empty",
        StoredValue::Locked => "locked",
        StoredValue::Hash(_) => "hash",
        StoredValue::Unreadable(_) => "unreadable",
        StoredValue::Unrecognized => "plain",
    }
}

#[test]
fn clear_text_is_distinguished_from_hashes_and_locks() {
    for (expected, values) in [
        ("empty", ["", " ", "\t\n"].as_slice()),
        ("locked", &["!", "!!", "*", "*LK*", "!secret", "x", "NP", "LK", "!pbkdf2_sha256$1000$a$b"]),
        (
            "locked",
            &[
                "None", "none", "NULL", "nil", "Disabled", "LOCKED", "unset", "INVALID", "-", "N/A", "X", "nologin",
                "<Locked>",
            ],
        ),
        (
            "plain",
            &[
                "hunter2",
                "correct horse battery staple",
                "password12345",
                "mypassword123",
                "AQuarius",
                "pässwörd",
                "p@ss:word",
                "100%",
                "a",
                "abcdefabcdef",
                "12345678",
                "correcthorsebatterystaplecorrecthorse",
                "Pa$$w0rd",
                "abc$def",
                "Summer2024$",
                "money$money$money",
                "hunter2",
                "Tr0ub4dor&3",
                "alice.longname+tag@mail.example.com",
                "grüne Heide",
                "pa$$word",
                " hunter2",
                "'quoted'",
                "b'ball",
                "123456789012345",
                "md5 is broken",
                "sharpshooter",
                "nonesuch",
            ],
        ),
        (
            "unreadable",
            &[
                "$ecret",
                "018f3c1e-7b1a-7c3d-9e2f-0123456789ab",
                "{secret}",
                "_secret",
                "ZuYF4h0e3GZGg",
                "5f4dcc3b5aa765d61d8327deb882cf9",
                "5f4dcc3b5aa765d61d8327deb882cf99aa",
                "0123456789abcdef",
                "0123456789abcdef0123456789ABCDEF",
                "W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
                "X03MO1qnZdYdgyfeuILPmQ==",
                "XohImNooBHFR0OVvjcYpJ3NgPQ1qq73WKhHvch0VQtg",
                "sha256$salt$abc",
                "bcrypt$x",
                "SHA3$x",
                "unheard_of$salt$5f4dcc3b5aa765d61d83",
                "sha1:salt:W6ph5Mm5Pz8GgiULbPgzG37mj9g",
                "b'$2b$04$hnp7kSXM9F84Zp34qbsL0O71sgO4qtACXVEn.un5MkUV1jgETb4B2'",
                "b'pbkdf2:sha256:1000$cMaSLV3klMryZNw3$489133b2965a2c0f3ac4502030f58795490ece40cfc52dd24571f08b3b567ca1'",
                "b\"{SSHA}s4W6GgrCXa9CwvhkSlo5+2L5qCg3hlDK\"",
                " $2b$04$hnp7kSXM9F84Zp34qbsL0O71sgO4qtACXVEn.un5MkUV1jgETb4B2",
                "\"9cc2ae8a1ba7a93da39b46fc1019c481\"",
                "9cc2ae8a1ba7a93da39b46fc1019c481 ",
                "b'ZuYF4h0e3GZGg'",
                " s2:a1b2c3d4",
                "''",
                "b''",
                "' None'",
                "\"!\"",
                "9cc2ae8a1ba7a93da39b46fc1019c481:xYz",
                "xYz:9cc2ae8a1ba7a93da39b46fc1019c481",
                "sha1-5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8",
                "md5 9cc2ae8a1ba7a93da39b46fc1019c481",
                "sha1-5baa61e4c9b93f3f06",
                "9cc2ae8a1ba7a93da",
                "9cc2ae8a1ba7a93da39b46f",
                "AQAAAAEAACcQAAAAEErU",
                "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19",
                "*2470c0c06dee42fd1618bb99005adca2ec9d1e19",
                "abc\u{0}def",
                "line\nfeed",
                "$2b$04$hnp7kSXM9F84Zp34qbsL0O71sgO4qtACXVEn.un5MkUV1jgETb4B",
                "pbkdf2:sha256:1000$cMaSLV3klMryZNw3",
                "pbkdf2:sha256:1000000000$cMaSLV3klMryZNw3$00",
            ],
        ),
    ] {
        for value in values {
            assert_eq!(identify(value), expected, "{value}");
        }
    }
    assert_eq!(identify(&"x".repeat(300)), "unreadable");
}

/// An attacker who read the legacy table knows these values: none of them may become a password.
#[test]
fn no_complete_or_truncated_hash_is_taken_for_clear_text() {
    let all: Vec<Value> = serde_json::from_str(include_str!("vectors.json")).unwrap();
    for vector in &all {
        let hash = vector["hash"].as_str().unwrap();
        let is_plain = matches!(hash, "plaintext");
        assert_eq!(identify(hash) == "plain", is_plain, "{}: {hash:.80}", vector["id"]);
        if vector["verifies"] == true && hash.len() > 30 {
            let whole = identify(hash);
            let right = STANDARD.decode(vector["password_b64"].as_str().unwrap()).unwrap();
            let right = password(&String::from_utf8(right).unwrap());
            let refused = ["bcrypt-2x", "des-crypt", "firebase-scrypt"].contains(&vector["scheme"].as_str().unwrap());
            assert_eq!(whole, if refused { "unreadable" } else { "hash" }, "{hash}");
            for cut in [hash.len() - 1, hash.len() - 2, hash.len() - 7] {
                // If tag or salt may have any length, the rest is still a valid hash, but the password is lost.
                match StoredValue::identify(&hash[..cut]) {
                    StoredValue::Unreadable(_) => {}
                    StoredValue::Hash(rest) => {
                        assert!(!rest.verify(&right, &mut Scratch::default()), "{}", &hash[..cut])
                    }
                    _ => panic!("{}", &hash[..cut]),
                }
            }
        }
    }
}

#[test]
fn strength_follows_the_cheat_sheet() {
    let argon2 = "c29tZXNhbHRzb21lc2FsdA$A0JymKsLhqHg2t+CN23QEyfVmirnGBKHmw5QmIooNag";
    let bcrypt = "hnp7kSXM9F84Zp34qbsL0O71sgO4qtACXVEn.un5MkUV1jgETb4B2";
    let hex = "0".repeat(64);
    for (expected, text) in [
        ("strong", format!("$argon2id$v=19$m=19456,t=2,p=1${argon2}")),
        ("strong", format!("$argon2id$v=19$m=47104,t=1,p=1${argon2}")),
        ("strong", format!("$argon2id$v=19$m=7168,t=5,p=1${argon2}")),
        ("fair", format!("$argon2id$v=19$m=4096,t=16,p=1${argon2}")),
        ("fair", format!("$argon2i$v=19$m=65536,t=3,p=4${argon2}")),
        ("weak", format!("$argon2id$v=19$m=64,t=1,p=1${argon2}")),
        ("strong", format!("pbkdf2:sha256:600000$salt${hex}")),
        ("fair", format!("pbkdf2:sha256:260000$salt${hex}")),
        ("weak", format!("pbkdf2:sha256:50000$salt${hex}")),
        ("fair", format!("scrypt:32768:8:1$salt${hex}{hex}")),
        ("strong", format!("scrypt:131072:8:1$salt${hex}{hex}")),
        ("strong", format!("$2b$10${bcrypt}")),
        ("fair", format!("$2b$08${bcrypt}")),
        ("weak", format!("$2b$05${bcrypt}")),
        ("weak", "{SSHA}s4W6GgrCXa9CwvhkSlo5+2L5qCg3hlDK".to_owned()),
        ("weak", "9cc2ae8a1ba7a93da39b46fc1019c481".to_owned()),
        ("weak", "$apr1$pOlFxjgW$zdJfDVfKXbc5inFZ3sn92/".to_owned()),
    ] {
        assert_eq!(StoredHash::parse(&text).unwrap().strength().word(), expected, "{text}");
    }
}

/// `hash identify` and `adopt scan` judge a string; `doctor` and `serve` judge the settings that would make it.
#[test]
fn settings_and_their_hashes_have_the_same_strength() {
    let argon2 = |(memory_kib, iterations)| Settings::Argon2id { memory_kib, iterations, parallelism: 1 };
    let mut all: Vec<Settings> =
        [(8, 1), (8, 16), (64, 2), (1024, 3), (7167, 16), (7168, 5), (12_288, 3), (19_456, 1), (19_456, 2)]
            .map(argon2)
            .into();
    all.extend([1, 59_999, 60_000, 599_999, 600_000].map(|iterations| Settings::Pbkdf2Sha256 { iterations }));
    all.extend([4, 6, 7, 9, 10, 12].map(|cost| Settings::Bcrypt { cost }));
    let (mut words, mut seen) = (Vec::new(), std::collections::BTreeSet::new());
    for settings in all {
        let hash = settings.unmatchable(SALT, [7; 32]).unwrap();
        assert_eq!(settings.strength(), hash.strength(), "{settings:?}");
        assert_eq!(settings.cost(), hash.cost(), "{settings:?}");
        words.push((settings.cost(), settings.strength().word()));
        seen.insert(settings.strength().word());
    }
    assert_eq!(words[0], ("m=8 t=1 p=1".to_owned(), "weak"));
    assert_eq!(seen.len(), 3, "{words:?}");
}

const TODAY: [Settings; 3] = [
    Settings::Argon2id { memory_kib: 64, iterations: 2, parallelism: 1 },
    Settings::Pbkdf2Sha256 { iterations: 1000 },
    Settings::Bcrypt { cost: 5 },
];

const LARGE: Settings = Settings::Argon2id { memory_kib: 65_536, iterations: 2, parallelism: 1 };

#[test]
fn a_hash_with_the_current_settings_is_not_weaker() {
    let passwords = ["x".to_owned(), "x".repeat(71), "x".repeat(72), "a\0b".to_owned(), "e\u{301}".repeat(25)];
    for settings in TODAY {
        for text in &passwords {
            let hash = settings.hash(&password(text), SALT, &mut Scratch::default()).unwrap();
            let hash = StoredHash::parse(&hash).unwrap();
            assert!(!hash.is_weaker_than(&settings, &password(text)), "{settings:?} {text:?}");
            assert_eq!(hash.work(), settings.work());
            assert_eq!(hash.memory_kib(), settings.memory_kib());
            for other in TODAY.into_iter().filter(|other| *other != settings) {
                assert!(hash.is_weaker_than(&other, &password(text)), "{settings:?} {other:?}");
            }
        }
    }
}

#[test]
fn a_hash_with_less_cost_or_fewer_bits_is_weaker() {
    let tag = "A0JymKsLhqHg2t+CN23QEyfVmirnGBKHmw5QmIooNag";
    let bcrypt = "hnp7kSXM9F84Zp34qbsL0O71sgO4qtACXVEn.un5MkUV1jgETb4B2";
    let hex = "0".repeat(64);
    for (weaker, today, text) in [
        (false, TODAY[0], format!("$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA${tag}")),
        (false, TODAY[0], format!("$argon2id$v=19$m=128,t=1,p=1$c29tZXNhbHRzb21lc2FsdA${tag}")),
        (true, TODAY[0], format!("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA${tag}")),
        (true, TODAY[0], format!("$argon2id$v=19$m=32,t=9,p=1$c29tZXNhbHRzb21lc2FsdA${tag}")),
        (true, TODAY[0], format!("$argon2id$v=16$m=64,t=2,p=1$c29tZXNhbHRzb21lc2FsdA${tag}")),
        (true, TODAY[0], format!("$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHQ${tag}")),
        (true, TODAY[0], format!("$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHRzb21lc2FsdA${}", "A".repeat(22))),
        (true, TODAY[0], format!("$argon2i$v=19$m=64,t=2,p=1$c29tZXNhbHRzb21lc2FsdA${tag}")),
        // The spelling of another maker, with the same rule.
        (false, TODAY[0], format!("argon2$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHRzb21lc2FsdA${tag}")),
        (false, TODAY[0], format!("{{argon2}}$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHRzb21lc2FsdA${tag}")),
        (true, TODAY[0], format!("argon2$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA${tag}")),
        (true, TODAY[0], format!("argon2$argon2i$v=19$m=64,t=2,p=1$c29tZXNhbHRzb21lc2FsdA${tag}")),
        // Less memory than today's with twice the work; then less work, too little memory, and less than half.
        (false, Settings::default(), format!("$argon2id$v=19$m=15360,t=6,p=1$c29tZXNhbHRzb21lc2FsdA${tag}")),
        (true, Settings::default(), format!("$argon2id$v=19$m=15360,t=5,p=1$c29tZXNhbHRzb21lc2FsdA${tag}")),
        (true, Settings::default(), format!("$argon2id$v=19$m=15359,t=16,p=1$c29tZXNhbHRzb21lc2FsdA${tag}")),
        (true, LARGE, format!("$argon2id$v=19$m=32767,t=16,p=1$c29tZXNhbHRzb21lc2FsdA${tag}")),
        (false, LARGE, format!("$argon2id$v=19$m=32768,t=16,p=1$c29tZXNhbHRzb21lc2FsdA${tag}")),
        (false, TODAY[1], format!("pbkdf2:sha256:1000$0123456789abcdef${hex}")),
        (true, TODAY[1], format!("pbkdf2:sha256:999$0123456789abcdef${hex}")),
        (true, TODAY[1], format!("pbkdf2:sha256:1000$01234567${hex}")),
        (true, TODAY[1], format!("pbkdf2:sha512:1000$0123456789abcdef${hex}{hex}")),
        (false, TODAY[2], format!("$2a$05${bcrypt}")),
        (true, TODAY[2], format!("$2b$04${bcrypt}")),
    ] {
        let hash = StoredHash::parse(&text).unwrap();
        assert_eq!(hash.is_weaker_than(&today, &password("right")), weaker, "{text}");
    }
    // The maker of a plain bcrypt hash truncated these very passwords.
    let plain = StoredHash::parse(&format!("$2b$05${bcrypt}")).unwrap();
    assert!(plain.is_weaker_than(&TODAY[2], &password(&"x".repeat(72))));
    assert!(plain.is_weaker_than(&TODAY[2], &password("a\0b")));
}

#[test]
fn a_hash_for_the_legacy_application_uses_the_bytes_as_received() {
    let mut scratch = Scratch::default();
    let decomposed = password("e\u{301}te\u{301}");
    for settings in TODAY {
        let old = settings.hash_as_received(&decomposed, SALT, &mut scratch).unwrap();
        let local = settings.hash(&decomposed, SALT, &mut scratch).unwrap();
        assert_ne!(old, local, "{settings:?}");
        let old = StoredHash::parse(&old).unwrap();
        assert!(old.verify(&decomposed, &mut scratch) && !old.verify(&password("été"), &mut scratch));
    }
    let long = "x".repeat(80);
    let old = TODAY[2].hash_as_received(&password(&long), SALT, &mut scratch).unwrap();
    assert!(old.starts_with("$2b$05$"));
    let old = StoredHash::parse(&old).unwrap();
    assert!(old.verify(&password(&long), &mut scratch) && old.verify(&password(&long[..72]), &mut scratch));
    assert!(Settings::Bcrypt { cost: 3 }.hash_as_received(&password("x"), SALT, &mut scratch).is_none());
}

#[test]
fn the_first_guess_grows_with_the_work() {
    let guess = |settings: Settings| first_guess(settings.work());
    assert!(guess(Settings::Bcrypt { cost: 12 }) == guess(Settings::Bcrypt { cost: 11 }) * 2);
    assert!(guess(Settings::default()) > guess(TODAY[0]) * 100);
}
