//! `If-Match` and `Idempotency-Key`.

use super::*;

fn if_match(lines: &[&str]) -> Result<Precondition, Vec<String>> {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(header::IF_MATCH, HeaderValue::from_bytes(line.as_bytes()).unwrap());
    }
    conditional::precondition(&headers).map_err(|invalid| flaws(&[invalid]))
}

#[test]
fn if_match_is_a_list_of_tags_compared_weakly() {
    let versions = |list: &[i64]| Ok(Precondition::Versions(list.to_vec()));
    assert_eq!(if_match(&[]), Ok(Precondition::None));
    assert_eq!(if_match(&[" * "]), Ok(Precondition::Exists));
    assert_eq!(if_match(&["\"7\""]), versions(&[7]));
    assert_eq!(if_match(&["\"7\" ,\"8\",,", "\"9\""]), versions(&[7, 8, 9]));
    assert_eq!(conditional::etag(7), "\"7\"");
    for same in ["W/\"7\"", "\"7-gzip\"", "\"7;gzip\"", "\"7-br\"", "\"7-zstd\"", "\"7--gzip\"", "W/\"7-gzip\""] {
        assert_eq!(if_match(&[same]), versions(&[7]), "{same}");
    }
    for nothing in [
        "W/\"07\"",
        "\"7-\"",
        "\"7-x\"",
        "\"7gzip\"",
        "\"-gzip\"",
        "\"07\"",
        "\"+7\"",
        "\"-7\"",
        "\"\"",
        "\"a,b\"",
        "\"*\"",
        "\"9223372036854775808\"",
        "\"\u{e9}\"",
    ] {
        assert_eq!(if_match(&[nothing]), versions(&[]), "{nothing}");
    }
    for wrong in
        ["", ",", "7", "'7'", "\"7", "7\"", "\"7\" \"8\"", "\"7\"x", "w/\"7\"", "*, \"7\"", "\"7\", *", "\"a b\""]
    {
        assert_eq!(if_match(&[wrong]), Err(vec!["If-Match malformed".to_owned()]), "{wrong}");
    }
    assert!(if_match(&["*", "*"]).is_err());
}

#[test]
fn an_idempotency_key_is_one_visible_word() {
    let read = |values: &[&str]| {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(conditional::IDEMPOTENCY_KEY, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        conditional::idempotency_key(&headers).map_err(|invalid| flaws(&[invalid]))
    };
    let long = "k".repeat(255);
    assert_eq!(read(&[]), Ok(None));
    assert_eq!(read(&["a-1"]), Ok(Some("a-1".to_owned())));
    assert_eq!(read(&[&long]), Ok(Some(long.clone())));
    for wrong in ["", "a b", "é", &format!("{long}k")] {
        assert_eq!(read(&[wrong]), Err(vec!["Idempotency-Key malformed".to_owned()]), "{wrong}");
    }
    assert_eq!(read(&["a", "a"]), Err(vec!["Idempotency-Key repeated".to_owned()]));
}
