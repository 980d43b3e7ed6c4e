//! What is believed of `X-Forwarded-For` and `Forwarded`, and what leads back to the connection.

use axum::http::HeaderValue;
use proptest::prelude::*;

use super::*;

const TRUSTED: &str = "10.0.0.0/8 fd00::/8 203.0.113.7/32";
const PEER: &str = "10.0.0.5";

fn trusted() -> Vec<IpNet> {
    TRUSTED.split(' ').map(|network| network.parse().unwrap()).collect()
}

fn headers(lines: &[(&str, &[u8])]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, line) in lines {
        headers.append(HeaderName::try_from(*name).unwrap(), HeaderValue::from_bytes(line).unwrap());
    }
    headers
}

fn from(peer: &str, lines: &[(&str, &str)]) -> String {
    let lines: Vec<_> = lines.iter().map(|(name, line)| (*name, line.as_bytes())).collect();
    of(peer.parse().unwrap(), &headers(&lines), &trusted()).to_string()
}

fn by_list(line: &str) -> String {
    from(PEER, &[("x-forwarded-for", line)])
}

fn by_standard(line: &str) -> String {
    from(PEER, &[("forwarded", line)])
}

// D4
#[test]
fn whoever_is_not_trusted_is_not_believed() {
    for peer in ["198.51.100.1", "203.0.113.8", "2001:db8::1", "127.0.0.1", "::1", "11.0.0.0"] {
        assert_eq!(from(peer, &[("x-forwarded-for", "192.0.2.1"), ("forwarded", "for=192.0.2.1")]), peer);
    }
    assert_eq!(from("::ffff:198.51.100.1", &[("x-forwarded-for", "192.0.2.1")]), "198.51.100.1");
}

// D4
#[test]
fn the_right_most_hop_that_is_not_trusted_is_the_client() {
    assert_eq!(by_list("192.0.2.1"), "192.0.2.1");
    assert_eq!(by_list("1.1.1.1, 2.2.2.2 ,192.0.2.1"), "192.0.2.1");
    assert_eq!(by_list("1.1.1.1, 192.0.2.1, 203.0.113.7,\t10.9.9.9"), "192.0.2.1");
    assert_eq!(by_list("garbage, , unknown, 192.0.2.1, 10.0.0.9"), "192.0.2.1", "what is left of it is not looked at");
    assert_eq!(by_list("2001:db8::9, fd00::1"), "2001:db8::9");
    assert_eq!(by_list("::ffff:192.0.2.1, ::ffff:10.0.0.9"), "192.0.2.1");
    assert_eq!(by_list("10.0.0.7, 10.0.0.8"), "10.0.0.7", "all are trusted");
    assert_eq!(from("::ffff:10.0.0.5", &[("x-forwarded-for", "192.0.2.1")]), "192.0.2.1");
    let lines =
        [("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "192.0.2.1, 10.0.0.9"), ("x-forwarded-for", "fd00::9")];
    assert_eq!(from(PEER, &lines), "192.0.2.1", "lines count in their order");
    assert_eq!(from(PEER, &[]), PEER);
}

#[test]
fn what_cannot_be_read_leads_back_to_the_connection() {
    let unreadable = [
        "",
        " ",
        ",",
        "192.0.2.1,",
        "192.0.2.1,,10.0.0.9",
        "192.0.2.1, unknown",
        "192.0.2.1, _hidden, 10.0.0.9",
        "192.0.2.1 10.0.0.9",
        "192.0.2.01",
        "192.0.2",
        "192.0.2.256",
        "0x7f.0.0.1",
        "3221225985",
        "fe80::1%eth0",
        "[fe80::1%25eth0]",
        "192.0.2.1:",
        "192.0.2.1:port",
        "192.0.2.1:65536",
        "192.0.2.1:+80",
        "192.0.2.1:80:80",
        "[2001:db8::1",
        "2001:db8::1]",
        "[2001:db8::1]443",
        "[192.0.2.1]",
        "[2001:db8::1]:",
        "\"192.0.2.1\"",
        "client.example",
        "192.0.2.1/32",
        "-",
    ];
    for line in unreadable {
        assert_eq!(by_list(line), PEER, "{line:?}");
        assert_eq!(by_list(&format!("198.51.100.9, {line}, 10.0.0.8")), PEER, "{line:?}: nothing is skipped");
    }
    assert_eq!(from(PEER, &[("x-forwarded-for", "192.0.2.1"), ("x-forwarded-for", "")]), PEER, "an empty line");
    let bytes = headers(&[("x-forwarded-for", b"192.0.2.1, \xff")]);
    assert_eq!(of(PEER.parse().unwrap(), &bytes, &trusted()).to_string(), PEER);
}

#[test]
fn a_port_may_be_there() {
    assert_eq!(by_list("192.0.2.1:4711"), "192.0.2.1");
    assert_eq!(by_list("[2001:db8::1]:4711, [fd00::1]"), "2001:db8::1");
    assert_eq!(by_standard("for=\"192.0.2.1:4711\""), "192.0.2.1");
    assert_eq!(by_standard("for=\"[2001:db8::1]:65535\""), "2001:db8::1");
}

#[test]
fn the_standard_header_is_read_as_its_grammar_says() {
    assert_eq!(by_standard("for=192.0.2.1"), "192.0.2.1");
    assert_eq!(by_standard("For=\"[2001:db8:cafe::17]\";proto=https;by=203.0.113.43"), "2001:db8:cafe::17");
    assert_eq!(by_standard("for=1.1.1.1, for=192.0.2.1;host=\"a,b;c\\\"d\", for=10.0.0.9"), "192.0.2.1");
    assert_eq!(by_standard("proto=http;FOR=\"1\\92.0.2.1\""), "192.0.2.1", "a quoted pair");
    assert_eq!(by_standard("for=10.0.0.7,for=\"[fd00::1]\""), "10.0.0.7", "all are trusted");
    assert_eq!(from(PEER, &[("forwarded", "for=192.0.2.1"), ("forwarded", "for=10.0.0.9")]), "192.0.2.1");
    let unreadable = [
        "",
        ",",
        "for=",
        "for=unknown",
        "for=_hidden",
        "for=\"_hidden:80\"",
        "for=[2001:db8::1]",
        "for=192.0.2.1:80",
        "for=2001:db8::1",
        "for=\"2001:db8::1\"",
        "for=\"192.0.2.1\"x",
        "for=\"192.0.2.1",
        "for=192.0.2.1\"",
        "for=192.0.2.1;",
        ";for=192.0.2.1",
        "for=192.0.2.1;for=192.0.2.1",
        "for =192.0.2.1",
        "for= 192.0.2.1",
        "for=192.0.2.1 ; proto=http",
        "for=192.0.2.1;proto",
        "proto=https;by=192.0.2.1",
        "by=192.0.2.1",
        "192.0.2.1",
        "for=\"\\",
        "for=\"[fe80::1%eth0]\"",
        "for=\"192.0.2.1:_port\"",
    ];
    for line in unreadable {
        assert_eq!(by_standard(line), PEER, "{line:?}");
        assert_eq!(
            by_standard(&format!("for=198.51.100.9, {line}, for=10.0.0.8")),
            PEER,
            "{line:?}: nothing is skipped"
        );
    }
}

#[test]
fn two_headers_must_say_the_same() {
    let both = |list, standard| from(PEER, &[("x-forwarded-for", list), ("forwarded", standard)]);
    assert_eq!(both("1.1.1.1, 192.0.2.1", "for=2.2.2.2, for=192.0.2.1"), "192.0.2.1");
    assert_eq!(both("192.0.2.1", "for=192.0.2.2"), PEER);
    assert_eq!(both("192.0.2.1", "for=unknown"), PEER);
    assert_eq!(both("unknown", "for=192.0.2.1"), PEER);
    assert_eq!(both("192.0.2.1", ""), PEER);
}

// D4
#[test]
fn no_other_header_is_read() {
    let others =
        ["x-real-ip", "true-client-ip", "cf-connecting-ip", "x-client-ip", "x-forwarded", "forwarded-for", "client-ip"];
    for name in others {
        assert_eq!(from(PEER, &[(name, "192.0.2.1")]), PEER, "{name}");
        assert_eq!(from(PEER, &[(name, "192.0.2.1"), ("x-forwarded-for", "192.0.2.2")]), "192.0.2.2", "{name}");
    }
}

#[test]
fn it_is_seen_that_a_request_was_forwarded() {
    for name in ["forwarded", "via", "x-forwarded-for", "x-forwarded-proto", "x-real-ip"] {
        assert!(is_forwarded(&headers(&[(name, b"")])), "{name}");
    }
    assert!(!is_forwarded(&headers(&[("host", b"a"), ("user-agent", b"x-forwarded-for")])));
}

/// Whatever a header may hold, and more often what means something in these.
fn junk() -> impl Strategy<Value = Vec<u8>> {
    let telling = prop::sample::select(b"for=,;\"\\[]:. 0129af%_".to_vec());
    let any = any::<u8>().prop_filter("not in a header", |byte| *byte == b'\t' || (*byte >= b' ' && *byte != 0x7f));
    prop::collection::vec(prop_oneof![4 => telling, 1 => any], 0..60)
}

proptest! {
    #[test]
    fn nothing_breaks_it(list in junk(), standard in junk()) {
        let headers = headers(&[("x-forwarded-for", &list), ("forwarded", &standard)]);
        let _ = of(PEER.parse().unwrap(), &headers, &trusted());
        prop_assert_eq!(of("192.0.2.1".parse().unwrap(), &headers, &trusted()).to_string(), "192.0.2.1");
    }

    // D4
    #[test]
    fn what_is_added_on_the_left_changes_nothing(
        left in junk(),
        client in prop::sample::select(vec!["192.0.2.1", "2001:db8::1"]),
        proxies in 0..3,
        is_own_line: bool,
    ) {
        let node = if client.contains(':') { format!("\"[{client}]\"") } else { client.to_owned() };
        let list = (0..proxies).fold(client.to_owned(), |list, _| list + ", 10.0.0.9");
        let standard = (0..proxies).fold(format!("for={node};host=\"a,b\""), |list, _| list + ", for=\"[fd00::1]\"");
        for (name, right) in [("x-forwarded-for", list), ("forwarded", standard)] {
            let whole = [&left, b", ".as_slice(), right.as_bytes()].concat();
            let lines: &[(&str, &[u8])] =
                if is_own_line { &[(name, &left), (name, right.as_bytes())] } else { &[(name, &whole)] };
            let headers = headers(lines);
            prop_assert_eq!(of(PEER.parse().unwrap(), &headers, &trusted()).to_string(), client, "{}", name);
        }
    }
}
