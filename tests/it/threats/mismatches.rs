//! The log line of a request that is rejected by its host or origin: it contains both values of the comparison.

use std::io::{BufReader, Write as _};

use doorward_test_macros::async_test;
use serde_json::Value;

use crate::support::{Database, Program, program::Server, tcp_client::TcpReply};

async fn serve() -> Server {
    let database = Database::new().await;
    let program = Program::new(&database)
        .set("log.format", "json")
        .set("server.public_url", "https://accounts.example.com")
        .set("server.cors_origins", "https://app.example.com");
    program.serve()
}

/// Sends a request with exactly these lines as its head.
fn send(server: &Server, head: &str) -> TcpReply {
    let mut stream = BufReader::new(server.web.connect().unwrap());
    stream.get_mut().write_all(format!("{head}\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
    TcpReply::read(&mut stream).unwrap()
}

/// Returns `received` and `expected` of each rejected request, in order.
fn comparisons(server: Server) -> Vec<(Option<String>, Option<String>)> {
    let (_, printed) = server.stop();
    assert!(!printed.contains("canary"), "{printed}");
    let lines = printed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let text = |event: &Value, member: &str| event[member].as_str().map(str::to_owned);
    let refused = lines.filter(|event| event["message"] == "request refused");
    refused.map(|event| (text(&event, "received"), text(&event, "expected"))).collect()
}

#[async_test]
async fn a_rejected_host_or_origin_is_logged_with_what_it_was_compared_with() {
    for (head, status, received, expected) in [
        (
            "GET /user HTTP/1.1\r\nHost: evil.example:81",
            421,
            "host: evil.example:81",
            "host: accounts.example.com or accounts.example.com:443",
        ),
        (
            "GET http://accounts.example.com/user HTTP/1.1\r\nHost: evil.example",
            400,
            "host: evil.example",
            "the host of the target, accounts.example.com",
        ),
        (
            "POST /logout HTTP/1.1\r\nHost: accounts.example.com\r\nOrigin: https://ann:canary@evil.example/canary?canary",
            403,
            "origin: https://evil.example",
            "the own origin (https://accounts.example.com) or one of server.cors_origins (https://app.example.com)",
        ),
        (
            "POST /logout HTTP/1.1\r\nHost: accounts.example.com\r\nSec-Fetch-Site: cross-site\r\nOrigin: null",
            403,
            "sec-fetch-site: cross-site; origin: null",
            "the own origin (https://accounts.example.com) or one of server.cors_origins (https://app.example.com)",
        ),
        (
            "GET /logout HTTP/1.1\r\nHost: accounts.example.com\r\nReferer: https://evil.example/page?canary",
            403,
            "referer: https://evil.example",
            "the own origin (https://accounts.example.com) or one of server.cors_origins (https://app.example.com)",
        ),
        (
            "OPTIONS /user HTTP/1.1\r\nHost: accounts.example.com\r\nOrigin: https://other.example.com\r\n\
             Access-Control-Request-Method: POST",
            405,
            "origin: https://other.example.com",
            "one of server.cors_origins (https://app.example.com)",
        ),
    ] {
        let server = serve().await;
        assert_eq!(send(&server, head).status, status, "{head}");
        let (received, expected) = (format!("{received:?}"), format!("{expected:?}"));
        assert_eq!(comparisons(server), [(Some(received), Some(expected))], "{head}");
    }
}

// A stranger chooses these values, and must not fill the log with them.
#[async_test]
async fn logged_values_are_bounded_and_rare() {
    let server = serve().await;
    let long = "x".repeat(5000);
    for _ in 0..50 {
        assert_eq!(send(&server, &format!("GET /user HTTP/1.1\r\nHost: {long}")).status, 421);
    }
    let comparisons = comparisons(server);
    assert_eq!(comparisons.len(), 50, "each request has its line");
    assert!(comparisons.iter().flat_map(|(received, _)| received).all(|received| received.len() <= 202));
    // Fifty requests may take some seconds, each of which may log one comparison.
    assert!(comparisons.iter().filter(|(received, _)| received.is_none()).count() >= 25, "{comparisons:?}");
}
