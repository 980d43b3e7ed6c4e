//! Conditional and repeatable writes: `If-Match`, `ETag` and `Idempotency-Key`.
//!
//! Invariant: an invalid header is refused and never treated as missing. An unknown tag matches nothing (RFC 9110 §13.1.1).

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::invalid::{Invalid, Violation};
use crate::{http::method::RouteMethod, model::Precondition};

pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The most characters of a key.
pub const KEY_CHARACTERS: usize = 255;
/// What proxies append to the tag of a response that they compress: Apache, Caddy and lighttpd after `-`, Jetty after `--`,
/// others after `;`.
const CODINGS: [&str; 6] = ["gzip", "br", "zstd", "deflate", "df", "compress"];
pub const KEY_RULE: &str = "Must be 1 to 255 visible ASCII characters, as in a UUID.";

/// Returns the tag of a version.
pub fn etag(version: i64) -> HeaderValue {
    // A quoted number is always valid in a header.
    HeaderValue::try_from(format!("\"{version}\"")).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
}

/// Reads `If-Match`. Several lines are one list (RFC 9110 §5.3).
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
        Invalid::header("If-Match", Violation::Malformed, "Must be `*`, or tags as in \"7\", separated by commas.")
    })
}

/// Requires that a write without versions has no condition: it must not be performed if the condition fails (RFC 9110
/// §13.1.1), and no version exists to compare.
pub fn no_precondition(headers: &HeaderMap, method: RouteMethod) -> Result<(), Invalid> {
    if method == RouteMethod::Get || !headers.contains_key(header::IF_MATCH) {
        return Ok(());
    }
    Err(Invalid::header("If-Match", Violation::Unknown, "This operation accepts no condition."))
}

/// Returns the versions in a list of entity tags (RFC 9110 §8.8.3); `None` if it is not such a list.
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
        let opaque = rest.strip_prefix(b"W/").unwrap_or(rest).strip_prefix(b"\"")?;
        let end = opaque.iter().position(|byte| *byte == b'"')?;
        let (tag, after) = opaque.split_at_checked(end)?;
        if tag.iter().any(|byte| !matches!(byte, 0x21 | 0x23..=0x7e | 0x80..)) {
            return None;
        }
        versions.extend(version(tag));
        tags += 1;
        rest = after.strip_prefix(b"\"")?.trim_ascii_start();
        if !rest.is_empty() && !rest.starts_with(b",") {
            return None;
        }
    }
    (tags > 0).then_some(versions)
}

/// Returns the version of a tag that [`etag`] wrote, with or without the suffix of a proxy. `"07"` is not such a tag.
///
/// The comparison is weak, unlike that of RFC 9110 §13.1.1: a tag is a version of the resource and not of the bytes of a
/// response. A proxy that compresses responses makes `W/"7"` or `"7-gzip"` of `"7"`, and the version is the same.
fn version(tag: &[u8]) -> Option<i64> {
    let text = str::from_utf8(tag).ok()?;
    let text = match text.split_once(['-', ';']) {
        Some((version, coding)) if CODINGS.contains(&coding.strip_prefix('-').unwrap_or(coding)) => version,
        _ => text,
    };
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| is_plain)
}

/// Reads the key with which a client may repeat a create.
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Invalid> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).into_iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Invalid::header("Idempotency-Key", Violation::Repeated, "Must not be repeated."));
    }
    let text = value
        .to_str()
        .ok()
        .filter(|text| (1..=KEY_CHARACTERS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()));
    let text = text.ok_or_else(|| Invalid::header("Idempotency-Key", Violation::Malformed, KEY_RULE))?;
    Ok(Some(text.to_owned()))
}
