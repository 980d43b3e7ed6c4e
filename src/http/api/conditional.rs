//! Conditional and repeatable writes: `If-Match`, `ETag` and `Idempotency-Key`.
//!
//! Invariant: a header that cannot be read is refused and never taken for one that was not sent; a tag that is not one of
//! ours matches nothing (RFC 9110 §13.1.1).

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::invalid::{Invalid, Violation};
use crate::{http::method::RouteMethod, model::Precondition};

pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Longest key, in characters.
pub const KEY_CHARACTERS: usize = 255;
pub const KEY_RULE: &str = "Must be 1 to 255 visible ASCII characters, as in a UUID.";

/// The tag of a version.
pub fn etag(version: i64) -> HeaderValue {
    // Digits and a sign between quotes always are a header's value.
    HeaderValue::try_from(format!("\"{version}\"")).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

/// What `If-Match` demands. Several lines count as one list (RFC 9110 §5.3).
pub fn precondition(headers: &HeaderMap) -> Result<Precondition, Invalid> {
    let lines: Vec<&[u8]> = headers.get_all(header::IF_MATCH).iter().map(HeaderValue::as_bytes).collect();
    if lines.is_empty() {
        return Ok(Precondition::None);
    }
    let list = lines.join(&b", "[..]);
    if list.trim_ascii() == b"*" {
        return Ok(Precondition::Exists);
    }
    versions(&list).map(Precondition::Versions).ok_or_else(|| {
        Invalid::header("If-Match", Violation::Malformed, "Must be `*`, or tags as in \"7\" with commas between.")
    })
}

/// That a write which takes no condition was given none: it must not be performed when the condition does not hold
/// (RFC 9110 §13.1.1), and here there is no version to hold it against.
pub fn no_precondition(headers: &HeaderMap, method: RouteMethod) -> Result<(), Invalid> {
    if method == RouteMethod::Get || !headers.contains_key(header::IF_MATCH) {
        return Ok(());
    }
    Err(Invalid::header("If-Match", Violation::Unknown, "This request takes no condition."))
}

/// The versions among a list of entity tags (RFC 9110 §8.8.3); `None` when it is no such list.
fn versions(list: &[u8]) -> Option<Vec<i64>> {
    let mut versions = Vec::new();
    let mut tags = 0_usize;
    let mut rest = list.trim_ascii();
    while !rest.is_empty() {
        // A list may have empty elements (RFC 9110 §5.6.1.2).
        if let Some(after) = rest.strip_prefix(b",") {
            rest = after.trim_ascii_start();
            continue;
        }
        let strong = rest.strip_prefix(b"W/");
        let opaque = strong.unwrap_or(rest).strip_prefix(b"\"")?;
        let end = opaque.iter().position(|byte| *byte == b'"')?;
        let (tag, after) = opaque.split_at_checked(end)?;
        if tag.iter().any(|byte| !matches!(byte, 0x21 | 0x23..=0x7e | 0x80..)) {
            return None;
        }
        if strong.is_none() {
            versions.extend(version(tag));
        }
        tags += 1;
        rest = after.strip_prefix(b"\"")?.trim_ascii_start();
        if !rest.is_empty() && !rest.starts_with(b",") {
            return None;
        }
    }
    (tags > 0).then_some(versions)
}

/// The version that a tag of ours stands for. Written in one way alone, so that `"07"` is none.
fn version(tag: &[u8]) -> Option<i64> {
    let text = str::from_utf8(tag).ok()?;
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| is_plain)
}

/// The key under which a client may repeat a create.
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Invalid> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).into_iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Invalid::header("Idempotency-Key", Violation::Repeated, "Must be given once."));
    }
    let text = value
        .to_str()
        .ok()
        .filter(|text| (1..=KEY_CHARACTERS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()));
    let text = text.ok_or_else(|| Invalid::header("Idempotency-Key", Violation::Malformed, KEY_RULE))?;
    Ok(Some(text.to_owned()))
}
