//! D8 and B10 of threats.md: every route that tests a password shares the account's failure count.
//!
//! The tests find these routes in the tables of routes and operations, so that they include a new one. Invariant: while
//! password login is closed, no such route hashes anything, whether the password is right or wrong.

use doorward_test_macros::async_test;
use std::{collections::BTreeSet, fs, time::Duration};

use axum::http::Method;
use doorward::{
    model::{NameKey, PasswordPolicy, Source},
    ops::{
        accounts::change_password::{self, ChangePasswordRefused},
        auth::log_in::{self, LogInAttempt},
        outcome::Limited,
    },
};
use doorward_password::Password;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::guessing::close;
use crate::{
    architecture::{relative, root, rust_files},
    support::{Client, Reply, Site, routes::routes, site::password_of},
};

const NEW: &str = "a violin in the greenhouse";
/// Routes of the contracts that set a `password` and test none.
const SET: [(&str, &str); 2] = [("POST", "/signup"), ("POST", "/user")];
/// Tests whether the new password equals the one that must be changed.
const COMPARE: (&str, &str) = ("PUT", "/user/update-password/{id}");
/// The one operation of the API that sets another user's password, without testing one.
const SET_FOR_OTHERS: (&str, &str) = ("PUT", "/api/v1/users/{id}/password");

/// Every route that accepts a password, found in the contracts and in the OpenAPI document.
async fn ways(site: &Site) -> BTreeSet<(String, String)> {
    let document = site.anon().get("/openapi.json").await.json();
    let takes_password = |(method, path): &(String, String)| {
        let operation = &document["paths"][path][method.to_ascii_lowercase()];
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let schema = match schema["$ref"].as_str() {
            Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
            None => schema,
        };
        let fields = schema["properties"].as_object();
        fields.is_some_and(|fields| fields.values().any(|field| field["format"] == "password"))
    };
    let is_old = |(_, path): &(String, String)| {
        ["/login", "/signup", "/user"].iter().any(|old| path == old || path.starts_with(&format!("{old}/")))
    };
    let takes = routes().into_iter().filter(|route| match route.1.starts_with("/api/") {
        true => takes_password(route),
        // In the contracts every route has a password but reading, deleting and logging out.
        false => is_old(route) && !["GET", "DELETE"].contains(&route.0.as_str()),
    });
    takes.collect()
}

/// Sends a request to `method path` that tests `password` for the account `name`, whose session `who` has.
async fn tries(who: &mut Client, (method, path): (&str, &str), name: &str, password: &str) -> Reply {
    let body = match (method, path) {
        ("POST", "/login") => json!({ "username": name, "password": password }),
        ("POST", "/api/v1/sessions" | "/api/v1/users") => json!({ "name": name, "password": password }),
        COMPARE => json!({ "password": password }),
        ("PUT", "/api/v1/users/me/password") => json!({ "current_password": password, "new_password": NEW }),
        ("PATCH", "/api/v1/users/me") => json!({ "name": "eve", "current_password": password }),
        (_, _) if path.starts_with("/api/") => json!({ "current_password": password }),
        _ => panic!("{method} {path}: a way to test a password that this test does not know"),
    };
    let mut who = match path {
        "/api/v1/users" => who.on_device(None).with_header("idempotency-key", "the-same-key-as-before"),
        _ => who.clone(),
    };
    let id = if path.starts_with("/api/") { "019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10" } else { "1" };
    let path = path.replace("{id}", id);
    who.send(Method::from_bytes(method.as_bytes()).unwrap(), &path, Some(body)).await
}

/// A user with a session and without a known device, created with an idempotency key.
async fn signed_in_ann(site: &Site) -> Client {
    let body = json!({ "name": "ann", "password": password_of("ann") });
    let mut key = site.anon().with_header("idempotency-key", "the-same-key-as-before");
    key.post("/api/v1/users", body).await.assert_status(201);
    let mut ann = site.log_in("ann").await;
    ann.device = None;
    ann
}

#[async_test]
async fn no_route_tests_a_password_while_login_is_closed() {
    let site = Site::new().await;
    let mut ann = signed_in_ann(&site).await;
    close(&site, "ann").await;
    let mut tested = 0;
    for (method, path) in ways(&site).await {
        let way = (method.as_str(), path.as_str());
        if SET.contains(&way) || SET_FOR_OTHERS == way {
            continue;
        }
        tested += 1;
        site.database.set_change_required_at("ann", (COMPARE == way).then_some(1)).await;
        for password in [password_of("ann"), "a wrong one, and long".to_owned()] {
            let before = site.app.hasher.state();
            let reply = tries(&mut ann, way, "ann", &password).await;
            assert!(reply.assert_throttled() > 3600, "{way:?}");
            assert_eq!(site.app.hasher.state(), before, "{way:?} hashed a password");
            if path.starts_with("/api/") {
                reply.assert_problem(429, "too_many_attempts");
            }
        }
    }
    assert!(tested >= 7, "only {tested} ways were found");
    site.database.set_change_required_at("ann", None).await;
    // The session is still valid.
    assert_eq!(ann.get("/user/1").await.status, 200);
}

// The document lists 429 for every operation that can return it.
#[async_test]
async fn the_document_lists_429_wherever_a_password_is_tested() {
    let site = Site::new().await;
    let document = site.anon().get("/openapi.json").await.json();
    for (method, path) in ways(&site).await {
        if !path.starts_with("/api/") || SET_FOR_OTHERS == (method.as_str(), path.as_str()) {
            continue;
        }
        let response = &document["paths"][&path][method.to_ascii_lowercase()]["responses"]["429"];
        assert!(response["headers"]["Retry-After"].is_object(), "{method} {path}: {response}");
    }
}

// D8: failures on different routes count for the same account.
#[async_test]
async fn failures_on_different_routes_are_counted_together() {
    let site = Site::new().await;
    let mut ann = signed_in_ann(&site).await;
    let all: Vec<_> = ways(&site).await.into_iter().collect();
    let ways: Vec<(&str, &str)> = all.iter().map(|(method, path)| (method.as_str(), path.as_str())).collect();
    // `COMPARE` with another password is a change, not a failure.
    let ways = ways.into_iter().filter(|way| !SET.contains(way) && ![SET_FOR_OTHERS, COMPARE].contains(way));
    let mut heard = 0;
    for way in ways.cycle().take(30) {
        let reply = tries(&mut ann, way, "ann", "a wrong one, and long").await;
        match reply.status.as_u16() {
            429 => assert_eq!(reply.assert_throttled(), 1, "{way:?}"),
            400..=422 => heard += 1,
            other => panic!("{way:?}: {other}"),
        }
    }
    assert_eq!(heard, 5);
}

// D2, D8: the comparison of a new password with the old one is throttled like a login.
#[async_test]
async fn a_password_change_cannot_be_used_to_guess_the_old_password() {
    for is_at_once in [false, true] {
        let site = Site::new().await;
        let mut ann = signed_in_ann(&site).await;
        site.database.set_change_required_at("ann", Some(1)).await;
        let before = site.app.hasher.state().counts.done;
        let body = json!({ "password": password_of("ann") });
        let mut statuses = Vec::new();
        if is_at_once {
            let mut guesses = JoinSet::new();
            for _ in 0..50 {
                let (mut ann, body) = (ann.clone(), body.clone());
                guesses.spawn(async move { ann.put("/user/update-password/1", body).await.status.as_u16() });
            }
            while let Some(status) = guesses.join_next().await {
                statuses.push(status.unwrap());
            }
        } else {
            for _ in 0..10 {
                let reply = ann.put("/user/update-password/1", body.clone()).await;
                if reply.status == 429 {
                    reply.assert_refused(429, "message");
                }
                statuses.push(reply.status.as_u16());
            }
        }
        let heard = statuses.iter().filter(|status| **status == 400).count();
        let is_known = statuses.iter().all(|status| [400, 429, 503].contains(status));
        assert!(is_known && (1..=5).contains(&heard) && (is_at_once || heard == 5), "{statuses:?}");
        assert!(site.app.hasher.state().counts.done - before <= 5);
        // Logins share this count.
        if !is_at_once {
            site.anon().log_in("ann", &password_of("ann")).await.assert_throttled();
            site.advance(Duration::from_secs(1));
        } else {
            site.advance(Duration::from_secs(60));
        }
        // A password that differs is accepted, and clears the failures.
        assert_eq!(ann.put("/user/update-password/1", json!({ "password": NEW })).await.status, 200);
        assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_login_failures").await, "0");
    }
}

// D8: a comparison stays counted when the change then fails.
#[async_test]
async fn a_change_that_fails_after_the_comparison_stays_counted() {
    let site = Site::new().await;
    site.create("ann", "user").await;
    site.database.set_change_required_at("ann", Some(1)).await;
    let attempt = LogInAttempt {
        typed: "ann".to_owned(),
        name: NameKey::to_find("ann").unwrap(),
        password: Password::new(password_of("ann")),
        replaces: None,
        source: Source::default(),
    };
    let Ok(done) = log_in::with_password(&site.app, attempt).await.unwrap() else { panic!() };
    let signed_in = done.signed_in;
    // The session ends between its check and the change.
    site.database.remove_sessions().await;
    let mut outcomes = Vec::new();
    for number in 0..6 {
        let password = Password::new(format!("a wrong one, and long, {number}"));
        outcomes.push(change_password::own(&site.app, &signed_in, password, PasswordPolicy::Accept).await.unwrap());
    }
    let (heard, last) = outcomes.split_at(5);
    assert!(heard.iter().all(|outcome| matches!(outcome, Err(ChangePasswordRefused::SessionEnded))), "{heard:?}");
    assert!(matches!(last, [Err(ChangePasswordRefused::Limited(Limited::Throttled(_)))]), "{last:?}");
}

// B10
#[async_test]
async fn wrong_current_passwords_throttle_logins_too() {
    let site = Site::new().await;
    let mut ann = signed_in_ann(&site).await;
    let body = json!({ "current_password": "a wrong one", "new_password": NEW });
    let mut statuses: Vec<Value> = Vec::new();
    for _ in 0..100 {
        statuses.push(ann.put("/api/v1/users/me/password", body.clone()).await.status.as_u16().into());
    }
    assert_eq!(statuses[..5], vec![json!(403); 5]);
    assert!(statuses[5..].iter().all(|status| status == 429), "{statuses:?}");
    site.anon().log_in("ann", &password_of("ann")).await.assert_throttled();
}

/// Files that read a stored hash only to identify its scheme, for reading and writing the legacy table.
const CLASSIFIERS: [&str; 4] = [
    "src/ops/legacy/candidate.rs",
    "src/ops/legacy/census.rs",
    "src/ops/legacy/status.rs",
    "src/ops/legacy/write_back/hash.rs",
];

/// Only one file verifies passwords against stored hashes.
#[test]
fn passwords_are_verified_in_one_file() {
    let (mut checkers, mut classifiers) = (Vec::new(), Vec::new());
    for file in rust_files(&["src", "crates/store/src"]) {
        let name = relative(&file);
        // `doorward hash` reads hashes that the operator gives, and no account's.
        if name.starts_with("src/cli/hash/") {
            continue;
        }
        let code: String = fs::read_to_string(&file).unwrap().split_whitespace().collect();
        if code.contains(".verify(") || code.contains("::verify(") {
            checkers.push(name.clone());
        }
        if code.contains("StoredValue::") || code.contains("StoredHash") {
            // Such code could verify a hash outside the hash pool, with any amount of memory.
            let checks = code.split(".check(").skip(1).filter(|rest| !rest.starts_with(')')).count();
            assert_eq!(checks, 0, "{name} checks a hash");
            classifiers.push(name.clone());
        }
        let is_hashing = code.contains("Scratch") || code.contains("StoredHash::check");
        assert!(!is_hashing, "{name} hashes outside the hash pool");
        // Comparing by hashing needs the salt of a stored hash. Every salt here must be random.
        let mut salts = code.split("Salt(").skip(1);
        let is_random = |rest: &str| rest.starts_with("app.rng.bytes()?)") || rest.starts_with("rng.bytes()?)");
        assert!(salts.all(is_random), "{name} has a salt that is not random");
    }
    classifiers.sort();
    assert_eq!(checkers, ["src/ops/auth/check_password.rs"], "under {}", root().display());
    assert_eq!(classifiers, CLASSIFIERS);
}

/// Schemes are reachable only through the crate `doorward-password`.
#[test]
fn only_the_password_crate_computes_password_hashes() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let dependencies = manifest.split_once("\n[dependencies]\n").unwrap().1.split("\n[").next().unwrap();
    for scheme in ["argon2", "bcrypt", "pbkdf2", "scrypt", "yescrypt", "password-hash", "sha-crypt"] {
        let is_it = |line: &str| line.split('=').next().is_some_and(|name| name.trim() == scheme);
        assert!(!dependencies.lines().any(is_it), "{scheme}");
    }
}
