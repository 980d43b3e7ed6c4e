//! Hashes made by other software, against what their makers say of them: `vectors.json`, each hashed and checked with
//! the library that made it. Nobody's real password is in it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use doorward_password::{Password, Scratch, StoredHash, Unreadable};
use serde_json::Value;

struct Vector {
    id: String,
    scheme: String,
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
            scheme: text(&vector["scheme"]),
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

/// What Doorward answers where it means to answer otherwise than the vector's maker.
enum Ours {
    Fits,
    Differs,
    Refuses(Unreadable),
}

/// Where that is, and why.
const ON_PURPOSE: &[(&str, Ours, &str)] = &[
    ("d081", Ours::Fits, "the NFD form of a password whose NFC form was hashed: the same keystrokes on another system"),
    ("d198", Ours::Differs, "a string without a version is computed as version 0x10 (RFC 9106), and then does not fit"),
    ("d091", Ours::Refuses(Unreadable::Refused), "$2x$ marks the hashes of a faulty implementation"),
    ("d177", Ours::Refuses(Unreadable::Refused), "DES reads eight bytes of seven bits each"),
    ("d096", Ours::Differs, "Flask-Bcrypt's digest before bcrypt does not show in the string"),
    ("d285", Ours::Refuses(Unreadable::Scheme), "Firebase's export without the project's key"),
    ("d287", Ours::Refuses(Unreadable::Scheme), "Firebase's export without the project's key"),
    ("d289", Ours::Refuses(Unreadable::Scheme), "Firebase's export without the project's key"),
];

#[test]
fn verdicts_agree_with_the_makers() {
    let mut scratch = Scratch::default();
    let vectors = vectors();
    assert_eq!(vectors.len(), 311);
    let mut wrong = Vec::new();
    for vector in vectors.iter().filter(|vector| ON_PURPOSE.iter().all(|(id, ..)| *id != vector.id)) {
        let parsed = StoredHash::parse(&vector.hash);
        let refused = parsed.as_ref().err().copied();
        let verifies = parsed.is_ok_and(|hash| hash.verify(&vector.password, &mut scratch));
        let agrees = match vector.expect.as_str() {
            // Refused before anything is computed: the string does not even parse.
            "refuse-without-computing" => refused == Some(Unreadable::Cost),
            "refuse-as-malformed" => refused.is_some(),
            "refuse-or-false" => !verifies,
            "true-or-refuse" => verifies || refused.is_some(),
            "" => verifies == vector.verifies,
            other => panic!("{}: an expectation that is not known: {other}", vector.id),
        };
        if !agrees {
            wrong.push(format!("{} {} ({}): {refused:?}", vector.id, vector.scheme, vector.kind));
        }
    }
    assert!(wrong.is_empty(), "{} answered wrongly:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn where_the_verdict_differs_it_is_the_documented_one() {
    let vectors = vectors();
    for (id, ours, why) in ON_PURPOSE {
        let vector = vectors.iter().find(|vector| vector.id == *id).unwrap();
        let parsed = StoredHash::parse(&vector.hash);
        let is_ours = match ours {
            Ours::Refuses(expected) => parsed.err() == Some(*expected),
            Ours::Fits => parsed.unwrap().verify(&vector.password, &mut Scratch::default()),
            Ours::Differs => !parsed.unwrap().verify(&vector.password, &mut Scratch::default()),
        };
        assert!(is_ours, "{id}: {why}");
    }
}

/// The names are part of the interface: reports and metrics carry them.
#[test]
fn each_scheme_has_its_name() {
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for vector in vectors() {
        if let Ok(hash) = StoredHash::parse(&vector.hash) {
            let of_scheme = names.entry(vector.scheme).or_default();
            if !of_scheme.contains(&hash.scheme().to_owned()) {
                of_scheme.push(hash.scheme().to_owned());
            }
        }
    }
    assert!(names.len() > 40, "{names:#?}");
}
