//! Hashes made by other software, against what their makers say of them: `vectors.json`, each hashed and checked with
//! the library that made it. Nobody's real password is in it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use base64::{Engine as _, engine::general_purpose::STANDARD};
use doorward_password::{Password, Scratch, StoredHash, Unreadable, limits};
use serde_json::Value;

struct Vector {
    id: String,
    kind: String,
    password: Password,
    hash: String,
    verifies: bool,
    expect: String,
}

fn vectors() -> Vec<Vector> {
    let all: Vec<Value> = serde_json::from_str(include_str!("vectors.json")).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    all.iter()
        .map(|vector| Vector {
            id: text(&vector["id"]),
            kind: text(&vector["kind"]),
            password: Password::new(
                String::from_utf8(STANDARD.decode(text(&vector["password_b64"])).unwrap()).unwrap(),
            ),
            hash: text(&vector["hash"]),
            verifies: vector["verifies"].as_bool().unwrap(),
            expect: text(&vector["expect"]),
        })
        .collect()
}

/// Where Doorward answers otherwise than the vector's maker, and means to.
fn differs_on_purpose(id: &str) -> bool {
    // d081: the NFD form of a password whose NFC form was hashed. What the same keystrokes give on another system fits.
    // d198: a string without a version is computed as version 0x10 (RFC 9106), and then does not fit.
    matches!(id, "d081" | "d198")
}

#[test]
fn verdicts_agree_with_the_makers() {
    let mut scratch = Scratch::default();
    let vectors = vectors();
    assert!(vectors.len() > 100, "only {} vectors", vectors.len());
    for vector in vectors.iter().filter(|vector| !differs_on_purpose(&vector.id)) {
        let parsed = StoredHash::parse(&vector.hash);
        let refused = parsed.is_err();
        let verifies = parsed.is_ok_and(|hash| hash.verify(&vector.password, &mut scratch));
        match vector.expect.as_str() {
            // Refused before anything is computed: the string does not even parse.
            "refuse-without-computing" | "refuse-as-malformed" => assert!(refused, "{}: parsed", vector.id),
            "refuse-or-false" => assert!(!verifies, "{}: verifies", vector.id),
            "true-or-refuse" => assert!(verifies || refused, "{}: false", vector.id),
            "" => assert_eq!(verifies, vector.verifies, "{} ({})", vector.id, vector.kind),
            other => panic!("{}: an expectation that is not known: {other}", vector.id),
        }
    }
}

#[test]
fn every_scheme_has_vectors_that_verify_and_vectors_that_do_not() {
    let vectors = vectors();
    for prefix in ["$argon2id$", "$argon2i$", "$argon2d$", "pbkdf2:sha256:", "$2a$", "$2b$", "$2y$", "$bcrypt-sha256$"]
    {
        let of_scheme: Vec<_> = vectors.iter().filter(|vector| vector.hash.starts_with(prefix)).collect();
        assert!(of_scheme.iter().any(|vector| vector.verifies), "{prefix}");
    }
    assert!(vectors.iter().filter(|vector| !vector.verifies).count() > 30);
}

#[test]
fn where_the_verdict_differs_it_is_the_documented_one() {
    let verdict = |id: &str| {
        let vectors = vectors();
        let vector = vectors.iter().find(|vector| vector.id == id).unwrap();
        StoredHash::parse(&vector.hash).unwrap().verify(&vector.password, &mut Scratch::default())
    };
    assert!(verdict("d081"));
    assert!(!verdict("d198"));
}

#[test]
fn what_asks_for_too_much_is_refused_for_its_cost() {
    let argon2 = "c29tZXNhbHRzb21lc2FsdA$A0JymKsLhqHg2t+CN23QEyfVmirnGBKHmw5QmIooNag";
    let bcrypt = "hnp7kSXM9F84Zp34qbsL0O71sgO4qtACXVEn.un5MkUV1jgETb4B2";
    let digested = "aIKXMklwhkNygAhw/eIcme$jmcp1xnVFR3azKEBXxxL0Kq/1HZPJ0q";
    let hex = "0".repeat(64);
    for text in [
        format!("$argon2id$v=19$m={},t=1,p=1${argon2}", limits::ARGON2_MEMORY_KIB + 1),
        format!("$argon2id$v=19$m=64,t={},p=1${argon2}", limits::ARGON2_ITERATIONS + 1),
        format!("$argon2id$v=19$m=1024,t=1,p={}${argon2}", limits::ARGON2_PARALLELISM + 1),
        format!("$argon2id$v=19$m=99999999999999999999,t=1,p=1${argon2}"),
        format!("$argon2id$v=19$m=64,t=0,p=1${argon2}"),
        format!("pbkdf2:sha256:{}$salt${hex}", limits::PBKDF2_ITERATIONS + 1),
        format!("$2b$16${bcrypt}"),
        format!("$2b$31${bcrypt}"),
        format!("$2b$03${bcrypt}"),
        format!("$bcrypt-sha256$v=2,t=2b,r=16${digested}"),
    ] {
        assert_eq!(StoredHash::parse(&text).err(), Some(Unreadable::Cost), "{text}");
    }
    assert!(StoredHash::parse(&format!("$argon2id$v=19$m={},t=1,p=1${argon2}", limits::ARGON2_MEMORY_KIB)).is_ok());
    assert!(StoredHash::parse(&format!("pbkdf2:sha256:{}$salt${hex}", limits::PBKDF2_ITERATIONS)).is_ok());
    assert!(StoredHash::parse(&format!("$2b$15${bcrypt}")).is_ok());
}

#[test]
fn what_is_no_hash_of_these_schemes_is_refused() {
    let tag = "A0JymKsLhqHg2t+CN23QEyfVmirnGBKHmw5QmIooNag";
    let long = format!("$argon2id$v=19$m=64,t=1,p=1${}${tag}", "A".repeat(100_000));
    for text in [
        "",
        "$",
        "*",
        "!",
        "plaintext",
        "$2",
        "$2b$",
        "$argon2",
        "$argon2id$",
        "pbkdf2:",
        "pbkdf2:sha256",
        "$bcrypt-sha256$",
        "{noop}correct horse battery staple",
        "$2x$04$hnp7kSXM9F84Zp34qbsL0OSRs4GOk/DapRLyfNitkSG1m4ZXcMpC.",
        "$bcrypt-sha256$2b,4$A6JfC/9ilqqlEP5BCnYa1e$LNOlJ2K7ugOFiAzRbfRP1yh3dCDTb9u",
        "pbkdf2:sha1:1000$OW50ap7QoTc5ZtS7$1d86b7088a8cf065f163109ae024cda72940f57f",
        "pbkdf2:sha256$salt$0000000000000000000000000000000000000000000000000000000000000000",
        &long,
    ] {
        assert!(StoredHash::parse(text).is_err(), "{:.60}", text);
    }
}
