//! Retention: events are kept for `audit.retention`, and idempotency keys for a day.

use doorward_test_macros::async_test;
use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use doorward::{
    Error,
    model::{Clock, Name, PasswordPolicy, Rng, Source, UnixMillis},
    ops::{
        accounts::sign_up::{self, NewAccount, NewAccountRefused, RepeatableSignUpRefused, SignUpRefused},
        audit,
        idempotency::{self, IdempotencyKey, replay::ReplayRefused},
    },
};
use doorward_password::Password;
use serde_json::json;

use super::{added, trail};
use crate::support::{EventRow, Site, site::START};

const DAY: Duration = Duration::from_secs(86_400);
const MILLISECOND: Duration = Duration::from_millis(1);
const NAME_TAKEN: RepeatableSignUpRefused =
    RepeatableSignUpRefused::SignUp(SignUpRefused::Account(NewAccountRefused::NameTaken));

async fn site() -> Site {
    Site::builder().set("audit.retention", "2d").start().await
}

#[async_test]
async fn an_event_is_removed_exactly_after_its_retention() {
    let site = site().await;
    site.create("ann", "user").await;
    site.advance(2 * DAY);
    assert_eq!(audit::prune(&site.app).await.unwrap(), 0, "its age equals the retention");
    site.advance(MILLISECOND);
    let (removed, events) = added(&site.database, audit::prune(&site.app)).await;
    assert_eq!(removed.unwrap(), 1);
    let [event] = &events[..] else { panic!("{events:?}") };
    let said = (event.event.as_str(), event.outcome.as_str(), event.reason.as_str(), event.actor_kind.as_str());
    assert_eq!(said, ("sensitive_delete", "success", "retention", "system"));
    assert_eq!(event.details, json!({ "events": 1 }));
    assert_eq!(trail(&site.database).await.len(), 1);
    assert_eq!(audit::prune(&site.app).await.unwrap(), 0);
}

#[async_test]
async fn a_clock_that_steps_back_removes_nothing() {
    let site = site().await;
    site.create("ann", "user").await;
    for back in [UnixMillis(START.0 - 10 * 86_400_000), UnixMillis(0), UnixMillis(-5)] {
        site.set_time(back);
        assert_eq!(audit::prune(&site.app).await.unwrap(), 0);
    }
    assert_eq!(trail(&site.database).await.len(), 1);
}

#[async_test]
async fn thousands_of_events_are_removed_in_small_transactions() {
    let site = site().await;
    old_events(&site, 2500).await;
    let (removed, events) = added(&site.database, audit::prune(&site.app)).await;
    assert_eq!(removed.unwrap(), 2500);
    let mut counts: Vec<_> = events.iter().map(|event| event.details["events"].as_u64().unwrap()).collect();
    counts.sort_unstable();
    assert_eq!(counts, [500, 1000, 1000]);
}

async fn old_events(site: &Site, count: u32) {
    let event = |number: u32| EventRow::new(format!("{number:032x}"), number.into(), "user_created");
    site.database.insert_events(&(1..=count).map(event).collect::<Vec<_>>()).await;
}

/// If the clock steps back far enough meanwhile, the event of the removal may itself be past its retention.
#[async_test]
async fn a_clock_that_steps_back_meanwhile_does_not_make_the_removal_endless() {
    let step: Arc<OnceLock<Arc<AtomicI64>>> = Arc::default();
    let (drawn, stepping) = (AtomicU64::new(0), Arc::clone(&step));
    let rng = Rng::from_fn(move |bytes| {
        bytes.fill(u8::try_from(drawn.load(Ordering::Relaxed) % 256).unwrap());
        let Some(hand) = stepping.get() else { return Ok(()) };
        hand.store(1, Ordering::Relaxed);
        if drawn.fetch_add(1, Ordering::Relaxed) < 20 {
            Ok(())
        } else {
            Err(Error::System("the removal does not end".to_owned()))
        }
    });
    let site = Site::builder().set("audit.retention", "2d").rng(rng).start().await;
    old_events(&site, 1500).await;
    let Clock::Manual(hand, _) = &site.app.clock else { panic!("a test's clock is manual") };
    step.set(Arc::clone(hand)).unwrap();
    assert_eq!(audit::prune(&site.app).await.unwrap(), 1500);
}

#[async_test]
async fn events_can_be_kept_for_ever() {
    let site = Site::builder().set("audit.retention", "0s").start().await;
    site.create("ann", "user").await;
    site.advance(10_000 * DAY);
    assert_eq!(audit::prune(&site.app).await.unwrap(), 0);
    assert_eq!(trail(&site.database).await.len(), 1);
}

#[async_test]
async fn an_idempotency_key_lasts_a_day() {
    let site = Site::new().await;
    let create = async |name: &str| {
        let name = Name::new(name).unwrap();
        let key = IdempotencyKey::new(None, "user", "key", "{\"name\":\"ann\"}");
        let password = Password::new("a password".to_owned());
        let new = NewAccount::plain(&name, password, PasswordPolicy::Accept);
        let outcome = sign_up::sign_up_repeatably(&site.app, Source::default(), new, &key).await.unwrap();
        outcome.map(|account| account.user.id)
    };
    let ann = create("ann").await.unwrap();
    site.advance(DAY);
    assert_eq!(create("ann").await, Ok(ann), "the key lasts a whole day");
    assert_eq!(idempotency::forget(&site.app).await.unwrap(), 0);
    site.advance(MILLISECOND);
    assert_eq!(create("ann").await, Err(NAME_TAKEN), "an expired key does not count, even before the sweep");
    assert!(create("bob").await.is_ok(), "the key can be used again");
    site.advance(DAY + MILLISECOND);
    assert_eq!(idempotency::forget(&site.app).await.unwrap(), 1);
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_idempotency_keys").await, "0");
}

#[async_test]
async fn an_idempotency_key_is_bound_to_one_request_of_one_client() {
    let site = Site::new().await;
    let create = async |name: &str, request: &str| {
        let name = Name::new(name).unwrap();
        let key = IdempotencyKey::new(None, "user", "key", request);
        let password = Password::new("a password".to_owned());
        let new = NewAccount::plain(&name, password, PasswordPolicy::Accept);
        let outcome = sign_up::sign_up_repeatably(&site.app, Source::default(), new, &key).await.unwrap();
        outcome.map(|account| account.user.id)
    };
    let ann = create("ann", "one").await.unwrap();
    let (_, events) = added(&site.database, async {
        assert_eq!(create("ann", "one").await, Ok(ann));
        let reused = RepeatableSignUpRefused::Replay(ReplayRefused::KeyReused);
        assert_eq!(create("bob", "another").await, Err(reused));
    })
    .await;
    assert!(events.is_empty(), "{events:?}");
    assert_eq!(site.database.value("SELECT COUNT(*) FROM dw_users").await, "1");
}
