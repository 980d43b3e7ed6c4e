//! Section G of threats.md: strict HTTP/1.1, without requests that two parsers could read in two ways.
//!
//! Raw connections to the real accept loop. Invariant: a rejected request closes the connection, and nothing after it is
//! processed.

use doorward_test_macros::async_test;
use std::io::Write as _;

use serde_json::Value;

use crate::support::{
    Database, ListeningSite, Program, Site, eventually,
    listening_site::{read_to_end, statuses},
};

const VERSION: &str = "GET /version HTTP/1.1\r\nHost: a\r\n\r\n";

/// Asserts that `text` gets one answer with this status, and that a request after it gets none.
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
        // The bad request is also rejected after a good one.
        let answer =
            door.send(format!("{VERSION}POST /signup HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n{smuggled}{VERSION}"));
        assert_eq!(statuses(&answer), [200, 400], "{fields:?}: {answer}");
    }
    is_refused(&door, 400, "POST /signup HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    // RFC 9112 §6.3: with both lengths the chunks count, and nothing after them is read.
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
async fn an_invalid_request_line_is_refused() {
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
async fn a_request_must_name_exactly_one_host() {
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
async fn a_refusal_has_the_error_format_of_the_path() {
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
async fn requests_may_be_pipelined_and_chunked() {
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
    // A request after chunks is read as strictly as any other.
    is_refused(&door, 400, "GET /version HTTP/1.1\nHost: a\r\n\r\n");
    let answer = door.send(format!("{chunked}GET /version HTTP/1.1\nHost: a\r\n\r\n{VERSION}"));
    assert_eq!(statuses(&answer), [409, 400]);
}

// G9
#[async_test]
async fn the_size_of_a_head_is_limited() {
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

// E22: an error of hyper itself has no body, so a browser has nothing to show or store (decision 21).
#[async_test]
async fn an_unreadable_head_gets_an_answer_without_a_body() {
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
    // A URL that is too long was read, so its answer has the usual headers.
    let long = format!("GET /{} HTTP/1.1\r\nHost: accounts.example.com\r\n\r\n", "z".repeat(8192));
    let answer = door.send(long);
    assert_eq!(statuses(&answer), [414]);
    assert!(answer.contains("\r\nx-request-id: ") && answer.contains("\r\ncache-control: no-store\r\n"), "{answer}");
}

// A head that cannot be read is logged too, and log lines are truncated.
#[async_test]
async fn refused_requests_are_logged_in_a_bounded_line() {
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
