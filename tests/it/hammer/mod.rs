//! Random requests through the router: thousands in the suite, and a million by `cargo xtask hammer`.
//!
//! Invariant: no request panics or gets a 5xx, and each answer has the common form. The requests are sequential, so the hash
//! pool is never full and no 503 is expected. A seed determines the site and all its requests, so a fault can be reproduced.

#![expect(clippy::print_stderr, reason = "the figures of a run")]

use doorward_test_macros::async_test;

mod dice;
mod requests;
mod words;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::http::StatusCode;
use doorward::model::{Rng, UnixMillis};

use self::{dice::Dice, requests::Memory};
use crate::support::{Reply, Site, site::START};

/// The number of requests to one site. More would mostly test long lists.
const OF_ONE_SITE: usize = 5_000;
/// After this many requests, new users replace those that were locked out.
const BLOCK: usize = 250;
/// The default number of requests.
const REQUESTS: usize = 1_500;

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| text.parse().expect("a number"))
}

/// A site whose identifiers, tokens and salts depend only on the seed.
async fn site(seed: u64) -> Site {
    let drawn = AtomicU64::new(seed);
    let rng = Rng::from_fn(move |bytes| {
        for byte in bytes {
            let state = drawn.fetch_add(1, Ordering::Relaxed);
            *byte = Dice::new(state.wrapping_mul(0x2545_f491_4f6c_dd1d)).number().to_le_bytes()[0];
        }
        Ok(())
    });
    let throttled = if seed.is_multiple_of(2) { "true" } else { "false" };
    let builder = Site::builder().rng(rng).set("throttle.enabled", throttled).set("hashing.max_wait", "60s");
    builder.set("database.timeout", "60s").set("server.trusted_proxies", "10.0.1.0/24").start().await
}

/// Creates an administrator, a user, one who must change the password, and a disabled one. Each logs in by token and by
/// cookie.
async fn create_users(site: &Site, memory: &mut Memory, block: usize) {
    for (part, role) in [("root", "admin"), ("ann", "user"), ("pending", "user"), ("gone", "user")] {
        let name = format!("{part} {block}");
        match part {
            "pending" => site.create_pending(&name, role).await,
            _ => site.create(&name, role).await,
        };
        memory.learn(&site.begin(&name, &crate::support::site::password_of(&name), "body").await);
        memory.learn(&site.anon().log_in(&name, &crate::support::site::password_of(&name)).await);
        if part == "gone" {
            site.disable(&name).await;
        }
    }
}

/// Checks the common form of an answer.
fn check_reply(reply: &Reply, what: &str) {
    let text = || format!("{what}: {} {}", reply.status, reply.text());
    assert!(!reply.status.is_server_error(), "{}", text());
    assert!(reply.headers.contains_key("x-request-id"), "{}", text());
    assert_eq!(reply.headers["cache-control"], "no-store", "{}", text());
    let has_body = !reply.body.is_empty();
    let is_json = reply.headers.get("content-type").is_some_and(|value| value.to_str().unwrap().contains("json"));
    let is_page = reply.headers.get("content-type").is_some_and(|value| value == "text/html; charset=utf-8");
    assert!(
        !has_body || is_page || is_json && serde_json::from_slice::<serde_json::Value>(&reply.body).is_ok(),
        "{}",
        text()
    );
    let is_explained = has_body || reply.status == StatusCode::NO_CONTENT || what.contains("HEAD");
    assert!(is_explained, "{}", text());
}

/// Sends the requests of one seed. Returns how many were accepted.
async fn hammer(seed: u64, requests: usize) -> usize {
    let site = site(seed).await;
    let document = site.anon().get("/openapi.json").await.json();
    let mut memory = Memory::new(seed, &document);
    let mut done = 0;
    for number in 0..requests {
        if number % BLOCK == 0 {
            // Also in the distant past, and after the end of 32-bit clocks.
            let days = *memory.dice().one_of(&[0, 1, 400, 4_200, -21_000]);
            site.set_time(UnixMillis(START.0 + days * 86_400_000));
            create_users(&site, &mut memory, number / BLOCK).await;
        }
        if memory.dice().is_one_in(100) {
            let seconds = *memory.dice().one_of(&[1, 60, 301, 3_601, 86_401]);
            site.advance(Duration::from_secs(seconds));
        }
        let request = memory.request();
        let what = format!("seed {seed}, request {number}: {} {}", request.method(), request.uri());
        let reply = site.anon().send_request(request).await;
        check_reply(&reply, &what);
        done += usize::from(reply.status.is_success());
        memory.learn(&reply);
    }
    eprintln!("seed {seed}: {requests} requests, {done} done");
    done
}

#[async_test(worker_threads = 4)]
async fn no_random_request_makes_the_service_fail() {
    let requests = usize::try_from(number("DW_TEST_REQUESTS", REQUESTS as u64)).unwrap();
    let first = number("DW_TEST_SEED", 1);
    let sites = requests.div_ceil(OF_ONE_SITE);
    let next = Arc::new(AtomicUsize::new(0));
    let workers: Vec<_> = (0..std::thread::available_parallelism().map_or(1, usize::from))
        .map(|_| {
            let next = Arc::clone(&next);
            tokio::spawn(async move {
                let mut done = 0;
                loop {
                    let site = next.fetch_add(1, Ordering::Relaxed);
                    if site >= sites {
                        return done;
                    }
                    done += hammer(first + site as u64, OF_ONE_SITE.min(requests - site * OF_ONE_SITE)).await;
                }
            })
        })
        .collect();
    let mut done = 0;
    for worker in workers {
        done += worker.await.unwrap();
    }
    eprintln!("{requests} requests over {sites} sites from seed {first}: {done} done, the others refused, none failed");
    // Otherwise nearly all requests would be invalid.
    assert!(done > requests / 20, "{done} of {requests}");
}

/// A seed reproduces its requests, so that a fault can be examined.
#[test]
fn the_same_seed_gives_the_same_requests() {
    let requests = |seed| {
        let mut memory = Memory::new(seed, &serde_json::Value::Null);
        (0..200).map(|_| format!("{:?}", memory.request())).collect::<Vec<_>>()
    };
    assert_eq!(requests(1), requests(1));
    assert_ne!(requests(1), requests(2));
}
