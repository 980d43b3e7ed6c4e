//! Where one request ends and the next begins, looked at before hyper does: hyper mends what is ambiguous, as a
//! `Content-Length` beside a `Transfer-Encoding`, and a proxy in front may have mended it the other way, so that the two
//! disagree about where a request ends (request smuggling; RFC 9112 §11.2, ASVS 4.2.1).
//!
//! It reads head lines and nothing of what they mean. Invariant: behind a head that says its length in more than one way,
//! or by chunks, no other head is read from that connection.

use memchr::memchr;

/// Longest line of a head that is looked at. hyper gives up before.
const LINE: usize = 64 * 1024;

/// Reads along with hyper.
#[derive(Debug)]
pub struct Framing {
    place: Place,
    /// The part of a line whose rest has not arrived.
    line: Vec<u8>,
    head: Head,
    /// How many heads were read to their end.
    heads: u64,
    last: Option<Last>,
}

/// The head behind which nothing is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Last {
    /// Its number on the connection, from 0.
    pub head: u64,
    pub is_malformed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before a request line.
    Between,
    Lines,
    /// So many bytes of a body are to come.
    Body(u64),
    /// Behind the last head.
    End,
}

/// What the lines of a head have said so far.
#[derive(Debug, Default)]
struct Head {
    length: Option<u64>,
    is_chunked: bool,
    is_malformed: bool,
}

impl Default for Framing {
    fn default() -> Self {
        Self { place: Place::Between, line: Vec::new(), head: Head::default(), heads: 0, last: None }
    }
}

impl Framing {
    /// Takes what has arrived.
    pub fn read(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && self.place != Place::End {
            if let Place::Body(left) = self.place {
                let (body, rest) = bytes.split_at(usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len()));
                let left = left.saturating_sub(u64::try_from(body.len()).unwrap_or(u64::MAX));
                self.place = if left == 0 { Place::Between } else { Place::Body(left) };
                bytes = rest;
                continue;
            }
            let Some(end) = memchr(b'\n', bytes) else {
                self.keep(bytes);
                return;
            };
            let (line, rest) = bytes.split_at(end + 1);
            bytes = rest;
            if self.line.is_empty() {
                self.end_line(line);
            } else {
                let mut whole = std::mem::take(&mut self.line);
                whole.extend_from_slice(line);
                self.end_line(&whole);
            }
        }
    }

    /// Whether a part of a head has arrived, and its end has not.
    pub fn is_in_head(&self) -> bool {
        self.place == Place::Lines || self.place == Place::Between && !self.line.is_empty()
    }

    /// The head that ends the connection, when it is known.
    pub fn last(&self) -> Option<Last> {
        self.last
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.line.len() + bytes.len() > LINE {
            self.head.is_malformed = true;
            self.end_head();
        } else {
            self.line.extend_from_slice(bytes);
        }
    }

    /// A line with its end.
    fn end_line(&mut self, line: &[u8]) {
        let Some(text) = line.strip_suffix(b"\r\n") else {
            // RFC 9112 §2.2 lets a lone line feed end a line; what stands in front may not.
            self.head.is_malformed = true;
            if self.place == Place::Lines && line == b"\n" {
                self.end_head();
            } else {
                self.place = Place::Lines;
            }
            return;
        };
        match (self.place, text) {
            // RFC 9112 §2.2: empty lines before a request line are passed over.
            (Place::Between, b"") => {}
            (Place::Between, request) => {
                // A fragment is the client's own affair (RFC 9110 §7.1). hyper drops it, and a proxy may not.
                self.head.is_malformed = memchr(b'#', request).is_some();
                self.place = Place::Lines;
            }
            (_, b"") => self.end_head(),
            (_, field) => self.head.read(field),
        }
    }

    fn end_head(&mut self) {
        let Head { length, is_chunked, is_malformed } = std::mem::take(&mut self.head);
        let is_malformed = is_malformed || is_chunked && length.is_some();
        self.place = match length {
            _ if is_malformed || is_chunked => {
                self.last = Some(Last { head: self.heads, is_malformed });
                self.line = Vec::new();
                Place::End
            }
            None | Some(0) => Place::Between,
            Some(length) => Place::Body(length),
        };
        self.heads += 1;
    }
}

impl Head {
    fn read(&mut self, field: &[u8]) {
        let Some(colon) = memchr(b':', field) else {
            self.is_malformed = true;
            return;
        };
        let (name, value) = field.split_at(colon);
        let value = value.strip_prefix(b":").unwrap_or_default();
        // RFC 9112 §5.1 and §5.2: neither a blank before the colon, nor a line that goes on with the one before.
        if name.is_empty() || name.iter().any(|byte| byte.is_ascii_whitespace()) {
            self.is_malformed = true;
        } else if name.eq_ignore_ascii_case(b"content-length") {
            let length = length_in(value.trim_ascii());
            // The same one twice is refused too: no client of good faith sends that.
            self.is_malformed |= length.is_none() || self.length.is_some();
            self.length = self.length.or(length);
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            let is_plain = value.trim_ascii().eq_ignore_ascii_case(b"chunked");
            self.is_malformed |= !is_plain || self.is_chunked;
            self.is_chunked = true;
        }
    }
}

/// Digits and nothing else (RFC 9112 §6.3).
fn length_in(value: &[u8]) -> Option<u64> {
    let is_number = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    if is_number { str::from_utf8(value).ok()?.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of `text`, which is cut at every place where it could be.
    fn last_of(text: &str) -> Option<Last> {
        let mut whole = Framing::default();
        whole.read(text.as_bytes());
        let mut bytewise = Framing::default();
        text.as_bytes().chunks(1).for_each(|byte| bytewise.read(byte));
        assert_eq!(whole.last(), bytewise.last(), "{text:?}");
        assert_eq!(whole.is_in_head(), bytewise.is_in_head(), "{text:?}");
        for cut in 0..text.len() {
            let mut halves = Framing::default();
            halves.read(&text.as_bytes()[..cut]);
            halves.read(&text.as_bytes()[cut..]);
            assert_eq!(halves.last(), whole.last(), "{text:?} cut at {cut}");
        }
        whole.last()
    }

    fn malformed(head: u64) -> Option<Last> {
        Some(Last { head, is_malformed: true })
    }

    #[test]
    fn requests_follow_each_other() {
        let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        let post = "POST / HTTP/1.1\r\nHost: a\r\ncontent-LENGTH:  5 \r\n\r\na\r\n\r\n";
        let nothing = "POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(last_of(&[get, post, "\r\n", nothing, get].concat()), None);
        // What is in a body is no head.
        let hidden = "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n";
        assert_eq!(last_of(&format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{hidden}", hidden.len())), None);
        assert_eq!(last_of(&format!("{get}{post}{hidden}{get}")), malformed(2));
    }

    #[test]
    fn a_length_that_is_said_in_two_ways_is_malformed() {
        for fields in [
            "Content-Length: 5\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nContent-Length: 5",
            "Transfer-Encoding: chunked\r\nContent-Length: 0",
            "Content-Length: 5\r\nContent-Length: 5",
            "Content-Length: 5\r\ncontent-length: 6",
            "Content-Length: 5, 5",
            "Content-Length: +5",
            "Content-Length: -5",
            "Content-Length: 0x5",
            "Content-Length: 5 5",
            "Content-Length:",
            "Content-Length: 18446744073709551616",
            "Content-Length : 5",
            " Content-Length: 5",
            "\tfolded",
            "Transfer-Encoding: gzip, chunked",
            "Transfer-Encoding: chunked, chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: identity",
            "Transfer-Encoding:",
            "Transfer-Encoding: \x0bchunked",
            "no colon",
            ": no name",
            "X: y\nContent-Length: 5",
        ] {
            let text = format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n");
            assert_eq!(last_of(&text), malformed(0), "{fields:?}");
        }
        for text in
            ["GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\nHost: a\r\n\n", "GET / HTTP/1.1\nHost: a\r\n\r\n"]
        {
            assert_eq!(last_of(text), malformed(0), "{text:?}");
        }
    }

    #[test]
    fn a_target_has_no_fragment() {
        assert_eq!(last_of("GET /a?b#c HTTP/1.1\r\nHost: a\r\n\r\n"), malformed(0));
        assert_eq!(last_of("GET /a?b HTTP/1.1\r\nHost: a\r\nReferer: c#d\r\n\r\n"), None);
    }

    #[test]
    fn nothing_follows_chunks() {
        let chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n";
        let last = last_of(&format!("{chunked}GET / HTTP/1.1\r\n\r\n"));
        assert_eq!(last, Some(Last { head: 0, is_malformed: false }));
    }

    #[test]
    fn a_line_without_end_is_not_kept() {
        let mut framing = Framing::default();
        for _ in 0..100 {
            framing.read(&[b'a'; 1024]);
        }
        assert_eq!(framing.last(), malformed(0));
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
}
