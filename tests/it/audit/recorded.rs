//! Every operation leaves the event that it must, with all that is known: who, on whom, why, from where, when and by
//! which request.

use doorward_test_macros::async_test;
use serde_json::{Value, json};

use super::{
    Event, added,
    deeds::{self, Cast, Deed, Expected},
};

/// The row that must be there.
fn row(cast: &Cast<'_>, expected: &Expected) -> Event {
    let (actor_kind, actor, is_request) = match expected.actor {
        kind @ ("operator" | "system") => (kind, "NULL".to_owned(), false),
        "anonymous" => ("anonymous", "NULL".to_owned(), true),
        part => ("user", cast.name(part), true),
    };
    let of_request = |text: String| if is_request { text } else { "NULL".to_owned() };
    Event {
        event: expected.event.to_owned(),
        outcome: expected.outcome.to_owned(),
        reason: expected.reason.unwrap_or("NULL").to_owned(),
        actor_kind: actor_kind.to_owned(),
        actor,
        subject: expected.subject.map_or_else(|| "NULL".to_owned(), |part| cast.name(part)),
        address: of_request("203.0.113.7".to_owned()),
        client: of_request("Test/1".to_owned()),
        request_id: of_request(format!("00c0ffee-{:x}", cast.number)),
        occurred_at: cast.site.app.clock.now().0,
        details: details(cast, &expected.details),
    }
}

/// The details, in which the cast's own names stand for parts.
fn details(cast: &Cast<'_>, expected: &Value) -> Value {
    let mut details = expected.clone();
    for key in ["new_name", "role"] {
        if let Some(part) = details[key].as_str().filter(|part| ["bob", "clerk", "spare"].contains(part)) {
            details[key] = json!(cast.name(part));
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
async fn every_deed_leaves_its_event() {
    let site = deeds::site().await;
    for (number, Deed { name, events, perform }) in (1..).zip(deeds::all()) {
        // Those that concern all sessions are to find those of this cast alone.
        site.database.execute("DELETE FROM dw_sessions").await;
        let cast = Cast::new(&site, number).await;
        let (outcome, found) = added(&site.database, perform(&cast)).await;
        assert!(outcome.unwrap(), "{name} came to something else");
        let mut found: Vec<_> = found.into_iter().map(without_uids).collect();
        let mut expected: Vec<_> = events.iter().map(|event| row(&cast, event)).collect();
        found.sort_by(|one, other| one.event.cmp(&other.event));
        expected.sort_by(|one, other| one.event.cmp(&other.event));
        assert_eq!(found, expected, "{name}");
    }
}
