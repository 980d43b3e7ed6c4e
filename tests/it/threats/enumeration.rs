//! Section A of threats.md: nothing in an answer shows whether an account exists or what state it is in.
//!
//! These tests do not measure time (`cargo xtask bench` does). A node with a full hash pool rejects every request that
//! needs a hash with 503, which shows whether one would be computed. Invariant: "alike" means equal status, body, header
//! names and header values, except for the request id.

use doorward::{model::UserId, ops::accounts::disable};
use doorward_password::{Password, Salt, Settings, StoredHash};
use doorward_test_macros::async_test;

use crate::support::full_pool::{PATIENT, fill};
use crate::support::{Reply, Site, site::password_of};

/// All that a client can see of an answer.
fn visible(reply: &Reply) -> (u16, String, Vec<(String, String)>) {
    let headers = reply.headers.iter().map(|(name, value)| {
        // `Retry-After` depends on the queue alone, and is computed before the account is looked up.
        let is_number = name == "x-request-id" || name == "retry-after";
        let value = if is_number { "some number" } else { value.to_str().unwrap() };
        (name.to_string(), value.to_owned())
    });
    (reply.status.as_u16(), reply.text(), headers.collect())
}

/// A site with one account in each state.
async fn in_every_state(login: &str) -> Site {
    let site = Site::builder().set("compat.login", login).start().await;
    for name in ["open", "closed", "odd"] {
        site.create(name, "user").await;
    }
    disable::disable_as_operator(&site.app, UserId(2)).await.unwrap().unwrap();
    site.database.set_password_hash("odd", "not a hash").await;
    site
}

/// Name and password of logins that must all look alike.
fn refused_logins() -> Vec<(&'static str, String)> {
    let mut logins = vec![("closed", password_of("closed"))];
    for name in ["nobody", "open", "closed", "odd", "OPEN ", "no body at all"] {
        logins.push((name, "wrong".to_owned()));
    }
    logins
}

// A5
#[async_test]
async fn an_unknown_name_a_wrong_password_and_a_disabled_account_look_alike() {
    for (login, status) in [("signup-login", 401), ("user-crud", 400)] {
        let site = in_every_state(login).await;
        let first = visible(&site.anon().log_in("nobody", "wrong").await);
        assert_eq!(first.0, status);
        for (name, password) in refused_logins() {
            assert_eq!(visible(&site.anon().log_in(name, &password).await), first, "{name}");
        }
        // An impossible password is rejected without a look-up, for every name.
        for name in ["nobody", "open", "closed"] {
            assert_eq!(visible(&site.anon().log_in(name, &"x".repeat(1025)).await), first, "{name}");
        }
        assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_sessions").await, "0");
    }
}

// A2: an unknown name costs one hash under every scheme, as a known name does.
#[async_test]
async fn every_login_that_could_be_right_goes_through_the_hash_pool() {
    let site = in_every_state("signup-login").await;
    for scheme in ["argon2id", "pbkdf2-sha256", "bcrypt"] {
        let node = site.another_node(&[("hashing.scheme", scheme), PATIENT]).await;
        let mut full = fill(&node).await;
        let first = visible(&node.anon().log_in("nobody", "wrong").await);
        assert_eq!(first.0, 503);
        for (name, password) in refused_logins() {
            full.top_up().await;
            assert_eq!(visible(&node.anon().log_in(name, &password).await), first, "{name}");
        }
        drop(full);
    }
}

// A2: the decoy is a computable hash with the current settings that matches no password.
#[async_test]
async fn the_decoy_can_be_computed_and_matches_no_password() {
    let all = [
        Settings::Argon2id { memory_kib: 64, iterations: 1, parallelism: 1 },
        Settings::Argon2id { memory_kib: 64, iterations: 2, parallelism: 2 },
        Settings::Pbkdf2Sha256 { iterations: 10 },
        Settings::Bcrypt { cost: 4 },
        Settings::default(),
    ];
    for settings in all {
        for seed in [0, 0x5a, 0xff] {
            let decoy: StoredHash = settings.unmatchable(Salt([seed; 16]), [seed; 32]).unwrap();
            for password in ["", "wrong", "password", "\0"] {
                assert!(!decoy.verify(&Password::new(password.to_owned()), &mut Default::default()));
            }
        }
    }
}
