//! Requests that two parsers may read in two ways. Each ambiguous row hides a second request.
//!
//! Invariant: each row ends with [`NEXT`]. One parser reads [`HIDDEN`] as a request, another as part of something else.

/// The hidden request.
pub const HIDDEN: &str = "GET /version?hidden HTTP/1.1\r\nHost: a\r\n\r\n";
/// The request that ends each row.
pub const NEXT: &str = "GET /version?next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/// How Doorward must read a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Only one reading is possible: the row is one request, and [`NEXT`] follows it.
    Clear,
    /// Nothing after the first head may be answered.
    Ambiguous,
}

pub struct Row {
    pub reading: Reading,
    pub bytes: Vec<u8>,
}

pub fn rows() -> Vec<Row> {
    let rows = [lengths(), codings(), heads(), chunks(), requests()].concat();
    rows.into_iter()
        .map(|(reading, text)| Row { reading, bytes: [text.as_bytes(), NEXT.as_bytes()].concat() })
        .collect()
}

use Reading::{Ambiguous, Clear};

type Texts = Vec<(Reading, String)>;

fn post(fields: &str, body: &str) -> String {
    format!("POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{fields}\r\n\r\n{body}")
}

/// A body that is empty when read as chunks, and its length when read by `Content-Length`.
fn ends_early() -> (String, usize) {
    let body = format!("0\r\n\r\n{HIDDEN}");
    let length = body.len();
    (body, length)
}

fn lengths() -> Texts {
    let hidden = HIDDEN.len();
    let mut rows: Texts = [
        (Clear, "Content-Length: 5\r\nContent-Length: 5"),
        (Clear, "Content-Length:5"),
        (Clear, "Content-Length: \t 5 \t"),
        (Clear, "Content-Length: 005"),
        (Clear, "Connection: Content-Length\r\nContent-Length: 5"),
        (Ambiguous, "Content-Length: 5\r\nContent-Length: 0"),
        (Ambiguous, "Content-Length: 0\r\nContent-Length: 5"),
        (Ambiguous, "Content-Length: 5, 5"),
        (Ambiguous, "Content-Length: 0, 5"),
        (Ambiguous, "Content-Length: +5"),
        (Ambiguous, "Content-Length: -5"),
        (Ambiguous, "Content-Length: 0x5"),
        (Ambiguous, "Content-Length: 5 5"),
        (Ambiguous, "Content-Length: 5;"),
        (Ambiguous, "Content-Length: 5.0"),
        (Ambiguous, "Content-Length: \"5\""),
        (Ambiguous, "Content-Length:"),
        (Ambiguous, "Content-Length: 18446744073709551621"),
        (Ambiguous, "Content-Length: \x0b5"),
        (Ambiguous, "Content-Length : 5"),
        (Ambiguous, "Content-Length\t: 5"),
        (Ambiguous, " Content-Length: 5"),
        (Ambiguous, "X: y\r\n Content-Length: 5"),
        (Ambiguous, "Content-Length: 0\r\n 5"),
    ]
    .map(|(reading, fields)| (reading, post(fields, "hello")))
    .into();
    rows.push((Clear, post(&format!("Content-Length: {hidden}"), HIDDEN)));
    // The bytes after the body are not a valid request.
    rows.push((Ambiguous, post("Content-Length: 5", &format!("hello, world\r\n\r\n{HIDDEN}"))));
    rows
}

fn codings() -> Texts {
    let (body, length) = ends_early();
    let mut rows: Texts = [
        (Clear, "Transfer_Encoding: chunked"),
        (Clear, "X-Transfer-Encoding: chunked"),
        (Ambiguous, "Transfer-Encoding: chunked"),
        (Ambiguous, "transfer-encoding: CHUNKED"),
        (Ambiguous, "Transfer-Encoding:\tchunked\t"),
        (Ambiguous, "Transfer-Encoding : chunked"),
        (Ambiguous, " Transfer-Encoding: chunked"),
        (Ambiguous, "X: y\r\n\tTransfer-Encoding: chunked"),
        (Ambiguous, "Transfer-Encoding:\r\n chunked"),
        (Ambiguous, "Transfer-Encoding\r\n: chunked"),
        (Ambiguous, "X: y\nTransfer-Encoding: chunked"),
        (Ambiguous, "X: y\rTransfer-Encoding: chunked"),
        (Ambiguous, "Transfer-Encoding: xchunked"),
        (Ambiguous, "Transfer-Encoding: chunk"),
        (Ambiguous, "Transfer-Encoding: \"chunked\""),
        (Ambiguous, "Transfer-Encoding: chunked;q=1"),
        (Ambiguous, "Transfer-Encoding: \x0bchunked"),
        (Ambiguous, "Transfer-Encoding: chunked\0"),
        (Ambiguous, "Transfer-Encoding: identity"),
        (Ambiguous, "Transfer-Encoding:"),
        (Ambiguous, "Transfer-Encoding: chunked, identity"),
        (Ambiguous, "Transfer-Encoding: identity, chunked"),
        (Ambiguous, "Transfer-Encoding: gzip, chunked"),
        (Ambiguous, "Transfer-Encoding: chunked, chunked"),
        (Ambiguous, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
        (Ambiguous, "Transfer-Encoding: chunked\r\nTransfer-Encoding: x"),
        (Ambiguous, "Transfer-Encoding: x\r\nTransfer-Encoding: chunked"),
    ]
    .into_iter()
    .flat_map(|(reading, fields)| {
        // The length before the coding, and after it.
        [format!("Content-Length: {length}\r\n{fields}"), format!("{fields}\r\nContent-Length: {length}")]
            .map(|fields| (reading, post(&fields, &body)))
    })
    .collect();
    for fields in ["Transfer-Encoding: gzip, chunked", "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked"] {
        rows.push((Ambiguous, post(fields, &body)));
    }
    // TE.CL: a parser that uses the length stops after the chunk size.
    let chunked = format!("{:x}\r\n{HIDDEN}\r\n0\r\n\r\n", HIDDEN.len());
    rows.push((Ambiguous, post("Content-Length: 4\r\nTransfer-Encoding: chunked", &chunked)));
    rows.push((Ambiguous, post("Transfer-Encoding: chunked\r\nContent-Length: 4", &chunked)));
    rows.push((Clear, post("Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked", &chunked)));
    rows.push((Ambiguous, post("Transfer-Encoding: chunked", &body).replace("HTTP/1.1", "HTTP/1.0")));
    rows
}

fn heads() -> Texts {
    let length = HIDDEN.len();
    let inner = HIDDEN.trim_end().replace("\r\n", "\n");
    [
        (Ambiguous, format!("X: y\nContent-Length: {length}")),
        (Ambiguous, format!("X: y\rContent-Length: {length}")),
        (Ambiguous, format!("X: y\r\rContent-Length: {length}")),
        (Ambiguous, format!("X: y\0Content-Length: {length}")),
        (Ambiguous, format!("X: y\n\n{inner}\n")),
        (Ambiguous, format!("X: y\r\n\n{inner}\n")),
        (Ambiguous, "X\0: y".to_owned()),
        (Ambiguous, "X: \0".to_owned()),
        (Ambiguous, "X y: z".to_owned()),
        (Ambiguous, "no colon".to_owned()),
        (Ambiguous, ": no name".to_owned()),
        (Ambiguous, "X(: y".to_owned()),
        (Ambiguous, "\u{e9}: y".to_owned()),
    ]
    .map(|(reading, fields)| (reading, format!("GET /version?first HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n{HIDDEN}")))
    .into()
}

fn chunks() -> Texts {
    let hidden = format!("{:x}\r\n{HIDDEN}\r\n0\r\n\r\n", HIDDEN.len());
    [
        (Clear, hidden.as_str()),
        (Clear, "5\r\nhello\r\n0\r\n\r\n"),
        (Clear, "5;x=y;z=\"a\"\r\nhello\r\n0;x\r\n\r\n"),
        (Clear, "5 ;x\r\nhello\r\n0\r\n\r\n"),
        (Clear, "0000000000000000\r\n\r\n"),
        (Clear, "5\r\nhello\r\n0\r\nX: y\r\nContent-Length: 99\r\n\r\n"),
        (Clear, "A\r\n0\r\n\r\nGET /\r\n0\r\n\r\n"),
        (Ambiguous, " 5\r\nhello\r\n0\r\n\r\n"),
        (Ambiguous, "+5\r\nhello\r\n0\r\n\r\n"),
        (Ambiguous, "-5\r\nhello\r\n0\r\n\r\n"),
        (Ambiguous, "0x5\r\nhello\r\n0\r\n\r\n"),
        (Ambiguous, "5 5\r\nhello\r\n0\r\n\r\n"),
        (Ambiguous, "5_0\r\nhello\r\n0\r\n\r\n"),
        (Ambiguous, "\r\nhello\r\n0\r\n\r\n"),
        (Ambiguous, ";x\r\nhello\r\n0\r\n\r\n"),
        (Ambiguous, "10000000000000005\r\nhello\r\n0\r\n\r\n"),
        (Ambiguous, "fffffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
        (Ambiguous, "5\nhello\r\n0\r\n\r\n"),
        (Ambiguous, "5\rhello\r\n0\r\n\r\n"),
        (Ambiguous, "5;x\ny\r\nhello\r\n0\r\n\r\n"),
        (Ambiguous, "5;x\ry\r\nhello\r\n0\r\n\r\n"),
        (Ambiguous, "5\r\nhello\n0\r\n\r\n"),
        (Ambiguous, "5\r\nhello0\r\n\r\n"),
        (Ambiguous, "3\r\nhello\r\n0\r\n\r\n"),
        (Ambiguous, "5\r\nhello\r\n0\n\r\n"),
        (Ambiguous, "5\r\nhello\r\n0\r\n\n"),
        (Ambiguous, "5\r\nhello\r\n0\r\nX: y\n\r\n"),
        (Ambiguous, "5\r\nhello\r\n0\r\nX: y\nX: z\r\n\r\n"),
        (Ambiguous, "5\r\nhello\r\n0\r\nno colon\r\n\r\n"),
    ]
    .map(|(reading, body)| {
        let tail = if reading == Ambiguous { HIDDEN } else { "" };
        (reading, post("Transfer-Encoding: chunked", &format!("{body}{tail}")))
    })
    .into()
}

fn requests() -> Texts {
    let length = HIDDEN.len();
    let get = |line: &str, fields: &str| format!("{line}\r\n{fields}\r\n{HIDDEN}");
    vec![
        // A body is possible with any method.
        (Clear, get("GET /login HTTP/1.1", &format!("Host: a\r\nContent-Length: {length}\r\n"))),
        (Clear, get("HEAD /login HTTP/1.1", &format!("Host: a\r\nContent-Length: {length}\r\n"))),
        (Clear, get("OPTIONS /login HTTP/1.1", &format!("Host: a\r\nContent-Length: {length}\r\n"))),
        (Clear, post(&format!("Expect: 100-continue\r\nContent-Length: {length}"), HIDDEN)),
        (Clear, post(&format!("Expect: x\r\nContent-Length: {length}"), HIDDEN)),
        (Clear, format!("\r\n\r\n{}", post("Content-Length: 5", "hello"))),
        (Clear, post("Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 5", "hello")),
        (Ambiguous, format!("\n{}", post("Content-Length: 5", "hello"))),
        (Ambiguous, get("GET /version?first HTTP/1.1", "")),
        (Ambiguous, get("GET /version?first HTTP/1.1", "Host: a\r\nHost: a\r\n")),
        (Ambiguous, get("GET /version?first HTTP/1.1", "Host: a\r\nHost: b\r\n")),
        (Ambiguous, get("GET /version?first HTTP/1.1", "Host: a, b\r\n")),
        (Ambiguous, get("GET http://b/version?first HTTP/1.1", "Host: a\r\n")),
        (Ambiguous, get("GET /version?first#x HTTP/1.1", "Host: a\r\n")),
        (Ambiguous, get("GET  /version?first HTTP/1.1", "Host: a\r\n")),
        (Ambiguous, get("GET\t/version?first HTTP/1.1", "Host: a\r\n")),
        (Ambiguous, get("GET /version?first x HTTP/1.1", "Host: a\r\n")),
        (Ambiguous, get("GET /version?first HTTP/1.2", "Host: a\r\n")),
        (Ambiguous, get("GET /version?first http/1.1", "Host: a\r\n")),
        (Ambiguous, get("GET /version?first HTTP/1.1 ", "Host: a\r\n")),
        (Ambiguous, get("GET /version?first", "Host: a\r\n")),
        (Ambiguous, get("CONNECT a:80 HTTP/1.1", "Host: a:80\r\n")),
    ]
}
