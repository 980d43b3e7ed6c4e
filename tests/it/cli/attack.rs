//! An attack shows: `doorward audit top`, the filters of `tail` and `export`, one line in the log, a metric, and findings.

use doorward_test_macros::async_test;
use serde_json::{Value, json};

use super::Operator;
use crate::support::EventRow;

/// A refused login of an account from an address, `minutes` before noon of 22 November 2026.
struct Failure {
    number: u32,
    minutes: u64,
    account: Option<&'static str>,
    address: &'static str,
    reason: &'static str,
}

const NOON: u64 = 1_795_348_800_000;

async fn insert(operator: &Operator, failures: &[Failure]) {
    operator.does(&["migrate", "up"]);
    let row = |failure: &Failure| {
        let at = NOON - failure.minutes * 60_000 + u64::from(failure.number);
        let uid = format!("{at:012x}{:020x}", failure.number);
        let row =
            EventRow::new(uid, i64::try_from(at).unwrap(), "authn_login_fail").refused(failure.reason, failure.address);
        match failure.account {
            Some(name) => row.about(format!("{:032x}", name.len()), name),
            None => row,
        }
    };
    operator.database.insert_events(&failures.iter().map(row).collect::<Vec<_>>()).await;
}

fn failures() -> Vec<Failure> {
    let mut failures = Vec::new();
    let mut add = |count: u32, minutes, account, address, reason| {
        for _ in 0..count {
            failures.push(Failure { number: failures.len() as u32, minutes, account, address, reason });
        }
    };
    add(6, 10, Some("ann"), "192.0.2.7", "wrong_password");
    add(3, 20, None, "192.0.2.8", "unknown_name");
    add(2, 30, Some("bob"), "2001:db8::1", "wrong_password");
    add(1, 90, Some("bob"), "198.51.100.1", "account_disabled");
    failures
}

const SINCE: &str = "2026-11-22T11:00:00Z";

#[async_test]
async fn the_most_refused_accounts_addresses_and_reasons_are_shown() {
    let operator = Operator::new().await;
    insert(&operator, &failures()).await;
    let top = operator.shows(&["audit", "top", "--since", SINCE]);
    let row = |name: &str, value: &str, events: u32| json!({ name: value, "events": events });
    assert_eq!(
        top,
        json!({
            "since": SINCE,
            "events": 11,
            "reason": [
                row("reason", "authn_login_fail wrong_password", 8),
                row("reason", "authn_login_fail unknown_name", 3),
            ],
            "account": [row("account", "ann", 6), row("account", "(unknown name)", 3), row("account", "bob", 2)],
            "address": [
                row("address", "192.0.2.7", 6),
                row("address", "192.0.2.8", 3),
                row("address", "2001:db8::1", 2),
            ],
            "network": [row("network", "192.0.2.0/24", 9), row("network", "2001:db8::/48", 2)],
        })
    );
    let table = operator.does(&["audit", "top", "--since", SINCE, "-n", "1"]);
    assert!(table.starts_with("11 events since 2026-11-22T11:00:00Z\n"), "{table}");
    assert!(table.contains("6       54 %   ann\nand 2 more\n"), "{table}");
    for (arguments, events) in [
        (["--since", SINCE].as_slice(), 11),
        (&["--since", "2026-11-22T10:00:00Z"], 12),
        (&["--since", SINCE, "--until", "2026-11-22T11:45:00Z"], 5),
        (&["--since", SINCE, "--address", "192.0.2.0/24"], 9),
        (&["--since", SINCE, "--address", "192.0.2.7"], 6),
        (&["--since", SINCE, "--event", "authz_fail"], 0),
        (&["--since", SINCE, "--outcome", "success"], 0),
        // The events are older than an hour, or younger than a thousand years.
        (&["--since", "1m"], 0),
    ] {
        let top = operator.shows(&[["audit", "top"].as_slice(), arguments].concat());
        assert_eq!(top["events"], events, "{arguments:?}");
    }
    assert_eq!(operator.program.run(&["audit", "top", "--since", "yesterday"]).code, 2);
    assert_eq!(operator.program.run(&["audit", "top", "--address", "192.0.2"]).code, 2);
}

#[async_test]
async fn tail_and_export_have_the_same_filters() {
    let operator = Operator::new().await;
    insert(&operator, &failures()).await;
    operator.creates("eve", "user");
    for (arguments, count) in [
        (["--address", "192.0.2.8"].as_slice(), 3),
        (&["--address", "192.0.2.0/24"], 9),
        (&["--address", "2001:db8::/32"], 2),
        (&["--outcome", "refused"], 12),
        (&["--event", "user_created"], 1),
        (&["--account", "eve"], 1),
        (&["--subject", "eve", "--outcome", "refused"], 0),
        (&["--event", "authn_login_fail", "--address", "198.51.100.1"], 1),
    ] {
        let tail = operator.does(&[["audit", "tail", "--json"].as_slice(), arguments].concat());
        let export = operator.does(&[["audit", "export"].as_slice(), arguments].concat());
        assert_eq!((tail.lines().count(), export.lines().count()), (count, count), "{arguments:?}");
        assert_eq!(tail, export);
    }
    // The newest that match, and not those among the newest.
    let tail = operator.does(&["audit", "tail", "-n", "2", "--address", "192.0.2.7", "--json"]);
    let events: Vec<Value> = tail.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(events.len() == 2 && events.iter().all(|event| event["address"] == "192.0.2.7"), "{tail}");
    operator
        .is_refused(&["audit", "tail", "--account", "nobody"], "refused: no such user; a deleted user is found by id");
    assert_eq!(operator.does(&["audit", "export", "--since", "1m"]).lines().count(), 1);
}

#[async_test]
async fn many_failed_logins_are_reported_once_in_the_log_and_by_doctor() {
    let mut operator = Operator::new().await;
    operator.program = operator.program.set("throttle.alert_failures", "3");
    operator.creates("ann", "user");
    let state = || {
        let findings = operator.shows(&["doctor"]);
        let found = findings.as_array().unwrap().iter().find(|finding| finding["about"] == "failed logins").unwrap();
        (found["state"].as_str().unwrap().to_owned(), found["detail"].as_str().unwrap().to_owned())
    };
    let server = operator.program.serve();
    let verbose = || {
        let reply = server.web.clone().get("/readyz?verbose");
        let value: Value = serde_json::from_str(&reply.body).unwrap();
        let check =
            value["checks"].as_array().unwrap().iter().find(|check| check["about"] == "logins").unwrap().clone();
        check["state"].as_str().unwrap().to_owned()
    };
    for name in ["ann", "nobody"] {
        assert_eq!(server.web.clone().log_in(name, "wrong").status, 401);
    }
    assert_eq!((state(), verbose()), (("ok".to_owned(), "2 in the last 5 minutes".to_owned()), "ok".to_owned()));
    for name in ["ann", "nobody", "someone"] {
        assert_eq!(server.web.clone().log_in(name, "wrong").status, 401);
    }
    let (found, detail) = state();
    assert!(found == "weak" && detail.contains("doorward audit top --since 10m"), "{detail}");
    assert_eq!(verbose(), "weak");
    let top = operator.shows(&["audit", "top"]);
    assert_eq!((&top["events"], &top["address"][0]), (&json!(5), &json!({ "address": "127.0.0.1", "events": 5 })));
    let (_, printed) = server.stop();
    assert_eq!(printed.matches("many logins fail").count(), 1, "{printed}");
}

#[async_test]
async fn a_user_is_shown_by_name_number_or_uuid() {
    let operator = Operator::new().await;
    operator.creates("ann", "user");
    operator.creates("1", "user");
    let ann = operator.shows(&["user", "show", "ann"]);
    assert_eq!(operator.shows(&["user", "show", ann["uid"].as_str().unwrap()]), ann);
    assert_eq!(operator.shows(&["user", "show", "1", "--by-id"]), ann);
    // A name that looks like a number is still a name.
    let other = operator.shows(&["user", "show", "1"]);
    assert_eq!(other["name"], "1");
    assert_eq!(operator.shows(&["user", "show", "2"]), other);
    operator.is_refused(&["user", "show", "3"], "refused: no such user");
    // A command that changes something does not guess.
    operator.is_refused(&["user", "delete", "2"], "refused: no such user");
}
