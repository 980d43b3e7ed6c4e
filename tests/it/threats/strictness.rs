//! Section G of threats.md: HTTP/1.1 as it is written, and nothing that two readers could read in two ways.
//!
//! By raw connections through the real front door. Invariant: what is refused closes the connection, and what was sent
//! behind it is never looked at.

use doorward_test_macros::async_test;
use std::io::Write as _;

use serde_json::Value;

use crate::support::{
    Database, ListeningSite, Program, Site, eventually,
    listening_site::{read_to_end, statuses},
};

const VERSION: &str = "GET /version HTTP/1.1\r\nHost: a\r\n\r\n";

/// Asserts that `text` is refused by one answer of this status and then nothing more, whatever follows it.
#[track_caller]
fn is_refused(door: &ListeningSite, status: u16, text: &str) {
    let answer = door.send(format!("{text}{VERSION}"));
    assert_eq!(statuses(&answer), [status], "{text:?}: {answer}");
}

// ASVS 4.2.1
#[async_test]
async fn a_request_whose_end_can_be_read_in_two_ways_is_refused() {
    let site = Site::new().await;
    let door = ListeningSite::of(&site).await;
    let smuggled = "0\r\n\r\nGET /version HTTP/1.1\r\nHost: a\r\nX: ";
    for fields in [
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5, 5",
        "Content-Length: +5",
        "Content-Length: -1",
        "Content-Length: 5x",
        "Content-Length:",
        "Content-Length: 99999999999999999999",
        "Content-Length : 5",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding:\x0bchunked",
        "X: y\r\n Content-Length: 5",
        "X: y\r\n\tfolded: 5",
        "X: y\nContent-Length: 5",
        "X: a\0b",
        "X: a\rb",
        "X\0: a",
        "X y: a",
        "no colon",
        ": no name",
    ] {
        is_refused(&door, 400, &format!("POST /signup HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n{smuggled}"));
        // Behind a good request the bad one is seen all the same.
        let answer =
            door.send(format!("{VERSION}POST /signup HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n{smuggled}{VERSION}"));
        assert_eq!(statuses(&answer), [200, 400], "{fields:?}: {answer}");
    }
    is_refused(&door, 400, "POST /signup HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    // RFC 9112 §6.3: with both lengths the chunks count, and nothing behind them is read.
    for fields in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Transfer-Encoding: chunked\r\ncontent-length: 0",
    ] {
        let body = r#"{"username":"ann"}"#;
        let head = format!("POST /signup HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{fields}\r\n\r\n");
        is_refused(&door, 400, &format!("{head}{:x}\r\n{body}\r\n{smuggled}", body.len()));
    }
}

#[async_test]
async fn a_request_line_that_is_none_is_refused() {
    let site = Site::new().await;
    let door = ListeningSite::of(&site).await;
    for line in [
        "GET  /version HTTP/1.1",
        "GET /version",
        "GET /version HTTP/1.2",
        "GET /version HTTP/2.0",
        "GET /ver\0sion HTTP/1.1",
        "GET /ver sion HTTP/1.1",
        "G\u{e9}T /version HTTP/1.1",
        "GET version HTTP/1.1",
        "GET http:///version HTTP/1.1",
        "GET ftp://a/version HTTP/1.1",
        "GET /version#fragment HTTP/1.1",
        "CONNECT a HTTP/1.1",
        "CONNECT a:443 HTTP/1.1",
        "\x16\x03\x01\x02 HTTP/1.1",
    ] {
        is_refused(&door, 400, &format!("{line}\r\nHost: a\r\n\r\n"));
    }
    // G13: no HTTP/2, neither at once nor by an upgrade.
    let answer = door.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
    assert!(statuses(&answer).iter().all(|status| *status == 400), "{answer}");
    let upgrade = VERSION.replace("\r\n\r\n", "\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n");
    let answer = door.send(format!("{upgrade}Connection: Upgrade, HTTP2-Settings, close\r\n\r\n"));
    assert_eq!(statuses(&answer), [200]);
}

// G14, RFC 9112 §3.2
#[async_test]
async fn a_request_names_one_host() {
    let site = Site::new().await;
    let door = ListeningSite::of(&site).await;
    for host in ["", "Host: a\r\nHost: a\r\n", "Host: a\r\nHost: b\r\n", "Host:\r\n", "Host: a b\r\n", "Host: a/b\r\n"]
    {
        is_refused(&door, 400, &format!("GET /version HTTP/1.1\r\n{host}\r\n"));
    }
    for host in [
        "a@b",
        "a?b",
        "a#b",
        "a,b",
        "a\\b",
        "\u{e9}",
        "a:1:2",
        "a:99999",
        "a:x",
        "[::1",
        "[::1]1",
        "[::1]:1:2",
        "[::1]:+1",
    ] {
        is_refused(&door, 400, &format!("GET /version HTTP/1.1\r\nHost: {host}\r\n\r\n"));
    }
    // Two hosts in one request, one of them in the target.
    for target in ["http://b/version", "http://a:80/version", "http://x@a/version", "a:80"] {
        let method = if target == "a:80" { "CONNECT" } else { "GET" };
        is_refused(&door, 400, &format!("{method} {target} HTTP/1.1\r\nHost: a\r\n\r\n"));
    }
    for sound in [
        "GET /version HTTP/1.1\r\nHost: A.example:5000\r\nConnection: close\r\n\r\n",
        "GET /version HTTP/1.1\r\nHost: [::1]:5000\r\nConnection: close\r\n\r\n",
        "GET http://a/version HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "GET /version HTTP/1.0\r\n\r\n",
        "\r\nGET /version HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    ] {
        assert_eq!(statuses(&door.send(sound)), [200], "{sound:?}");
    }
}

#[async_test]
async fn the_refusal_is_in_the_words_of_the_path() {
    let site = Site::new().await;
    let door = ListeningSite::of(&site).await;
    let body_of = |path: &str| {
        let answer = door.send(format!("POST {path} HTTP/1.1\r\nHost: a\nContent-Length: 0\r\n\r\n"));
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let head = head.to_ascii_lowercase();
        assert!(head.contains("\r\nx-request-id: ") && head.contains("\r\nconnection: close"), "{head}");
        serde_json::from_str::<Value>(body).unwrap()
    };
    assert!(body_of("/signup")["error"].is_string());
    assert!(body_of("/user")["message"].is_string());
    assert_eq!(body_of("/api/v1/sessions")["code"], "malformed_request");
}

#[async_test]
async fn requests_may_follow_each_other_and_chunks() {
    let site = Site::new().await;
    let door = ListeningSite::of(&site).await;
    let body = r#"{"username":"ann","password":"the password"}"#;
    let sized = format!(
        "POST /signup HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let last = VERSION.replace("Host: a", "Host: a\r\nConnection: close");
    assert_eq!(statuses(&door.send(format!("{VERSION}{sized}{VERSION}{sized}{last}"))), [200, 201, 200, 409, 200]);
    let body = body.replace("ann", "bob");
    let chunked = format!(
        "POST /signup HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n\
         {:x}\r\n{body}\r\n0\r\n\r\n",
        body.len()
    );
    let answer = door.send(format!("{chunked}{VERSION}{chunked}{last}"));
    assert_eq!(statuses(&answer), [201, 200, 409, 200]);
    // What follows chunks is looked at as strictly as what follows anything else.
    is_refused(&door, 400, "GET /version HTTP/1.1\nHost: a\r\n\r\n");
    let answer = door.send(format!("{chunked}GET /version HTTP/1.1\nHost: a\r\n\r\n{VERSION}"));
    assert_eq!(statuses(&answer), [409, 400]);
}

// G9
#[async_test]
async fn a_head_has_its_limits() {
    let site = Site::new().await;
    let door = ListeningSite::of(&site).await;
    let head =
        |path: &str, fields: &str| format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{fields}\r\n");
    let many = |count: usize| (0..count).map(|number| format!("X-{number}: y\r\n")).collect::<String>();
    assert_eq!(statuses(&door.send(head("/version", &many(98)))), [200]);
    assert_eq!(statuses(&door.send(head("/version", &many(99)))), [431]);
    let long = |length: usize| format!("X: {}\r\n", "y".repeat(length));
    assert_eq!(statuses(&door.send(head("/version", &long(8 * 1024)))), [200]);
    assert_eq!(statuses(&door.send(head("/version", &long(64 * 1024)))), [431]);
    let path = |length: usize| format!("/version?{}", "z".repeat(length - "/version?".len()));
    assert_eq!(statuses(&door.send(head(&path(8192), ""))), [200]);
    assert_eq!(statuses(&door.send(head(&path(8193), ""))), [414]);
    assert_eq!(statuses(&door.send(head(&path(80_000), ""))), [431]);
    assert_eq!(statuses(&door.send(head("/version", ""))), [200]);
}

// E22: what hyper refuses itself says nothing at all, so there is nothing that a browser could show or keep (decision 21).
#[async_test]
async fn heads_that_are_none_get_a_bare_answer() {
    let site = Site::builder().set("server.public_url", "https://accounts.example.com").start().await;
    let door = ListeningSite::of(&site).await;
    for (status, head) in [
        ("400 Bad Request", "G\u{e9}T /version HTTP/1.1\r\nHost: a\r\n\r\n".to_owned()),
        ("400 Bad Request", "GET /ver\0sion HTTP/1.1\r\nHost: a\r\n\r\n".to_owned()),
        ("400 Bad Request", "GET /version HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n".to_owned()),
        (
            "431 Request Header Fields Too Large",
            format!("GET /version HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(100)),
        ),
        (
            "431 Request Header Fields Too Large",
            format!("GET /version HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "y".repeat(64 * 1024)),
        ),
    ] {
        let answer = door.send(format!("{head}{VERSION}"));
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert_eq!(body, "", "{answer}");
        let mut lines: Vec<_> = head.lines().map(str::to_ascii_lowercase).collect();
        assert_eq!(lines.remove(0), format!("http/1.1 {status}").to_ascii_lowercase());
        lines.retain(|line| !line.starts_with("date: "));
        lines.sort();
        assert_eq!(lines, ["connection: close", "content-length: 0"], "{answer}");
    }
    // A URL that is too long is still one that was read: its answer has what all others have.
    let long = format!("GET /{} HTTP/1.1\r\nHost: accounts.example.com\r\n\r\n", "z".repeat(8192));
    let answer = door.send(long);
    assert_eq!(statuses(&answer), [414]);
    assert!(answer.contains("\r\nx-request-id: ") && answer.contains("\r\ncache-control: no-store\r\n"), "{answer}");
}

// What no request comes of has a line in the log all the same, and what is refused fills the log with no more than its
// beginning.
#[async_test]
async fn what_is_refused_is_logged_and_is_not_long() {
    let database = Database::new().await;
    let server = Program::new(&database).serve();
    let send = |text: &str| {
        let mut stream = server.web.connect().unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        statuses(&read_to_end(&mut stream))
    };
    assert_eq!(send("GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n"), [400]);
    let line = eventually("the line about it", || {
        server.printed().lines().find(|line| line.contains("head cannot be read")).map(str::to_owned)
    });
    assert!(line.contains("127.0.0.1"), "{line}");
    let path = "a".repeat(8000);
    assert_eq!(send(&format!("GET /{path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")), [404]);
    let line = eventually("the line about it", || {
        server.printed().lines().find(|line| line.contains("request refused")).map(str::to_owned)
    });
    assert!(line.contains(&path[..150]) && !line.contains(&path[..201]), "{line}");
}
