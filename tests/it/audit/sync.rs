//! Events that the sync causes by itself: adopted users, adopted passwords, and users shut out.

use doorward_test_macros::async_test;
use serde_json::json;

use super::{added, trail};
use crate::sync::LegacyTable;

#[async_test]
async fn changes_by_the_legacy_application_are_recorded_as_such() {
    let legacy = LegacyTable::users().await;
    legacy.add(7, "ann", "the first").await;
    let site = legacy.synced().start().await;
    let summary = |events: Vec<super::Event>| {
        let mut lines: Vec<_> = events
            .into_iter()
            .map(|event| format!("{} {} {} on {}", event.event, event.reason, event.actor_kind, event.subject))
            .collect();
        lines.sort();
        lines
    };
    let (reply, events) = added(&site.database, async { site.anon().log_in("ann", "the first").await }).await;
    assert_eq!(reply.status, 200);
    assert_eq!(summary(events), ["authn_login_success NULL user on ann", "user_created adopted system on ann"]);

    legacy.change(7, "the second").await;
    let (reply, events) = added(&site.database, async { site.anon().log_in("ann", "the second").await }).await;
    assert_eq!(reply.status, 200);
    let changed = "authn_password_change changed_in_old_application system on ann";
    assert_eq!(
        summary(events),
        ["authn_login_success NULL user on ann", changed].into_iter().map(str::to_owned).collect::<Vec<_>>()
    );

    legacy.remove(7).await;
    let (reply, events) = added(&site.database, async { site.anon().log_in("ann", "the second").await }).await;
    assert_eq!(reply.status, 401);
    let gone = "user_archived changed_in_old_application system on ann";
    assert_eq!(summary(events), ["authn_login_fail changed_in_old_application anonymous on ann", gone]);
    let archived = trail(&site.database).await.into_iter().find(|event| event.event == "user_archived").unwrap();
    assert_eq!(archived.details, json!({ "sessions_ended": 1 }));
}

#[async_test]
async fn a_duplicate_legacy_name_is_refused_and_recorded() {
    let legacy = LegacyTable::users().await;
    if !legacy.database.is_sqlite() {
        // MySQL's legacy table compares names without case, and refuses a second one.
        return;
    }
    legacy.add(1, "Ann", "the first").await;
    legacy.add(2, "ANN", "the second").await;
    let site = legacy.synced().start().await;
    let (reply, events) = added(&site.database, async { site.anon().log_in("ANN", "the second").await }).await;
    assert_eq!(reply.status, 401);
    let [event] = &events[..] else { panic!("{events:?}") };
    assert!(["not_adoptable", "wrong_password"].contains(&event.reason.as_str()), "{event:?}");
    assert_eq!((event.event.as_str(), event.subject.as_str()), ("authn_login_fail", "NULL"));
}
