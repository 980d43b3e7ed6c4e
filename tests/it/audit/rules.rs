//! Rules of the model that the API depends on, as properties.

use std::time::Duration;

use doorward::model::{Attributes, Permission, Permissions, Rng, Session, Uid, UnixMillis, UserId};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Sets of Doorward's and an application's permissions.
fn sets() -> impl Strategy<Value = Permissions> {
    let words: Vec<&str> =
        Permission::ALL.iter().map(|own| own.word()).chain(["invoices:read", "invoices:pay"]).collect();
    prop::sample::subsequence(words.clone(), 0..=words.len()).prop_map(|words| Permissions::new(words).unwrap())
}

fn holds_all_own(set: &Permissions) -> bool {
    Permission::ALL.into_iter().all(|own| set.contains(own))
}

proptest! {
    #[test]
    fn covering_is_reflexive_and_transitive(a in sets(), b in sets(), c in sets()) {
        prop_assert!(a.covers(&a));
        prop_assert!(a.covers(&Permissions::none()));
        if a.covers(&b) && b.covers(&c) {
            prop_assert!(a.covers(&c));
        }
    }

    /// Granting a covered set gives no additional permission. Only a holder of all of Doorward's permissions may grant an
    /// application's permissions that it does not hold.
    #[test]
    fn a_covered_set_grants_nothing_more(a in sets(), b in sets()) {
        let is_own = |word: &str| Permission::ALL.iter().any(|own| own.word() == word);
        let lacks: Vec<_> = b.words().filter(|word| !a.contains_word(word)).collect();
        let expected = lacks.is_empty() || holds_all_own(&a) && lacks.iter().all(|word| !is_own(word));
        prop_assert_eq!(a.covers(&b), expected);
    }

    #[test]
    fn identifiers_sort_by_time(millis in 0_i64..(1 << 47), later in 1_i64..1_000_000_000) {
        let rng = Rng::system();
        let (one, other) = (UnixMillis(millis), UnixMillis(millis + later));
        let [uid, next] = [one, other].map(|instant| Uid::new(instant, &rng).unwrap());
        prop_assert!(Uid::first_of(one).as_slice() < uid.as_bytes());
        prop_assert!(uid.as_bytes() < Uid::first_of(other).as_slice());
        prop_assert!(Uid::first_of(other).as_slice() < next.as_bytes());
    }

    #[test]
    fn identifiers_of_one_millisecond_sort_by_their_number(millis in 0_i64..(1 << 47), number in 0_u16..4095) {
        let (rng, instant) = (Rng::system(), UnixMillis(millis));
        let [uid, next] = [number, number + 1].map(|number| Uid::numbered(instant, number, &rng).unwrap());
        prop_assert!(uid.as_bytes() < next.as_bytes());
        prop_assert!(Uid::first_of(instant).as_slice() < uid.as_bytes());
        prop_assert!(next.as_bytes() < Uid::first_of(UnixMillis(millis + 1)).as_slice());
        prop_assert_eq!((uid.as_bytes()[6] >> 4, uid.as_bytes()[8] >> 6), (7, 0b10));
    }

    /// Compared with the pseudocode of RFC 7396 §2.
    #[test]
    fn merging_follows_the_rfc(target in objects(), patch in objects()) {
        let merged = Attributes::new(target.clone()).unwrap().merged(&patch).unwrap();
        prop_assert_eq!(Value::Object(merged.members().clone()), reference(Value::Object(target), &Value::Object(patch)));
    }
}

fn objects() -> impl Strategy<Value = Map<String, Value>> {
    let leaf =
        prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::Bool), "[a-c]{0,2}".prop_map(Value::String)];
    let value = leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
            prop::collection::btree_map("[a-c]", inner, 0..3).prop_map(|members| members.into_iter().collect()),
        ]
    });
    prop::collection::btree_map("[a-c]", value, 0..4).prop_map(|members| members.into_iter().collect())
}

fn reference(target: Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return patch.clone() };
    let mut members = match target {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    for (name, value) in patch {
        if value.is_null() {
            members.remove(name);
        } else {
            let before = members.remove(name).unwrap_or(Value::Null);
            members.insert(name.clone(), reference(before, value));
        }
    }
    Value::Object(members)
}

/// The examples of RFC 7396, appendix A, whose target and patch are objects, as attributes must be.
#[test]
fn the_examples_of_the_rfc_hold() {
    for (target, patch, merged) in [
        (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
        (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
        (json!({"a":"b"}), json!({"a":null}), json!({})),
        (json!({"a":"b","b":"c"}), json!({"a":null}), json!({"b":"c"})),
        (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
        (json!({"a":"c"}), json!({"a":["b"]}), json!({"a":["b"]})),
        (json!({"a":{"b":"c"}}), json!({"a":{"b":"d","c":null}}), json!({"a":{"b":"d"}})),
        (json!({"a":[{"b":"c"}]}), json!({"a":[1]}), json!({"a":[1]})),
        (json!({"e":null}), json!({"a":1}), json!({"e":null,"a":1})),
        (json!({}), json!({"a":{"bb":{"ccc":null}}}), json!({"a":{"bb":{}}})),
    ] {
        let object = |value: &Value| value.as_object().cloned().unwrap();
        let found = Attributes::new(object(&target)).unwrap().merged(&object(&patch)).unwrap();
        assert_eq!(Value::Object(found.members().clone()), merged, "{target} and {patch}");
    }
}

#[test]
fn attributes_are_limited_to_eight_kibibytes() {
    let of = |length: usize| json!({ "a": "x".repeat(length) }).as_object().cloned().unwrap();
    let most = 8192 - "{\"a\":\"\"}".len();
    let full = Attributes::new(of(most)).unwrap();
    assert_eq!(full.stored().unwrap().len(), 8192);
    assert!(Attributes::new(of(most + 1)).is_err());
    assert!(full.merged(&of(most + 1)).is_err());
    assert!(full.merged(json!({ "b": 1 }).as_object().unwrap()).is_err());
    assert_eq!(full.merged(json!({ "a": null }).as_object().unwrap()).unwrap().stored(), None);
}

#[test]
fn a_session_is_recent_for_five_minutes() {
    let at = UnixMillis(1_000_000);
    let uid = Uid::new(at, &Rng::system()).unwrap();
    let session =
        Session { uid, user_id: UserId(1), created_at: UnixMillis(0), authenticated_at: at, last_used_at: at };
    let five = Duration::from_secs(300);
    for (now, is_recent) in [
        (at, true),
        (at.plus(five), true),
        (UnixMillis(at.plus(five).0 + 1), false),
        (UnixMillis(at.0 - 1), false),
        (UnixMillis(i64::MIN), false),
        (UnixMillis(i64::MAX), false),
    ] {
        assert_eq!(session.is_recent(now), is_recent, "{now:?}");
    }
}
