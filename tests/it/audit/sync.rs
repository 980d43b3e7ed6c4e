//! The trail of what the living link does by itself: users adopted, passwords taken over, users shut out.

use doorward_test_macros::async_test;
use serde_json::json;

use super::{added, trail};
use crate::sync::There;

#[async_test]
async fn what_the_old_application_brings_about_is_told_as_such() {
    let there = There::users().await;
    there.add(7, "ann", "the first").await;
    let site = there.linked().start().await;
    let summary = |events: Vec<super::Event>| {
        let mut told: Vec<_> = events
            .into_iter()
            .map(|event| format!("{} {} {} on {}", event.event, event.reason, event.actor_kind, event.subject))
            .collect();
        told.sort();
        told
    };
    let (reply, events) = added(&site.database, async { site.anon().log_in("ann", "the first").await }).await;
    assert_eq!(reply.status, 200);
    assert_eq!(summary(events), ["authn_login_success NULL user on ann", "user_created adopted system on ann"]);

    there.change(7, "the second").await;
    let (reply, events) = added(&site.database, async { site.anon().log_in("ann", "the second").await }).await;
    assert_eq!(reply.status, 200);
    let changed = "authn_password_change changed_in_old_application system on ann";
    assert_eq!(
        summary(events),
        ["authn_login_success NULL user on ann", changed].into_iter().map(str::to_owned).collect::<Vec<_>>()
    );

    there.remove(7).await;
    let (reply, events) = added(&site.database, async { site.anon().log_in("ann", "the second").await }).await;
    assert_eq!(reply.status, 401);
    let gone = "user_archived changed_in_old_application system on ann";
    assert_eq!(summary(events), ["authn_login_fail changed_in_old_application anonymous on ann", gone]);
    let archived = trail(&site.database).await.into_iter().find(|event| event.event == "user_archived").unwrap();
    assert_eq!(archived.details, json!({ "sessions_ended": 1 }));
}

#[async_test]
async fn a_name_that_is_there_twice_is_refused_and_told() {
    let there = There::users().await;
    if !there.database.is_sqlite() {
        // There the old table itself compares names folded, and takes no second one.
        return;
    }
    there.add(1, "Ann", "the first").await;
    there.add(2, "ANN", "the second").await;
    let site = there.linked().start().await;
    let (reply, events) = added(&site.database, async { site.anon().log_in("ANN", "the second").await }).await;
    assert_eq!(reply.status, 401);
    let [event] = &events[..] else { panic!("{events:?}") };
    assert!(["not_adoptable", "wrong_password"].contains(&event.reason.as_str()), "{event:?}");
    assert_eq!((event.event.as_str(), event.subject.as_str()), ("authn_login_fail", "NULL"));
}
