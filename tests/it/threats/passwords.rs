//! Section B of threats.md: a password is compared whole, its length is checked first, and a damaged stored value never
//! matches.
//!
//! Invariant: the same holds for every hashing scheme.

use std::sync::Arc;

use doorward::model::{NameKey, NameProblem, PasswordPolicy, PasswordProblem, PasswordRules};
use doorward_password::Password;
use doorward_test_macros::async_test;
use serde_json::json;
use tracing::Level;

use crate::support::{
    Site, count_events,
    full_pool::{PATIENT, fill},
    site::password_of,
};

const SCHEMES: [&str; 3] = ["argon2id", "pbkdf2-sha256", "bcrypt"];

/// Signs up `name` with `password`. Returns the status.
async fn sign_up(site: &Site, name: &str, password: &str) -> u16 {
    site.anon().post("/signup", json!({ "username": name, "password": password })).await.status.as_u16()
}

async fn log_in(site: &Site, name: &str, password: &str) -> u16 {
    site.anon().log_in(name, password).await.status.as_u16()
}

// B1
#[async_test]
async fn a_password_is_compared_to_its_last_byte_under_every_scheme() {
    for scheme in SCHEMES {
        let site = Site::builder().set("hashing.scheme", scheme).start().await;
        for (name, whole) in [("ascii", "abcdefgh".repeat(10)), ("accents", "é".repeat(40)), ("crabs", "🦀".repeat(20))]
        {
            assert_eq!(sign_up(&site, name, &whole).await, 201);
            assert_eq!(log_in(&site, name, &whole).await, 200, "{scheme}");
            let first_72 = &whole[..72];
            for wrong in
                [first_72.to_owned(), format!("{first_72}anything"), format!("{whole}x"), whole[..76].to_owned()]
            {
                assert_eq!(log_in(&site, name, &wrong).await, 401, "{scheme}: {wrong}");
            }
        }
    }
}

// B1: some implementations stop at a NUL and ignore the rest.
#[async_test]
async fn a_nul_in_a_password_does_not_end_it() {
    for scheme in SCHEMES {
        let site = Site::builder().set("hashing.scheme", scheme).start().await;
        assert_eq!(sign_up(&site, "ann", "secret\0one").await, 201);
        assert_eq!(log_in(&site, "ann", "secret\0one").await, 200);
        let mut wrong = vec!["secret", "secret\0", "secret\0two", "secret\0one\0"];
        if scheme == "pbkdf2-sha256" {
            // HMAC pads its key with NULs (RFC 2104 §2), so it cannot distinguish NULs at the end of a password.
            wrong.pop();
        }
        for wrong in wrong {
            assert_eq!(log_in(&site, "ann", wrong).await, 401, "{scheme}: {wrong:?}");
        }
    }
}

// B2: no cache key or hash input concatenates a name and a password.
#[async_test]
async fn a_long_name_does_not_hide_the_password() {
    for scheme in SCHEMES {
        let site = Site::builder().set("hashing.scheme", scheme).start().await;
        for length in [52, 64, 72, 100] {
            let name = "n".repeat(length);
            assert_eq!(sign_up(&site, &name, "right").await, 201);
            assert_eq!(log_in(&site, &name, "wrong").await, 401);
            assert_eq!(log_in(&site, &name[1..], "nright").await, 401);
        }
    }
}

// B4
#[async_test]
async fn only_canonically_equal_passwords_are_the_same() {
    for scheme in SCHEMES {
        let site = Site::builder().set("hashing.scheme", scheme).set("throttle.enabled", "false").start().await;
        let (composed, decomposed) = ("caf\u{e9} \u{1e69}", "cafe\u{301} s\u{307}\u{323}");
        for (name, set, given) in [("ann", composed, decomposed), ("bob", decomposed, composed)] {
            assert_eq!(sign_up(&site, name, set).await, 201);
            assert_eq!(log_in(&site, name, set).await, 200, "{scheme}");
            assert_eq!(log_in(&site, name, given).await, 200, "{scheme}");
        }
        assert_eq!(sign_up(&site, "cat", "\u{fb01}ne Stra\u{df}e").await, 201);
        for other in [
            "fine Stra\u{df}e",
            "\u{fb01}ne Strasse",
            "\u{fb01}ne stra\u{df}e",
            "\u{fb01}ne Stra\u{df}e ",
            " \u{fb01}ne Stra\u{df}e",
            "\u{fb01}ne  Stra\u{df}e",
            "\u{fb01}ne\u{a0}Stra\u{df}e",
            "\u{fb01}ne Stra\u{df}\u{ff45}",
            "\u{fb01}ne Stra\u{df}e\u{200b}",
        ] {
            assert_eq!(log_in(&site, "cat", other).await, 401, "{scheme}: {other:?}");
        }
    }
}

// B5
#[async_test]
async fn length_counts_code_points_under_the_enforced_policy() {
    let site = Site::builder().set("compat.password_policy", "enforce").start().await;
    // Code points of one, two and four bytes, in a text without repetition.
    for first in ['0', 'Ѐ', '🌀'] {
        let text = |length| -> String {
            (0..length).map(|at| char::from_u32(u32::from(first) + at * at * at % 59).unwrap()).collect()
        };
        for (length, status) in [(14, 400), (15, 201), (64, 201), (1024, 201), (1025, 400)] {
            let (name, password) = (format!("{first} {length}"), text(length));
            assert_eq!(sign_up(&site, &name, &password).await, status, "{name}");
            if status == 201 {
                assert_eq!(log_in(&site, &name, &password).await, 200);
                assert_eq!(log_in(&site, &name, &text(length - 1)).await, 401);
            }
        }
    }
    for (length, status) in [(14, 400), (15, 201)] {
        assert_eq!(sign_up(&site, &format!("crabs {length}"), &"🦀".repeat(length)).await, status);
    }
}

// B6: while the hash pool is full, an answer other than 503 means that nothing was hashed.
#[async_test]
async fn an_oversized_password_is_never_hashed() {
    let site = Site::builder().set(PATIENT.0, PATIENT.1).start().await;
    site.create("ann", "user").await;
    let mut full = fill(&site).await;
    assert_eq!(sign_up(&site, "new", "p").await, 503);
    full.top_up().await;
    assert_eq!(log_in(&site, "ann", "p").await, 503);
    for (length, refused, login) in [(1025, 400, 401), (60_000, 400, 401), (5_000_000, 413, 413)] {
        let password = "x".repeat(length);
        full.top_up().await;
        assert_eq!(sign_up(&site, "new", &password).await, refused);
        for name in ["ann", "nobody"] {
            full.top_up().await;
            assert_eq!(log_in(&site, name, &password).await, login);
        }
    }
    drop(full);
}

// B7: the length is checked before normalisation.
#[async_test]
async fn combining_marks_are_counted_before_they_are_normalised() {
    let marks = format!("e{}", "\u{301}\u{323}".repeat(50_000));
    for policy in [PasswordPolicy::Accept, PasswordPolicy::Enforce(Arc::new(PasswordRules::new(15).unwrap()))] {
        assert_eq!(policy.check(&Password::new(marks.clone()), "ann"), Err(PasswordProblem::TooLong));
    }
    assert_eq!(NameKey::to_find(&marks), Err(NameProblem::TooLong));

    let site = Site::new().await;
    // A password that triples in NFC, and marks in the worst order for normalisation.
    for (name, password) in [("notes", "\u{1d160}".repeat(1024)), ("marks", marks.chars().take(1024).collect())] {
        assert_eq!(sign_up(&site, name, &password).await, 201);
        assert_eq!(log_in(&site, name, &password).await, 200);
        assert_eq!(log_in(&site, name, &password.chars().skip(1).collect::<String>()).await, 401);
    }
}

/// Stores the value `sql` as the password hash and asserts that a login gets 401 and logs one error event.
async fn is_refused_and_logged_once(site: &Site, sql: &str, password: &str) {
    site.database.set_password_hash_to_value("ann", sql).await;
    let mut client = site.anon();
    let (errors, reply) =
        count_events(|metadata| *metadata.level() == Level::ERROR, client.log_in("ann", password)).await;
    reply.assert_json(401, json!({ "error": "Invalid username or password" }));
    assert_eq!(errors, 1, "{sql}");
}

// B12
#[async_test]
async fn an_invalid_stored_hash_is_a_wrong_password_and_one_error_event() {
    let site = Site::unthrottled().await;
    site.create("ann", "user").await;
    let good = site.database.password_hash("ann").await;
    let (salt, tag) = ("c2FsdHNhbHRzYWx0", "dGFndGFndGFndGFndGFndGFndGFndGFndGFndGFndGE");
    let garbage = [
        String::new(),
        " ".to_owned(),
        "\u{e9}".repeat(30),
        "🦀".repeat(100),
        format!("$argon2id$v=19$m=4194304,t=1,p=1${salt}${tag}"),
        format!("$argon2id$v=19$m=4294967295,t=4294967295,p=255${salt}${tag}"),
        format!("$argon2id$v=19$m=64,t=0,p=1${salt}${tag}"),
        format!("$argon2id$v=19$m=64,t=1,p=1${salt}$"),
        "$argon2id$".to_owned(),
        format!("$2b$31${}", "a".repeat(53)),
        format!("$2b$03${}", "a".repeat(53)),
        format!("$2b$04${}", "é".repeat(26) + "a"),
        "$2b$".to_owned(),
        "$bcrypt-sha256$v=2,t=2b,r=31$a$b".to_owned(),
        format!("pbkdf2:sha256:4294967295$salt${}", "0".repeat(64)),
        format!("pbkdf2:sha256$salt${}", "0".repeat(64)),
        "pbkdf2:sha256:10$salt$".to_owned(),
        "pbkdf2:md5:10$salt$00".to_owned(),
        "md5$salt$00".to_owned(),
        "sha256$a$b".to_owned(),
        "*LK*".to_owned(),
        "x".repeat(1000),
    ];
    for value in garbage {
        // The stored value itself is not accepted as a password either.
        for password in [password_of("ann"), value.clone()] {
            if !password.is_empty() {
                is_refused_and_logged_once(&site, &format!("'{value}'"), &password).await;
            }
        }
    }
    site.database.set_password_hash("ann", &good).await;
    assert_eq!(log_in(&site, "ann", &password_of("ann")).await, 200);
}

// B12: MySQL's column can hold only UTF-8, but SQLite's can hold any bytes.
#[async_test]
async fn a_stored_hash_that_is_not_text_is_a_wrong_password() {
    let site = Site::new().await;
    if !site.database.is_sqlite() {
        return;
    }
    site.create("ann", "user").await;
    for value in [format!("X'{}'", "ff".repeat(60)), format!("CAST(X'{}' AS TEXT)", "ff".repeat(60)), "5".to_owned()] {
        is_refused_and_logged_once(&site, &value, &password_of("ann")).await;
    }
}
