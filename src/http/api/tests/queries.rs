//! Queries and cursors that are read against a table, and what no reader may panic at.

use super::*;

#[test]
fn a_query_is_decoded_once_and_yields_what_it_holds() {
    let (query, errors) =
        ask("name=%C3%84nn+%2525&&state=b&limit=100&since=2026-11-22T13:00:00.5%2B01:00&cursor=AWFubg");
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(query.name.unwrap().typed, "Änn %25");
    assert_eq!(query.state, Some(TestChoice::B));
    assert_eq!(query.limit, Some(PageSize(100)));
    assert_eq!(query.since, Some(UnixMillis(1_795_348_800_500)));
    assert_eq!(query.cursor, Some(Cursor(b"ann".to_vec())));
    assert!(query.role.is_none() && query.actor.is_none());
    let (query, errors) = ask("actor=019AAC4D-7c00-7a3e-9d52-3f1c2b7a9e10");
    assert!(errors.is_empty() && query.actor.is_some());
}

// G5, G16
#[test]
fn what_is_wrong_with_a_query_is_named() {
    for (text, flaw) in [
        ("nme=a", "nme unknown"),
        ("Name=a", "Name unknown"),
        ("name=a&name=a", "name repeated"),
        ("name=a&n%61me=b", "name repeated"),
        ("name=%ff", "name malformed"),
        ("name=%2", "name malformed"),
        ("name=%+1", "name malformed"),
        ("name=a%00b", "name unseen_characters"),
        ("name=%", "name malformed"),
        ("%ff=a", "%ff malformed"),
        ("role=Admin", "role malformed"),
        ("role=", "role malformed"),
        ("state=ENABLED", "state not_a_choice"),
        ("state", "state not_a_choice"),
        ("limit=0", "limit out_of_range"),
        ("limit=101", "limit out_of_range"),
        ("limit=9223372036854775808", "limit out_of_range"),
        ("limit=99999999999999999999999999", "limit out_of_range"),
        ("limit=-1", "limit malformed"),
        ("limit=+1", "limit malformed"),
        ("limit=1.5", "limit malformed"),
        ("limit=0x10", "limit malformed"),
        ("limit=1e1", "limit malformed"),
        ("limit=%22 1%22", "limit malformed"),
        ("limit=", "limit malformed"),
        ("limit=٣", "limit malformed"),
        ("actor=1", "actor malformed"),
        ("actor=019aac4d7c007a3e9d523f1c2b7a9e10", "actor malformed"),
        ("actor={019aac4d-7c00-7a3e-9d52-3f1c2b7a9e10}", "actor malformed"),
        ("since=2026-11-22", "since malformed"),
        ("since=2026-11-22T12:00:00", "since malformed"),
        ("since=2026-11-22T12:00:00.Z", "since malformed"),
        ("since=2026-13-22T12:00:00Z", "since malformed"),
        ("since=2026-11-22T12:00:00+01:00", "since malformed"),
        ("since=2026-11-22T12:00:00Z[UTC]", "since malformed"),
        ("since=2026-11-22T12:00:00%2B24:00", "since malformed"),
        ("since=2026-11-22T12:00:00-25:00", "since malformed"),
        ("since=2026-11-22%2012:00:00Z", "since malformed"),
        ("since=99999-11-22T12:00:00Z", "since malformed"),
        ("cursor=", "cursor invalid_cursor"),
        ("cursor=AQ", "cursor invalid_cursor"),
        ("cursor=AWFubg==", "cursor invalid_cursor"),
        ("cursor=AWFubh", "cursor invalid_cursor"),
        ("cursor=AmFubg", "cursor invalid_cursor"),
        ("cursor=' OR 1=1", "cursor invalid_cursor"),
    ] {
        assert_eq!(ask(text).1, [flaw], "{text}");
    }
    assert_eq!(ask(&format!("name={}", "a".repeat(101))).1, ["name too_long"]);
    assert_eq!(ask(&format!("cursor={}", "A".repeat(1028))).1, ["cursor invalid_cursor"]);
    assert_eq!(ask("limit=0&state=x&y=1").1.len(), 3);
}

proptest! {
    #[test]
    fn a_cursor_holds_its_key_and_belongs_to_one_list(key in proptest::collection::vec(any::<u8>(), 1..400)) {
        let text = cursor::write(List::Users, &key);
        prop_assert_eq!(cursor::read(List::Users as u8, &text), Some(key));
        prop_assert_eq!(cursor::read(List::AuditEvents as u8, &text), None);
        prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
    }

    #[test]
    fn no_query_or_body_makes_the_readers_panic(text in ".{0,80}", query in "(name|limit|since|cursor|x)=[ -~]{0,40}") {
        ask(&text);
        ask(&query);
        drop(json::object(text.as_bytes()));
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(header::IF_MATCH, value.clone());
            headers.insert(conditional::IDEMPOTENCY_KEY, value);
        }
        drop(conditional::precondition(&headers));
        drop(conditional::idempotency_key(&headers));
    }
}
