//! Hashes of other software with their makers' results: `vectors.json`, each computed and checked with the library that
//! made it. It contains no real password.

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

/// Doorward's result where it deliberately differs from the vector's maker.
enum Ours {
    Fits,
    Differs,
    Refuses(Unreadable),
}

/// The differing vectors, with reasons.
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
            // Rejected before any computation: the string does not parse.
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
fn differing_verdicts_are_the_documented_ones() {
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

/// The names of the vectors' schemes in Doorward. They are part of the interface: reports and metrics use them.
const NAMES: &[(&str, &[&str])] = &[
    ("apr1", &["apr1"]),
    ("argon2", &["argon2id", "argon2i", "argon2d"]),
    ("aspnet-v2", &["aspnet-identity-v2"]),
    ("aspnet-v3", &["aspnet-identity-v3-sha256", "aspnet-identity-v3-sha512", "aspnet-identity-v3-sha1"]),
    ("atlassian-pkcs5s2", &["atlassian-pkcs5s2"]),
    ("bcrypt", &["bcrypt"]),
    ("bcrypt-hexsha256", &["bcrypt"]),
    ("better-auth", &["better-auth"]),
    ("crypt-scrypt7", &["crypt-scrypt"]),
    ("django-argon2", &["django-argon2"]),
    ("django-bcrypt", &["django-bcrypt"]),
    ("django-bcrypt-sha256", &["django-bcrypt-sha256"]),
    ("django-md5", &["django-md5"]),
    ("django-pbkdf2", &["django-pbkdf2-sha256"]),
    ("django-pbkdf2-sha1", &["django-pbkdf2-sha1"]),
    ("django-pbkdf2-sha256", &["django-pbkdf2-sha256"]),
    ("django-scrypt", &["django-scrypt"]),
    ("django-sha1", &["django-sha1"]),
    ("django-unsalted-md5", &["unsalted-digest"]),
    ("django-unsalted-sha1", &["unsalted-digest"]),
    ("fbscrypt", &["firebase-scrypt"]),
    ("gost-yescrypt", &["gost-yescrypt"]),
    ("keycloak", &["keycloak-pbkdf2-sha256", "keycloak-pbkdf2-sha512", "keycloak-pbkdf2-sha1"]),
    ("ldap-crypt", &["bcrypt", "sha512-crypt"]),
    ("ldap-pbkdf2", &["ldap-pbkdf2-sha256"]),
    ("ldap-sha", &["ldap-sha"]),
    ("ldap-smd5", &["ldap-smd5"]),
    ("ldap-ssha", &["ldap-ssha"]),
    ("ldap-ssha256", &["ldap-ssha256"]),
    ("ldap-ssha512", &["ldap-ssha512"]),
    ("md5-crypt", &["md5-crypt"]),
    ("passlib-bcrypt-sha256", &["bcrypt-sha256", "bcrypt-sha256-v1"]),
    ("passlib-pbkdf2", &["passlib-pbkdf2-sha256", "passlib-pbkdf2-sha512", "passlib-pbkdf2-sha1"]),
    ("passlib-scrypt", &["scrypt"]),
    ("phc-pbkdf2", &["phc-pbkdf2-sha256"]),
    ("phc-scrypt", &["scrypt"]),
    ("phpass", &["phpass"]),
    ("sha256-crypt", &["sha256-crypt"]),
    ("sha512-crypt", &["sha512-crypt"]),
    ("spring-bcrypt", &["spring-bcrypt"]),
    ("spring-pbkdf2", &["spring-pbkdf2", "spring-pbkdf2-v5.8"]),
    ("spring-scrypt", &["spring-scrypt"]),
    ("spring-sha256", &["spring-sha256"]),
    ("werkzeug-legacy", &["werkzeug-hmac"]),
    ("werkzeug-pbkdf2", &["werkzeug-pbkdf2-sha256", "werkzeug-pbkdf2-sha1", "werkzeug-pbkdf2-sha512"]),
    ("werkzeug-scrypt", &["werkzeug-scrypt"]),
    ("wordpress-bcrypt", &["wordpress-bcrypt"]),
    ("yescrypt", &["yescrypt"]),
];

#[test]
fn every_scheme_of_the_vectors_is_named_and_readable() {
    let mut names: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
    let mut verified: BTreeMap<&'static str, usize> = BTreeMap::new();
    for vector in vectors() {
        let Ok(hash) = StoredHash::parse(&vector.hash) else { continue };
        let of_scheme = names.entry(vector.scheme).or_default();
        if !of_scheme.contains(&hash.scheme()) {
            of_scheme.push(hash.scheme());
        }
        *verified.entry(hash.scheme()).or_default() += usize::from(vector.verifies);
    }
    let expected: BTreeMap<String, Vec<&'static str>> =
        NAMES.iter().map(|(scheme, names)| ((*scheme).to_owned(), names.to_vec())).collect();
    assert_eq!(names, expected);
    assert!(verified.values().all(|count| *count > 0), "a scheme without a verified vector: {verified:?}");
}

const STAPLE: &str = "correct horse battery staple";
/// Its normal form KC differs.
const WIDE: &str = "Ｐassword ﬁne";

/// Strings missing from the vectors, made with Python's `hashlib` and `cryptography` after their makers' code.
const OTHERS: &[(&str, &str, &str)] = &[
    ("ldap-md5", STAPLE, "{MD5}nMKuihunqT2jm0b8EBnEgQ=="),
    ("ldap-ssha", STAPLE, "{ssha}396MbBWXRxNekvZdjsTMJL2vMJtzYWx0"),
    ("ldap-ssha", STAPLE, "{Ssha}396MbBWXRxNekvZdjsTMJL2vMJtzYWx0"),
    ("ldap-pbkdf2-sha1", STAPLE, "{PBKDF2-SHA1}1000$AAECAwQFBgcICQoLDA0ODw$AOm/kOb/.YAZ3ZwSogYgNu9fO1g"),
    ("ldap-pbkdf2-sha1", STAPLE, "{pbkdf2-sha1}1000$AAECAwQFBgcICQoLDA0ODw$AOm/kOb/.YAZ3ZwSogYgNu9fO1g"),
    (
        "phc-pbkdf2-sha512",
        STAPLE,
        "$pbkdf2-sha512$i=1000,l=48$AAECAwQFBgcICQoLDA0ODw$\
         A6AmFIti7CKlYdoPiV9jf1d9llp37o27Wms8Zx8fwMJGCOigJzAthOW3Pg+XF5Pn",
    ),
    // Kratos
    ("scrypt", STAPLE, "$scrypt$ln=1024,r=8,p=1$AAECAwQFBgcICQoLDA0ODw==$mp90zEQd5XGhjEv4WArVH4Z0XRSzkGWtJK2S/AXJlRU="),
    (
        "lucia",
        WIDE,
        "s2:a1b2c3d4e5f6g7h8:3ae6a82473d3ca8134be3779f96ef6e0bc7ef247040dc3e5acc16458e39fa7bd\
         7bf6d521b99029f4daa51713c216e2861591eeb20c55a29a964f58627621e3de",
    ),
    (
        "lucia",
        WIDE,
        "a1b2c3d4e5f6g7h8:484d421f9f0013cbb0b4be49b79edded65bc6d915097dcaaf2f083c3ecea9585\
         76563e51a94db69a3bd80c46c1b85f9e925a48ebbd41cd1118a8c50260fbdd5b",
    ),
    (
        "lucia",
        WIDE,
        "a1b2c3d4e5f6g7h8:3ae6a82473d3ca8134be3779f96ef6e0bc7ef247040dc3e5acc16458e39fa7bd\
         7bf6d521b99029f4daa51713c216e2861591eeb20c55a29a964f58627621e3de",
    ),
    // Without a separator, and in URL base64.
    (
        "firebase-scrypt",
        STAPLE,
        "$fbscrypt$v=1,n=10,r=8,p=1,sk=-h9EaY6z2P0iR2yRttsAJUpvlLneAyhNcpe84QYrUHWav-QJLlN4ncLnDDFWe6DF6g80WX6jyO0SN1yBpsvwFQ\
         $-_--AQIDBA$gAVcJsAxWFof-ub6S4aq4HR_MwT9MJHVi6i9HDWz6EiLTz3EQB52QEMTiI_CjBRPvuf5UP0Mqvsr-JlAzGh6bg",
    ),
    (
        "firebase-scrypt",
        STAPLE,
        "$fbscrypt$v=1,n=10,r=8,p=1,ss=,sk=+h9EaY6z2P0iR2yRttsAJUpvlLneAyhNcpe84QYrUHWav+QJLlN4ncLnDDFWe6DF6g80WX6jyO0SN1yBpsvwFQ==\
         $+/++AQIDBA==$gAVcJsAxWFof+ub6S4aq4HR/MwT9MJHVi6i9HDWz6EiLTz3EQB52QEMTiI/CjBRPvuf5UP0Mqvsr+JlAzGh6bg==",
    ),
];

#[test]
fn strings_missing_from_the_vectors_match_only_their_password() {
    for (scheme, right, text) in OTHERS {
        let hash = StoredHash::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"));
        assert_eq!(hash.scheme(), *scheme, "{text}");
        for (password, verified) in [(*right, true), ("wrong", false)] {
            let password = Password::new(password.to_owned());
            assert_eq!(hash.check(&password, &mut Scratch::default()), Some(verified), "{text}");
        }
    }
    // Kratos pads, the others do not. A length in the string is the tag's length.
    for text in [
        "$scrypt$ln=1024,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$mp90zEQd5XGhjEv4WArVH4Z0XRSzkGWtJK2S/AXJlRU",
        "$scrypt$ln=10,r=8,p=1$AAECAwQFBgcICQoLDA0ODw==$mp90zEQd5XGhjEv4WArVH4Z0XRSzkGWtJK2S/AXJlRU=",
        "$pbkdf2-sha512$i=1000,l=48$AAECAwQFBgcICQoLDA0ODw$A6AmFIti7CKlYdoPiV9jf1d9llp37o27Wms8Zx8fwMI",
        "$pbkdf2-sha512$i=1000$AAECAwQFBgcICQoLDA0ODw$A6AmFIti7CKlYdoPiV9jf1d9llp37o27Wms8Zx8fwMJGCOigJzAthOW3Pg+XF5Pn",
        "s2:a1b2c3d4e5f6g7h:00",
    ] {
        assert_eq!(StoredHash::parse(text).err(), Some(Unreadable::Malformed), "{text}");
    }
}
