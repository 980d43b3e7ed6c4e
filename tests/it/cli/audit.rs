//! `doorward audit …` and `doorward explain`, with and without a running server.

use doorward_test_macros::async_test;
use std::{collections::BTreeSet, fs};

use serde_json::{Value, json};

use super::Operator;
use crate::support::{EventRow, eventually};

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Inserts `count` events, one each millisecond from 1970, alternating between two actors.
async fn fill(operator: &Operator, count: u32) {
    operator.does(&["migrate", "up"]);
    let event = |number: u32| {
        let word = if number.is_multiple_of(3) { "authn_login_fail" } else { "authn_login_success" };
        let actor = number % 2;
        // The first six bytes of an identifier are its time.
        let uid = format!("{number:012x}{number:020x}");
        EventRow::new(uid, number.into(), word).by(format!("{actor:032x}"), &format!("a{actor}"))
    };
    operator.database.insert_events(&(1..=count).map(event).collect::<Vec<_>>()).await;
}

#[async_test]
async fn an_export_of_thousands_has_every_event_once() {
    let operator = Operator::new().await;
    fill(&operator, 3000).await;
    let events = lines(&operator.does(&["audit", "export"]));
    let ids: Vec<_> = events.iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 3000);
    assert!(ids.is_sorted() && ids.iter().collect::<BTreeSet<_>>().len() == 3000);
    assert_eq!(operator.does(&["audit", "export", "--format", "csv"]).matches("\r\n").count(), 3001);
    // A filter that most events do not match.
    assert_eq!(operator.does(&["audit", "export", "--event", "authn_login_fail"]).lines().count(), 1000);
    let of_one = operator.does(&["audit", "export", "--actor", "00000000-0000-0000-0000-000000000001"]);
    assert_eq!(of_one.lines().count(), 1500);
    for (since, until, count) in [
        ("1970-01-01T00:00:01Z", "1970-01-01T00:00:02Z", 1000),
        ("1970-01-01T01:00:01+01:00", "1970-01-01T00:00:01.001Z", 1),
        ("1970-01-01T00:00:02Z", "1970-01-01T00:00:01Z", 0),
        ("1970-01-01T00:00:03Z", "9999-01-01T00:00:00Z", 1),
    ] {
        let exported = operator.does(&["audit", "export", "--since", since, "--until", until]);
        assert_eq!(exported.lines().count(), count, "{since} to {until}");
    }
}

#[async_test]
async fn an_event_is_shown_as_in_the_api() {
    let operator = Operator::new().await;
    operator.creates("ann", "user");
    let server = operator.program.serve();
    assert_eq!(server.web.clone().log_in("ann", "wrong").status, 401);
    let events = lines(&operator.does(&["audit", "tail", "-n", "1", "--json"]));
    let event = &events[0];
    let members: Vec<_> = event.as_object().unwrap().keys().map(String::as_str).collect();
    let who = ["actor", "subject", "address", "client", "request_id", "details"];
    assert_eq!(members, [["id", "occurred_at", "event", "outcome", "reason"].as_slice(), &who].concat());
    assert_eq!(event["actor"], json!({ "kind": "anonymous", "id": null, "name": null }));
    assert_eq!(event["subject"]["name"], "ann");
    assert_eq!((&event["address"], &event["outcome"]), (&json!("127.0.0.1"), &json!("refused")));
    assert_eq!(lines(&operator.does(&["audit", "export", "--subject", "ANN"])).len(), 2);
    let line = operator.does(&["audit", "tail", "-n", "1"]);
    let at = event["occurred_at"].as_str().unwrap();
    let said = format!("{at} authn_login_fail refused wrong_password by anonymous on \"ann\" from 127.0.0.1 request ");
    assert!(line.starts_with(&said), "{line}");
    assert_eq!(operator.does(&["audit", "tail"]).lines().count(), 2);
    assert_eq!(operator.does(&["audit", "tail", "-n", "0"]), "");
    operator
        .is_refused(&["audit", "export", "--actor", "nobody"], "refused: no such user; a deleted user is found by id");
    for wrong in [["--since", "yesterday"], ["--event", "login"], ["--format", "xml"]] {
        assert_eq!(operator.program.run(&[["audit", "export"].as_slice(), &wrong].concat()).code, 2, "{wrong:?}");
    }
    assert_eq!(operator.program.run(&["audit", "tail", "-n", "10001"]).code, 2);
}

/// An event that commits late may sort before events that were already shown.
#[async_test]
async fn following_shows_each_event_once_including_late_ones() {
    let operator = Operator::new().await;
    operator.creates("ann", "user");
    operator.creates("bob", "user");
    let path = operator.database.folder().join("followed");
    let following = operator.program.start_into(&["audit", "tail", "-n", "1", "--follow", "--json"], &path);
    let followed = || fs::read_to_string(&path).unwrap();
    let shows = |name: &str| eventually(name, || followed().contains(&format!("\"{name}\"")).then_some(()));
    shows("bob");
    let newest = operator.database.rows("SELECT HEX(uid), occurred_at FROM dw_audit_events ORDER BY uid DESC").await;
    operator.creates("cay", "user");
    shows("cay");
    let (uid, at) = (&newest[0][0], newest[0][1].parse::<i64>().unwrap());
    let late = format!("{}{}", &uid[..12], "0".repeat(20));
    let event = EventRow::new(late.clone(), at, "user_created").about(late, "late");
    operator.database.insert_events(&[event]).await;
    shows("late");
    // One more poll, which could repeat events.
    operator.creates("dee", "user");
    shows("dee");
    following.signal("INT");
    let ran = following.wait();
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let names: Vec<_> =
        lines(&followed()).iter().map(|event| event["subject"]["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names, ["bob", "cay", "late", "dee"]);
}

#[async_test]
async fn a_refusal_is_explained_by_its_request_id() {
    let operator = Operator::new().await;
    operator.creates("boss", "admin");
    operator.creates("ann", "user");
    let server = operator.program.serve();
    let mut ann = server.web.clone();
    let failed = ann.log_in("ann", "wrong");
    assert_eq!(ann.log_in("ann", "the password of ann").status, 200);
    let forbidden = ann.send("DELETE", "/user/1", None).unwrap();
    let answered = ann.get("/user/1");
    for (answer, rule, by) in [
        (&failed, "wrong_password: The password is not that of the account.", "anonymous"),
        (&forbidden, "permission_missing: The user's role does not hold the permission.", "\"ann\" (user "),
    ] {
        let number = answer.header("x-request-id").unwrap();
        let text = operator.does(&["explain", number]);
        assert!(text.contains(&format!("  rule     {rule}\n")), "{text}");
        assert!(text.contains(&format!("  by       {by}")) && text.contains("  from     127.0.0.1\n"), "{text}");
        let shown = operator.shows(&["explain", number]);
        assert_eq!(shown["request_id"], number);
        assert_eq!(shown["events"].as_array().unwrap().len(), 1);
        assert!(rule.ends_with(shown["events"][0]["rule"].as_str().unwrap()), "{shown}");
    }
    for unknown in [answered.header("x-request-id").unwrap(), "no\u{1b}[2Jsuch"] {
        let ran = operator.program.run(&["explain", unknown]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
        assert!(ran.stderr.contains("nothing is recorded") && !ran.stderr.contains('\u{1b}'), "{}", ran.stderr);
        let ran = operator.program.run(&["explain", unknown, "--json"]);
        assert_eq!(serde_json::from_str::<Value>(&ran.stdout).unwrap()["events"], json!([]));
    }
}

// G15: in JSON too, neither the argument nor a recorded text can move the cursor, hide other text or begin a line.
#[async_test]
async fn an_explanation_as_json_has_no_control_characters() {
    let operator = Operator::new().await;
    let hostile = "a\u{1b}[2J\u{9b}31m\u{202e}b\u{2028}c\u{200b}\r\nd";
    operator.does(&["migrate", "up"]);
    let uid = "000000000001".to_owned() + &"0".repeat(20);
    let event = EventRow::new(uid.clone(), 1, "authn_login_fail").outcome("refused");
    operator.database.insert_events(&[event.by(uid, hostile).of_request(hostile, "1-1")]).await;
    let shown = operator.does(&["explain", "1-1", "--json"]);
    let echoed = operator.program.run(&["explain", hostile, "--json"]).stdout;
    for printed in [&shown, &echoed] {
        let unseen = printed
            .chars()
            .find(|sign| sign.is_control() && *sign != '\n' || "\u{202e}\u{2028}\u{200b}".contains(*sign));
        assert_eq!(unseen, None, "{printed:?}");
    }
    // The JSON values are complete.
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(
        (&shown["events"][0]["actor"]["name"], &shown["events"][0]["client"]),
        (&json!(hostile), &json!(hostile))
    );
    assert_eq!(serde_json::from_str::<Value>(&echoed).unwrap()["request_id"], hostile);
}

/// The server removes old events at its start and every hour.
#[async_test]
async fn a_server_removes_events_past_their_retention() {
    let operator = Operator::new().await;
    fill(&operator, 1500).await;
    let server = operator.program.serve();
    let left = "SELECT COUNT(*) FROM dw_audit_events WHERE occurred_at < 2000";
    let runtime = tokio::runtime::Handle::current();
    let database = operator.database.clone();
    tokio::task::block_in_place(|| {
        eventually("the end of old events", || (runtime.block_on(database.value(left)) == "0").then_some(()));
    });
    let (_, printed) = server.stop();
    assert!(printed.contains("audit events beyond audit.retention removed"), "{printed}");
    let kept = lines(&operator.does(&["audit", "export"]));
    assert_eq!(kept.iter().map(|event| event["details"]["events"].as_u64().unwrap()).sum::<u64>(), 1500);
}
