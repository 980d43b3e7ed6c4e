//! A second reader of request heads, for what hyper passes over without a trace: a line that ends without CR, and a
//! fragment in the target. It also tells whether a head has begun, on which a time limit depends.
//!
//! hyper rejects wrong and differing lengths, unknown codings, folded lines, blanks before a colon and control characters,
//! and it closes a connection after a request with both lengths; nothing of that is repeated here. Lengths and chunks are
//! read only to find the next head. Invariant: when this reader loses its place, every later request is malformed.

use hyper::header::{HeaderMap, TRANSFER_ENCODING};
use memchr::memchr;

/// Longest line that is kept. hyper rejects shorter ones.
const LINE: usize = 64 * 1024;

/// The reader's state on one connection.
#[derive(Debug)]
pub struct Framing {
    place: Place,
    /// Bytes of a body that are passed over first.
    skip: u64,
    /// The part of a line whose rest has not arrived.
    line: Vec<u8>,
    head: Head,
    /// Number of heads that were read to their end.
    heads: u64,
    malformed_from: Option<u64>,
}

/// The meaning of the next line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A request line, or an empty line before it.
    Between,
    /// A field of a head, or its end.
    Lines,
    /// The size of a chunk.
    Size,
    /// A trailer field, or the end of the chunks.
    Trailers,
    /// Nothing: the reader has stopped.
    End,
}

/// What the lines of a head have said so far.
#[derive(Debug, Default)]
struct Head {
    length: u64,
    is_chunked: bool,
    is_malformed: bool,
}

impl Default for Framing {
    fn default() -> Self {
        Self { place: Place::Between, skip: 0, line: Vec::new(), head: Head::default(), heads: 0, malformed_from: None }
    }
}

impl Framing {
    /// Reads the bytes that have arrived.
    pub fn read(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && self.place != Place::End {
            if self.skip > 0 {
                let (body, rest) = bytes.split_at(usize::try_from(self.skip).unwrap_or(usize::MAX).min(bytes.len()));
                self.skip = self.skip.saturating_sub(u64::try_from(body.len()).unwrap_or(u64::MAX));
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

    /// Number on the connection, from 0, of the first request that is malformed. All later ones are malformed too.
    pub fn malformed_from(&self) -> Option<u64> {
        self.malformed_from
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.line.len() + bytes.len() > LINE {
            self.stop();
        } else {
            self.line.extend_from_slice(bytes);
        }
    }

    /// Reads a line with its end.
    fn end_line(&mut self, line: &[u8]) {
        let Some(text) = line.strip_suffix(b"\r\n") else {
            return self.end_bare_line(line);
        };
        match self.place {
            // RFC 9112 §2.2: empty lines before a request line are ignored.
            Place::Between if text.is_empty() => {}
            Place::Between => {
                // A fragment is never sent (RFC 9110 §7.1). hyper drops it, and a proxy may compare it with a rule.
                self.head.is_malformed = memchr(b'#', text).is_some();
                self.place = Place::Lines;
            }
            Place::Lines if text.is_empty() => self.end_head(),
            Place::Lines => self.head.read(text),
            Place::Size => match chunk_size(text) {
                Some(0) => self.place = Place::Trailers,
                // CR LF follows the data.
                Some(size) => self.skip = size.saturating_add(2),
                None => self.stop(),
            },
            Place::Trailers if text.is_empty() => self.place = Place::Between,
            Place::Trailers | Place::End => {}
        }
    }

    /// RFC 9112 §2.2 permits a lone line feed as the end of a line. A proxy may read it as a part of a value.
    fn end_bare_line(&mut self, line: &[u8]) {
        if matches!(self.place, Place::Size | Place::Trailers | Place::End) {
            return self.stop();
        }
        self.head.is_malformed = true;
        if self.place == Place::Lines && line == b"\n" {
            self.end_head();
        } else {
            self.place = Place::Lines;
        }
    }

    fn end_head(&mut self) {
        let Head { length, is_chunked, is_malformed } = std::mem::take(&mut self.head);
        if is_malformed {
            return self.stop();
        }
        self.heads += 1;
        // Chunks override a length (RFC 9112 §6.3).
        (self.place, self.skip) = if is_chunked { (Place::Size, 0) } else { (Place::Between, length) };
    }

    /// Makes the next request malformed, and all that follow it.
    fn stop(&mut self) {
        self.malformed_from = Some(self.heads);
        self.place = Place::End;
        self.line = Vec::new();
    }
}

impl Head {
    /// Reads a field line. hyper rejects one that is invalid, and a length that is no number or differs from another.
    fn read(&mut self, field: &[u8]) {
        let Some(colon) = memchr(b':', field) else { return };
        let (name, value) = field.split_at(colon);
        if name.eq_ignore_ascii_case(b"content-length") {
            let digits = value.strip_prefix(b":").unwrap_or_default().trim_ascii();
            self.length = str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).unwrap_or(0);
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            self.is_chunked = true;
        }
    }
}

/// The number before any extensions (RFC 9112 §7.1).
fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line.split(|byte| *byte == b';').next()?.trim_ascii_end();
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit);
    if is_number { u64::from_str_radix(str::from_utf8(digits).ok()?, 16).ok() } else { None }
}

/// Whether the body is in a coding other than a single `chunked`. hyper looks at the last coding alone, and would pass on a
/// body that is still compressed (RFC 9112 §6.1).
pub fn has_other_coding(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    let is_chunked = codings.next().is_none_or(|coding| coding.as_bytes().eq_ignore_ascii_case(b"chunked"));
    !is_chunked || codings.next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Number of the first malformed request of `text`, which is cut at every place where it could be.
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
        // The content of a body is no head.
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
        // Both lengths: the chunks count.
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
        // The largest size: its data has no end.
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
        for values in [&["gzip, chunked"][..], &["chunked, chunked"], &["chunked", "chunked"], &["identity", "chunked"]]
        {
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
}
