//! A second reader of request heads. It finds what hyper accepts silently: a line that ends without CR, and a fragment
//! in the target. It also detects the start of a head, on which a time limit depends.
//!
//! hyper itself rejects invalid and conflicting lengths, unknown codings, folded lines, blanks before a colon, and
//! control characters. It closes a connection after a request with both lengths. This reader repeats none of these
//! checks. It reads lengths and chunks only to find the next head. Invariant: if this reader loses its position, all
//! later requests are malformed.

#[cfg(test)]
mod tests;

use hyper::header::{HeaderMap, TRANSFER_ENCODING};
use memchr::memchr;

/// The longest line that is kept. hyper's own limit is lower.
const LINE: usize = 64 * 1024;

/// The reader's state on one connection.
#[derive(Debug)]
pub struct Framing {
    place: Place,
    /// The number of body bytes to skip before the next line.
    skip: u64,
    /// The part of a line that has arrived.
    line: Vec<u8>,
    head: Head,
    /// The number of complete heads.
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
    /// None, because the reader has stopped.
    End,
}

/// The facts from the lines of a head so far.
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

    /// Returns whether an incomplete head has arrived.
    pub fn is_in_head(&self) -> bool {
        self.place == Place::Lines || self.place == Place::Between && !self.line.is_empty()
    }

    /// Returns the number of the first malformed request on the connection, counted from 0. All later ones are also
    /// malformed.
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

    /// Reads a line without CR. RFC 9112 §2.2 permits a lone line feed as a line end, but a proxy may read it as part
    /// of a value.
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

    /// Marks the next request and all later ones as malformed.
    fn stop(&mut self) {
        self.malformed_from = Some(self.heads);
        self.place = Place::End;
        self.line = Vec::new();
    }
}

impl Head {
    /// Reads a field line. hyper rejects invalid ones, and a length that is not a number or conflicts with another.
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

/// Returns the size of a chunk: the number before any extensions (RFC 9112 §7.1).
fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line.split(|byte| *byte == b';').next()?.trim_ascii_end();
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_hexdigit);
    if is_number { u64::from_str_radix(str::from_utf8(digits).ok()?, 16).ok() } else { None }
}

/// Returns whether the body has a coding other than a single `chunked`. hyper checks only the last coding, and would
/// forward a compressed body (RFC 9112 §6.1).
pub fn has_other_coding(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    let is_chunked = codings.next().is_none_or(|coding| coding.as_bytes().eq_ignore_ascii_case(b"chunked"));
    !is_chunked || codings.next().is_some()
}
