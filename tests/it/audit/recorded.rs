//! Every operation leaves its event with the actor, subject, reason, source, time and request id.

use doorward_test_macros::async_test;
use serde_json::{Value, json};

use super::{
    Event, added,
    operations::{self, Case, Expected, Fixture},
};

/// The expected row.
fn row(fixture: &Fixture<'_>, expected: &Expected) -> Event {
    let (actor_kind, actor, is_request) = match expected.actor {
        kind @ ("operator" | "system") => (kind, "NULL".to_owned(), false),
        "anonymous" => ("anonymous", "NULL".to_owned(), true),
        part => ("user", fixture.name(part), true),
    };
    let of_request = |text: String| if is_request { text } else { "NULL".to_owned() };
    Event {
        event: expected.event.to_owned(),
        outcome: expected.outcome.to_owned(),
        reason: expected.reason.unwrap_or("NULL").to_owned(),
        actor_kind: actor_kind.to_owned(),
        actor,
        subject: expected.subject.map_or_else(|| "NULL".to_owned(), |part| fixture.name(part)),
        address: of_request("203.0.113.7".to_owned()),
        client: of_request("Test/1".to_owned()),
        request_id: of_request(format!("00c0ffee-{:x}", fixture.number)),
        occurred_at: fixture.site.app.clock.now().0,
        details: details(fixture, &expected.details),
    }
}

/// The expected details, with the names of this fixture.
fn details(fixture: &Fixture<'_>, expected: &Value) -> Value {
    let mut details = expected.clone();
    for key in ["new_name", "role"] {
        if let Some(part) = details[key].as_str().filter(|part| ["bob", "clerk", "spare"].contains(part)) {
            details[key] = json!(fixture.name(part));
        }
    }
    details
}

fn without_uids(mut event: Event) -> Event {
    if let Some(session) = event.details.get_mut("session") {
        assert_eq!(session.as_str().unwrap().len(), 36);
        *session = json!("…");
    }
    event
}

#[async_test]
async fn every_operation_leaves_its_events() {
    let site = operations::site().await;
    for (number, Case { name, events, perform }) in (1..).zip(operations::all()) {
        // Operations on all sessions must find only those of this fixture.
        site.database.remove_sessions().await;
        let fixture = Fixture::new(&site, number).await;
        let (outcome, found) = added(&site.database, perform(&fixture)).await;
        assert!(outcome.unwrap(), "{name} had another outcome");
        let mut found: Vec<_> = found.into_iter().map(without_uids).collect();
        let mut expected: Vec<_> = events.iter().map(|event| row(&fixture, event)).collect();
        found.sort_by(|one, other| one.event.cmp(&other.event));
        expected.sort_by(|one, other| one.event.cmp(&other.event));
        assert_eq!(found, expected, "{name}");
    }
}
