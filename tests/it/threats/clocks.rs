//! J14 of threats.md: clocks that are wrong by a day or by millennia, and clocks that step while users are logged in.
//!
//! Invariant: nothing panics or fails, a login works at any time, and no step extends a session's lifetime.

use doorward_test_macros::async_test;
use std::time::Duration;

use axum::http::Method;
use doorward::{
    model::UnixMillis,
    ops::{audit, idempotency, sessions::end},
};
use serde_json::json;

use crate::support::{
    Client, Site,
    site::{START, password_of},
};

const DAY: i64 = 86_400_000;
/// A difference of clocks that ends no session.
const MINUTES: i64 = 5 * 60_000;
/// 1969, the ends of 32-bit clocks, the last millisecond that RFC 3339 can write, and a day before and after the start.
const CLOCKS: [i64; 8] =
    [-DAY, -1, 0, 2_147_483_648_000, 4_294_967_296_000, 253_402_300_799_999, START.0 - DAY, START.0 + DAY];

/// Sends one of every request that reads or writes a time. Returns the statuses of the answers.
async fn one_of_each(site: &Site, name: &str) -> Vec<(String, u16)> {
    let password = "a violin in the greenhouse";
    let mut answers = Vec::new();
    let mut note = |what: &str, reply: &crate::support::Reply| {
        assert!(!reply.status.is_server_error(), "{what}: {}", reply.text());
        answers.push((what.to_owned(), reply.status.as_u16()));
    };
    let mut anon = site.anon().with_header("idempotency-key", name);
    for _ in 0..2 {
        let reply = anon.post("/api/v1/users", json!({ "name": name, "password": password })).await;
        note("POST /api/v1/users", &reply);
    }
    let mut browser = site.anon();
    note("POST /login", &browser.log_in(name, password).await);
    let begun = site.begin(name, password, "body").await;
    note("POST /api/v1/sessions", &begun);
    note("a wrong password", &site.begin(name, "wrong", "body").await);
    let mut program = site.anon().with_token(begun.assert_status(201)["token"].as_str().unwrap());
    for (method, path, body) in [
        (Method::GET, "/api/v1/sessions/current", None),
        (Method::GET, "/api/v1/sessions", None),
        (Method::GET, "/api/v1/users/me", None),
        (Method::PATCH, "/api/v1/users/me", Some(json!({ "attributes": { "a": 1 } }))),
        (Method::DELETE, "/api/v1/sessions", Some(json!({ "current_password": password }))),
        (
            Method::PUT,
            "/api/v1/users/me/password",
            Some(json!({ "current_password": password, "new_password": format!("{password}!") })),
        ),
    ] {
        note(&format!("{method} {path}"), &program.send(method.clone(), path, body).await);
    }
    answers
}

// J14
#[async_test]
async fn everything_works_at_any_time_of_the_clock() {
    let expected = {
        let site = Site::new().await;
        one_of_each(&site, "ann").await
    };
    for clock in CLOCKS {
        let site = Site::new().await;
        site.set_time(UnixMillis(clock));
        assert_eq!(one_of_each(&site, "ann").await, expected, "at {clock}");
        // The background jobs.
        end::expired(&site.app).await.unwrap();
        idempotency::forget(&site.app).await.unwrap();
        audit::prune(&site.app).await.unwrap();
        // Administrators can read the results.
        let mut root = site.admin("root").await;
        for path in ["/api/v1/audit-events", "/api/v1/users", "/api/v1/users?state=enabled&limit=1"] {
            assert_eq!(root.get(path).await.status, 200, "{path} at {clock}");
        }
    }
}

// J14: the clock steps while sessions are open, and back again.
#[async_test]
async fn no_step_of_the_clock_fails_a_request_or_extends_a_session() {
    for clock in CLOCKS.into_iter().chain([START.0 - MINUTES, START.0 + MINUTES]) {
        let site = Site::new().await;
        let mut root = site.admin("root").await;
        site.create("ann", "user").await;
        let mut ann: Client = site.bearer("ann").await;
        site.set_time(UnixMillis(clock));
        let jumped = one_of_each(&site, "bob").await;
        assert!(jumped.iter().all(|(_, status)| matches!(status, 200..=204 | 401)), "{jumped:?} at {clock}");
        let status = ann.get("/api/v1/sessions/current").await.status.as_u16();
        // The session has ended if the clock went a day ahead, and also if it went a day back: the session then began
        // in the future, and no limit would end it in time.
        let has_ended = clock.abs_diff(START.0) >= DAY.unsigned_abs();
        assert_eq!(status, if has_ended { 401 } else { 200 }, "at {clock}");
        root.get("/api/v1/audit-events").await;
        site.begin("ann", "wrong", "body").await.assert_problem(401, "wrong_credentials");
        end::expired(&site.app).await.unwrap();
        site.set_time(START);
        assert_eq!(ann.get("/api/v1/sessions/current").await.status, status, "back from {clock}");
        // Failures recorded under the wrong time do not prevent a login.
        site.advance(Duration::from_secs(3_600));
        site.begin("ann", &password_of("ann"), "body").await.assert_status(201);
    }
}

// J14: a session that began under a clock that ran ahead is not valid once the clock is right, also not when that time
// comes.
#[async_test]
async fn a_session_of_a_clock_that_ran_ahead_ends_when_the_clock_is_right() {
    let site = Site::new().await;
    site.create("ann", "user").await;
    site.create("bob", "user").await;
    site.set_time(UnixMillis(START.0 + 400 * DAY));
    let mut ann = site.bearer("ann").await;
    assert_eq!(ann.get("/api/v1/sessions/current").await.status, 200);
    site.set_time(START);
    let mut bob = site.bearer("bob").await;
    ann.get("/api/v1/sessions/current").await.assert_problem(401, "not_signed_in");
    assert_eq!(bob.get("/api/v1/sessions/current").await.status, 200);
    site.set_time(UnixMillis(START.0 + 400 * DAY));
    ann.get("/api/v1/sessions/current").await.assert_problem(401, "not_signed_in");
}

// J14: a node whose clock is far behind, as after a start without a network, does not log everybody out.
#[async_test]
async fn a_sweep_under_a_clock_that_is_behind_ends_no_session() {
    let site = Site::new().await;
    let mut ann = site.user("ann").await;
    site.set_time(UnixMillis(START.0 - 400 * DAY));
    assert_eq!(end::expired(&site.app).await.unwrap(), 0);
    site.set_time(START);
    assert_eq!(ann.get("/api/v1/sessions/current").await.status, 200);
}

// J14: a use under a clock that ran ahead does not extend the idle limit.
#[async_test]
async fn a_use_under_a_clock_that_ran_ahead_ends_the_session_when_the_clock_is_right() {
    let site = Site::new().await;
    site.create("ann", "user").await;
    let mut ann = site.bearer("ann").await;
    site.set_time(UnixMillis(START.0 + DAY / 2));
    assert_eq!(ann.get("/api/v1/sessions/current").await.status, 200);
    site.set_time(START);
    ann.get("/api/v1/sessions/current").await.assert_problem(401, "not_signed_in");
}
