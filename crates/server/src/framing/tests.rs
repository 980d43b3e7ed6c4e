//! Tests of the second reader alone, with its input split at every position.

use super::*;

/// Returns the number of the first malformed request of `text`, which is split at every position.
fn malformed_in(text: &str) -> Option<u64> {
    let mut whole = Framing::default();
    whole.read(text.as_bytes());
    let mut bytewise = Framing::default();
    text.as_bytes().chunks(1).for_each(|byte| bytewise.read(byte));
    assert_eq!(whole.malformed_from(), bytewise.malformed_from(), "{text:?}");
    assert_eq!(whole.is_in_head(), bytewise.is_in_head(), "{text:?}");
    for cut in 0..text.len() {
        let mut halves = Framing::default();
        halves.read(&text.as_bytes()[..cut]);
        halves.read(&text.as_bytes()[cut..]);
        assert_eq!(halves.malformed_from(), whole.malformed_from(), "{text:?} cut at {cut}");
    }
    whole.malformed_from()
}

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const BARE: &str = "GET / HTTP/1.1\nHost: a\r\n\r\n";

#[test]
fn requests_follow_each_other() {
    let post = "POST / HTTP/1.1\r\nHost: a\r\ncontent-LENGTH:  5 \r\n\r\na\r\n\r\n";
    let nothing = "POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(malformed_in(&[GET, post, "\r\n", nothing, GET].concat()), None);
    // The content of a body is not a head.
    assert_eq!(malformed_in(&format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{BARE}", BARE.len())), None);
    assert_eq!(malformed_in(&format!("{GET}{post}{BARE}{GET}")), Some(2));
}

#[test]
fn requests_follow_chunks() {
    let head = "POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n";
    for body in [
        "0\r\n\r\n".to_owned(),
        "000\r\n\r\n".to_owned(),
        "5\r\na\r\nbc\r\nA ;x=\"y\"\r\n0\r\n\r\n0\r\n\r\n\r\n0 \t\r\nX: y\r\n\r\n".to_owned(),
        format!("{:X}\r\n{BARE}\r\n0\r\n\r\n", BARE.len()),
    ] {
        assert_eq!(malformed_in(&format!("{head}{body}{GET}")), None, "{body:?}");
        assert_eq!(malformed_in(&format!("{head}{body}{GET}{BARE}")), Some(2), "{body:?}");
    }
    // With both lengths, the chunks count.
    let both = head.replace("\r\n\r\n", "\r\nContent-Length: 100\r\n\r\n");
    assert_eq!(malformed_in(&format!("{both}0\r\n\r\n{BARE}")), Some(1));
}

#[test]
fn nothing_is_trusted_behind_chunks_that_cannot_be_read() {
    let head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    for body in [
        "\r\n",
        "x\r\n",
        "+5\r\n",
        " 5\r\n",
        "0x5\r\n",
        "5 5\r\n",
        "5\n",
        "0\r\nX: y\n",
        "0\r\n\n",
        "10000000000000000\r\n",
        "ffffffffffffffffffff\r\n",
    ] {
        assert_eq!(malformed_in(&format!("{head}{body}{GET}")), Some(1), "{body:?}");
    }
    // The data of the largest size never ends.
    assert_eq!(malformed_in(&format!("{head}ffffffffffffffff\r\n{BARE}{BARE}")), None);
}

#[test]
fn a_line_feed_alone_ends_no_line() {
    for text in [
        BARE,
        "GET / HTTP/1.1\nHost: a\n\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\n",
        "GET / HTTP/1.1\r\nX: y\nContent-Length: 5\r\n\r\n",
        "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        assert_eq!(malformed_in(text), Some(0), "{text:?}");
    }
}

#[test]
fn a_target_has_no_fragment() {
    assert_eq!(malformed_in("GET /a?b#c HTTP/1.1\r\nHost: a\r\n\r\n"), Some(0));
    assert_eq!(malformed_in("GET /a?b HTTP/1.1\r\nHost: a\r\nReferer: c#d\r\n\r\n"), None);
}

#[test]
fn a_single_chunked_is_the_only_coding() {
    let has_other = |values: &[&'static str]| {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(TRANSFER_ENCODING, hyper::header::HeaderValue::from_static(value));
        }
        has_other_coding(&headers)
    };
    assert!([&[][..], &["chunked"], &["Chunked"]].into_iter().all(|values| !has_other(values)));
    for values in [&["gzip, chunked"][..], &["chunked, chunked"], &["chunked", "chunked"], &["identity", "chunked"]] {
        assert!(has_other(values), "{values:?}");
    }
}

#[test]
fn a_line_without_end_is_not_kept() {
    let mut framing = Framing::default();
    for _ in 0..100 {
        framing.read(&[b'a'; 1024]);
    }
    assert_eq!(framing.malformed_from(), Some(0));
    assert!(framing.line.capacity() <= 2 * LINE);
}

#[test]
fn a_head_that_has_begun_is_told_from_none() {
    let mut framing = Framing::default();
    for (bytes, is_in_head) in [("\r\n", false), ("G", true), ("ET / HTTP/1.1\r\n", true), ("A: b\r\n", true)] {
        framing.read(bytes.as_bytes());
        assert_eq!(framing.is_in_head(), is_in_head, "{bytes:?}");
    }
    framing.read(b"Content-Length: 2\r\n\r\nx");
    assert!(!framing.is_in_head());
    framing.read(b"xG");
    assert!(framing.is_in_head());
}
